import Testing

@testable import AtollLearning

/// Bytes given out in pieces of chosen sizes.
struct PieceSource: ByteSource {
  var name = "t.csv"
  let bytes: [UInt8]
  /// Where the bytes are cut, ascending.
  let cuts: [Int]

  func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var start = 0
    for end in cuts + [bytes.count] {
      // A copy in memory of its own: reading beyond the piece would be found by the address sanitizer.
      let piece = Array(bytes[start..<end])
      try piece.withUnsafeBytes(body)
      start = end
    }
  }
}

/// Knuth's MMIX generator, for test data only.
struct LCG {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 16
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

func source(_ text: String) -> MemorySource { MemorySource(text, name: "t.csv") }

/// A table of which every column is taken as text.
func texts(_ text: String, format: TableFormat = TableFormat()) throws -> [[String?]] {
  let names = try TableProfile(csv: source(text), format: format).columns.map(\.name)
  let table = try Table(
    csv: source(text), schema: TableSchema(names.map { .init($0, .category) }), format: format)
  return table.columns.map { column in
    guard case .category(let codes, let levels) = column else { return [] }
    return codes.map { $0 < 0 ? nil : levels[Int($0)] }
  }
}

/// The description of the error that `body` throws, with its remedy on a line of its own.
func complaint(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch let error as TableError {
    switch error.remedy {
    case nil: return error.description
    case .words(let words): return error.description + "\ntry " + words
    case .setting(let words, let setting): return error.description + "\ntry \(words) \(setting)"
    }
  } catch {
    return "another error: \(error)"
  }
}
