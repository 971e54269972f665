import AtollFederation
import AtollNumerics
import Foundation
import Testing

/// Answers as bytes: what one side writes, the other adds, piece by piece, exactly as the simulator does.
@Suite struct `An answer that came in` {
  private struct Ask: Query {
    static let kind = "ask"
    var count = 3
    var weighted = true
    var reply: ReplyShape {
      .sums([
        SumSpec(.update, count: count, format: format, weighted: weighted),
        SumSpec(.extra, count: 2, format: .counts),
      ])
    }
    // Safe because 2^20 · 8 · 2^24 stays below 2^51.
    var format: FixedPoint { try! FixedPoint(fractionBits: 24, bound: 8, weightCap: 1 << 20) }
  }

  private func contribution(_ numbers: [Float], weight: Int = 5) -> Contribution {
    Contribution(weight: weight, sums: [.update: .floats(numbers), .extra: .integers([7, -3])])
  }

  /// Longer than a piece, and than two.
  private func numbers(_ count: Int) -> [Float] {
    (0..<count).map { Float($0 % 1999) / 257 - 3.5 }
  }

  @Test(arguments: [3, 65_536, 65_537, 200_001])
  func `adds to the sum what the simulator adds`(count: Int) throws {
    let ask = Ask(count: count)
    let contribution = contribution(numbers(count))
    guard case .sums(let specs) = ask.reply else { return }
    let bytes = try EncodedAnswer.encode(.sums(contribution), to: ask, protection: .none)
    #expect(bytes.count == 8 + 1 + 4 * count + 1 + 16)
    var expected = ExactSum(counts: specs.map(\.count))
    var sum = expected
    for _ in 0..<3 {
      try UpdateProtection.none.add(contribution, as: specs, of: ask, to: &expected)
      try IncomingAnswer(bytes, answering: ask).add(to: &sum)
    }
    #expect(sum == expected)
  }

  @Test func `is clipped before it leaves`() throws {
    let clip = try UpdateProtection(clip: 1.5, of: [.update])
    let bytes = try EncodedAnswer.encode(.sums(contribution([1, 2, 2])), to: Ask(), protection: clip)
    guard case .term(let term) = try EncodedAnswer.decode(bytes, answering: Ask()) else { return }
    let unit: Int64 = 1 << 24
    #expect(term.vectors[0].elements == [5 * unit / 2, 5 * unit, 5 * unit])
  }

  @Test func `is refused by the number that is out of range, wherever it stands`() throws {
    let count = 150_000
    for place in [0, 65_535, 65_536, count - 1] {
      for wrong in [Float.nan, .infinity, 8.000001, -9] {
        var numbers = numbers(count)
        numbers[place] = wrong
        // Written by somebody who does not check.
        var bytes = try EncodedAnswer.encode(
          .sums(contribution(self.numbers(count))), to: Ask(count: count), protection: .none)
        withUnsafeBytes(of: wrong.bitPattern.littleEndian) {
          bytes.replaceSubrange(9 + 4 * place..<13 + 4 * place, with: $0)
        }
        let failure = #expect(throws: RunFailure.self) {
          try IncomingAnswer(bytes, answering: Ask(count: count))
        }
        #expect(failure?.message.contains("update[\(place)]") == true)
        // Its own program would not have let it leave, and says the same.
        #expect(throws: RunFailure.self) {
          try EncodedAnswer.encode(
            .sums(contribution(numbers)), to: Ask(count: count), protection: .none)
        }
      }
    }
  }

  @Test func `is refused when bytes are missing, left over, or in another encoding`() throws {
    let bytes = try EncodedAnswer.encode(.sums(contribution([1, 2, 3])), to: Ask(), protection: .none)
    for count in 0..<bytes.count {
      let failure = #expect(throws: RunFailure.self) {
        try IncomingAnswer(Data(bytes.prefix(count)), answering: Ask())
      }
      #expect(failure?.code == .shape)
    }
    #expect(throws: RunFailure.self) { try IncomingAnswer(bytes + Data([0]), answering: Ask()) }
    var other = bytes
    other[8] = 1
    #expect(throws: RunFailure.self) { try IncomingAnswer(other, answering: Ask()) }
    other[8] = 3
    #expect(throws: RunFailure.self) { try IncomingAnswer(other, answering: Ask()) }
    var heavy = bytes
    heavy[4] = 0xFF
    #expect(throws: RunFailure.self) { try IncomingAnswer(heavy, answering: Ask()) }
  }
}

extension SumSpec.Name {
  fileprivate static let extra = Self(rawValue: "extra")
}
