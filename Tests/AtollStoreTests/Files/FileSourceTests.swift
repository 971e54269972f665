import AtollLearning
import Testing

@testable import AtollStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct `Files of data` {
  private let csv = Array("age,ward\n63,icu\n47,med\n".utf8)
  /// More than one buffer, and not too compressible.
  private let long: [UInt8] = {
    var state: UInt64 = 1
    return (0..<700_000).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(state >> 59)
    }
  }()

  /// Writes the bytes to a file and gives its path and the complaint of reading it, with the path left out.
  private func fault(reading bytes: [UInt8], limit: Int = 1 << 40) throws -> String {
    try withTemporaryFolder { folder in
      try writeAtomically(bytes, to: "\(folder)/f")
      let message = complaint { _ = try contents(of: FileSource("\(folder)/f", inflatedLimit: limit)) }
      return message.hasPrefix("\(folder)/f: ") ? String(message.dropFirst(folder.count + 4)) : message
    }
  }

  @Test func `a plain file is read as it is, as often as wanted`() throws {
    try withTemporaryFolder { folder in
      for bytes in [csv, long, [], [0x1F], [0x1F, 0x00]] as [[UInt8]] {
        let source = FileSource("\(folder)/f")
        try writeAtomically(bytes, to: source.path)
        #expect(try contents(of: source) == bytes)
        #expect(try contents(of: source) == bytes)
      }
      #expect(FileSource("\(folder)/f").name == "\(folder)/f")
    }
  }

  @Test func `gzip is told by its bytes, whatever the name`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/plain-name.csv"
      try writeAtomically(gzip(csv), to: path)
      let table = try Table(csv: path)
      #expect(table["age"] == .number([63, 47]))
      #expect(try TableProfile(csv: path).byteCount == csv.count)
      try writeAtomically(csv, to: "\(folder)/not.gz")
      #expect(try Table(csv: "\(folder)/not.gz") == table)
      for bytes in [long, []] {
        try writeAtomically(gzip(bytes), to: path)
        #expect(try contents(of: FileSource(path)) == bytes)
      }
    }
  }

  @Test func `a gzip file may have several members`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/f.gz"
      try writeAtomically(gzip(csv) + gzip([]) + gzip(long) + gzip(csv), to: path)
      #expect(try contents(of: FileSource(path)) == csv + long + csv)
    }
  }

  @Test func `members may end anywhere in a buffer`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/f.gz"
      // The second member begins up to 30 bytes around the end of the first buffer of 256 KiB.
      let empty = gzip([])
      var filler = gzip(Array(long.prefix(1 << 17)), level: 0)
      while filler.count + empty.count < (1 << 18) - 60 { filler += empty }
      for extra in 0..<90 {
        let padding = gzip([UInt8](repeating: 7, count: extra), level: 0)
        try writeAtomically(filler + padding + gzip(csv), to: path)
        let expected = long.prefix(1 << 17) + [UInt8](repeating: 7, count: extra) + csv
        #expect(try contents(of: FileSource(path)) == Array(expected))
      }
    }
  }

  @Test func `a gzip file cut short is refused`() throws {
    for bytes in [gzip(csv), gzip(long)] {
      for sixteenth in 1..<16 {
        let cut = Array(bytes.prefix(max(2, bytes.count * sixteenth / 16)))
        #expect(try fault(reading: cut) == "the gzip file is cut short")
      }
      #expect(try fault(reading: bytes.dropLast()) == "the gzip file is cut short")
      #expect(try fault(reading: bytes + bytes.dropLast(3)) == "the gzip file is cut short")
      #expect(try fault(reading: bytes) == "no error")
    }
  }

  @Test func `bytes behind the end of a gzip file are refused`() throws {
    for junk in [[0], [0, 0, 0], Array("more".utf8), csv] as [[UInt8]] {
      #expect(try fault(reading: gzip(csv) + junk) == "other bytes follow the end of the gzip data")
    }
    #expect(
      try fault(reading: gzip(csv) + [0x1F, 0x00, 0x00, 0x00])
        == "the gzip data are damaged (incorrect header check)")
  }

  @Test func `a damaged gzip file is refused`() throws {
    for place in [12, 40, 200_000] {
      var bytes = gzip(long)
      bytes[place] ^= 0x55
      #expect(try fault(reading: bytes).hasPrefix("the gzip data are damaged"))
    }
    var wrongSum = gzip(csv)
    wrongSum[wrongSum.count - 8] ^= 1
    #expect(try fault(reading: wrongSum) == "the gzip data are damaged (incorrect data check)")
    #expect(try fault(reading: [0x1F, 0x8B]) == "the gzip file is cut short")
  }

  @Test func `a file that inflates without end is refused`() throws {
    let bomb = gzip([UInt8](repeating: 0, count: 8 << 20))
    #expect(bomb.count < 10_000)
    #expect(try fault(reading: bomb, limit: 8 << 20) == "no error")
    #expect(try fault(reading: bomb, limit: (8 << 20) - 1) == "inflates to more than 8388607 bytes")
    #expect(try fault(reading: bomb + bomb, limit: 9 << 20) == "inflates to more than 9437184 bytes")
  }

  @Test func `what is no readable file is refused in one sentence`() throws {
    try withTemporaryFolder { folder in
      func fault(_ name: String) -> StoreError? {
        #expect(throws: StoreError.self) { try contents(of: FileSource("\(folder)\(name)")) }
      }
      #expect(fault("/none.csv")?.code == .notFound)
      #expect(fault("/none.csv")?.description == "\(folder)/none.csv: there is no such file")
      #expect(fault("")?.description == "\(folder): is a folder, not a file")
      #expect(fault("")?.code == .cannotRead)
      try writeAtomically(csv, to: "\(folder)/f")
      #expect(fault("/f/g")?.description == "\(folder)/f/g: cannot be read: a part of the path is no folder")
      mkfifo("\(folder)/pipe", 0o600)
      #expect(
        fault("/pipe")?.description
          == "\(folder)/pipe: is no ordinary file; save what it gives into one, and name that")
      let long = "/" + String(repeating: "x", count: 300)
      #expect(fault(long)?.message == "cannot be read: the name is too long")
      // Tests may run as root, whom no permission stops: the words alone are checked.
      #expect(
        StoreError.reading("f", ErrorNumber(value: EACCES)).description
          == "f: cannot be read: access is not allowed")
    }
  }

  @Test func `errors in a table name the file as it was typed`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/../\(folder.split(separator: "/").last!)/f.csv"
      try writeAtomically(gzip(Array("age\n63\nold\n".utf8)), to: path)
      let message = complaint {
        _ = try Table(csv: path, schema: TableSchema([.init("age", .number)]))
      }
      #expect(message == "\(path):3:1: “old” is not a number (column age)")
    }
  }

  @Test func `an IDX array is read from a file`() throws {
    try withTemporaryFolder { folder in
      try writeAtomically(gzip([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]), to: "\(folder)/labels")
      #expect(try IDXArray(idx: "\(folder)/labels", dimensions: 1).elements == .bytes([7, 9]))
    }
  }

  @Test func `an error of the reader ends the reading`() throws {
    struct Enough: Error {}
    try withTemporaryFolder { folder in
      for bytes in [long, gzip(long)] {
        try writeAtomically(bytes, to: "\(folder)/f")
        var calls = 0
        #expect(throws: Enough.self) {
          try FileSource("\(folder)/f").forEachChunk { _ in
            calls += 1
            throw Enough()
          }
        }
        #expect(calls == 1)
      }
    }
  }
}
