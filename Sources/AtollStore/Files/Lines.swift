import AtollLearning
import FoundationEssentials

/// Whether a reading goes on.
enum Reading {
  case on, end
}

/// Calls `body` with each line of a file in order, without its end and in memory one at a time; empty lines are left out,
/// and the last line may lack its end.
///
/// - Throws: ``StoreError`` where the file cannot be read, and what `body` throws.
func forEachLine(of path: String, _ body: (Data) throws -> Reading) throws {
  var rest = Data()
  do {
    try FileSource(path).forEachChunk { chunk in
      var start = 0
      while let end = chunk[start...].firstIndex(of: UInt8(ascii: "\n")) {
        rest.append(contentsOf: chunk[start..<end])
        start = end + 1
        let line = rest
        rest = Data()
        if !line.isEmpty, try body(line) == .end { throw Ended() }
      }
      rest.append(contentsOf: chunk[start...])
    }
  } catch is Ended {
    return
  }
  if !rest.isEmpty { _ = try body(rest) }
}

/// Leaves the file's pieces before their end.
private struct Ended: Error {}
