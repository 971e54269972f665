import Foundation
import Testing

/// Bytes from outside are read or refused; nothing traps. The same entry points are fuzzed by `script/fuzz`.
@Suite(.serialized) struct `Damaged bytes` {
  /// `ATOLL_MUTATIONS` asks for more.
  private static let count =
    ProcessInfo.processInfo.environment["ATOLL_MUTATIONS"].flatMap { Int($0) } ?? 3000

  @Test(arguments: Decoder.all)
  func `are read or refused`(decoder: Decoder) throws {
    let seeds = try decoder.seeds()
    #expect(!seeds.isEmpty)
    var read = 0
    var mutation = Mutation(seed: 1, of: decoder.name, seeds: seeds)
    for _ in 0..<Self.count {
      let bytes = mutation.next()
      do {
        try decoder.read(bytes)
        read += 1
      } catch {
        // Refused: an answer, whatever the reason.
      }
    }
    // Else the mutations would not come past the first check.
    #expect(read > 0)
  }

  @Test(arguments: Decoder.all)
  func `were whole before`(decoder: Decoder) throws {
    for seed in try decoder.seeds() where decoder.name != "policy" && decoder.name != "task" {
      try decoder.read(seed)
    }
  }
}

extension Decoder: CustomTestStringConvertible {
  var testDescription: String { name }
}
