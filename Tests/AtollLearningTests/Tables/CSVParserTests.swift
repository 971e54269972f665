import Testing

@testable import AtollLearning

@Suite struct `Reading delimited text` {
  @Test func `a plain table is read by columns`() throws {
    let table = try Table(csv: source("age,ward\n63,icu\n47,med\n"))
    #expect(table.names == ["age", "ward"])
    #expect(table.rowCount == 2)
    #expect(table["age"] == .number([63, 47]))
    #expect(table["ward"] == .category(codes: [0, 1], levels: ["icu", "med"]))
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `every line end ends a row, the last one may be missing`(_ end: String) throws {
    let expected: [[String?]] = [["1", "3"], ["2", "4"]]
    #expect(try texts("a,b\(end)1,2\(end)3,4\(end)") == expected)
    #expect(try texts("a,b\(end)1,2\(end)3,4") == expected)
    #expect(try texts("\(end)a,b\(end)\(end)1,2\(end)  \(end)3,4\(end)\(end)") == expected)
  }

  @Test func `quotes hold delimiters, line ends and doubled quotes`() throws {
    let text = "\"a,1\",b\n\"x, \"\"y\"\"\",\"two\r\nlines\"\n\"\"\"\",\" z \"\n"
    #expect(try texts(text) == [["x, \"y\"", "\""], ["two\r\nlines", " z "]])
    #expect(try TableProfile(csv: source(text)).columns.map(\.name) == ["a,1", "b"])
  }

  @Test func `blanks are trimmed outside quotes and kept inside`() throws {
    #expect(try texts(" a ,b\t\n  x y\t , \" z \"  \n") == [["x y"], [" z "]])
  }

  @Test func `a quote within an unquoted field stands for itself`() throws {
    #expect(try texts("a,b\n5\" tube,x\"y\"\n") == [["5\" tube"], ["x\"y\""]])
  }

  @Test func `a byte order mark is skipped`() throws {
    #expect(try TableProfile(csv: source("\u{FEFF}a,b\n1,2\n")).columns.map(\.name) == ["a", "b"])
  }

  @Test(arguments: [",", ";", "\t", "|"])
  func `the delimiter is found in the first line`(_ mark: Character) throws {
    let profile = try TableProfile(csv: source("\"a,;|\tb\"\(mark)c\(mark)d\n1\(mark)2\(mark)3\n"))
    #expect(profile.delimiter == mark)
    #expect(profile.columns.map(\.name) == ["a,;|\tb", "c", "d"])
  }

  @Test func `any other delimiter can be given, and one that cannot be one is refused`() throws {
    #expect(try texts("a:b\n1:2\n", format: TableFormat(delimiter: ":")) == [["1"], ["2"]])
    for mark in ["\"", "\n", "5", "é", "x", "."] as [Character] {
      #expect(throws: TableError.self) {
        try TableProfile(csv: source("a,b\n1,2\n"), format: TableFormat(delimiter: mark))
      }
    }
  }

  @Test func `a table of one column has rows where it has text`() throws {
    #expect(try texts("a\n1\n\n\"\"\n2\n") == [["1", nil, "2"]])
  }

  @Test func `text beyond ASCII is kept`() throws {
    #expect(try texts("größe,Ж\nü,😀 李\nx,\n") == [["ü", "x"], ["😀 李", nil]])
  }

  @Test func `names are taken where the file has no header`() throws {
    let table = try Table(csv: source("1,x\n2,y\n"), format: TableFormat(columns: ["n", "t"]))
    #expect(table["n"] == .number([1, 2]))
    #expect(table["t"] == .category(codes: [0, 1], levels: ["x", "y"]))
  }

  /// Every kind of byte the parser knows, in rows longer than its blocks of 64 bytes.
  static let nasty = """
    \u{FEFF}id, "na""me" ,größe,empty,q\r
    1,Anna,1.5,,"x"\r
    2,"B ""B"", b",-2e3,?,"two\r\nlines"\r\r
    3,  "  c"  ,0.30000000000000004,NA,"\n\n"\u{0D}4,é李😀,17,,"" \t\r
    \t\n5,a field that is longer than one block of sixty-four bytes and so spans two of them,5,,"\r"\n
    6,plain,6,,p\n7,plain,7,,p\n8,plain,8.25,,p\n9,plain,-9,,p\n10,"q",1e-5,,p\n11,\"\",11,,last
    """

  @Test func `a document reads the same wherever it is cut`() throws {
    let bytes = Array(Self.nasty.utf8)
    let schema = TableSchema([
      .init("id", .number), .init("na\"me", .category), .init("größe", .number), .init("q", .category),
    ])
    func read(_ cuts: [Int]) throws -> Table {
      try Table(csv: PieceSource(bytes: bytes, cuts: cuts), schema: schema)
    }
    let whole = try read([])
    #expect(whole.rowCount == 11)
    #expect(whole["id"] == .number((1...11).map(Double.init)))
    #expect(whole["größe"] == .number([1.5, -2000, 0.30000000000000004, 17, 5, 6, 7, 8.25, -9, 1e-5, 11]))
    let names = try whole.categories("na\"me")
    #expect(names.codes.prefix(4).map { names.levels[Int($0)] } == ["Anna", "B \"B\", b", "  c", "é李😀"])
    #expect(names.codes.last == -1)
    let q = try whole.categories("q")
    #expect(q.codes.prefix(3).map { q.levels[Int($0)] } == ["x", "two\r\nlines", "\n\n"])
    #expect(q.codes[3] == -1)
    for cut in 0...bytes.count { #expect(try read([cut]) == whole, "cut at \(cut)") }
    for cut in 0..<bytes.count { #expect(try read([cut, cut + 1]) == whole, "byte \(cut) alone") }
    #expect(try read(Array(1..<bytes.count)) == whole)
  }

  @Test func `every byte is told from separators and from odd bytes, in any place`() {
    let text = [UInt8](repeating: UInt8(ascii: "7"), count: CSVBlock.width)
    for byte in UInt8.min...UInt8.max {
      let isSeparator = ";\n\r".utf8.contains(byte)
      let isOdd = byte == 0 || byte == UInt8(ascii: "\"") || byte >= 0x80
      for place in text.indices {
        var bytes = text
        bytes[place] = byte
        // One before it and one behind.
        if place > 0 { bytes[place - 1] = UInt8(ascii: ";") }
        if place < 63 { bytes[place + 1] = UInt8(ascii: ";") }
        let block = bytes.withUnsafeBufferPointer {
          CSVBlock($0.baseAddress!, delimiter: UInt8(ascii: ";"))
        }
        var expected: UInt64 = place > 0 ? 1 << UInt64(place - 1) : 0
        if isSeparator { expected |= 1 << UInt64(place) }
        if !isOdd, place < 63 { expected |= 1 << UInt64(place + 1) }
        #expect(block.plainSeparators == expected)
        #expect(block.hasOddBytes == isOdd)
      }
    }
  }

  @Test func `errors name the same place wherever the document is cut`() throws {
    let text = "a,b\r\n\"x\r\ny\",1\r\n\r\n" + String(repeating: "z,2\n", count: 40) + "w,\"q\"r\n"
    for cut in 0...text.utf8.count {
      let error = complaint {
        _ = try TableProfile(csv: PieceSource(bytes: Array(text.utf8), cuts: [cut]))
      }
      #expect(error == "t.csv:45:2: text follows the closing quote of this field")
    }
  }

  @Test func `a stream of 200 MB is read in bounded memory`() throws {
    struct Generated: ByteSource {
      let name = "generated"
      func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try Array("x,y\n".utf8).withUnsafeBytes(body)
        let rows = Array(String(repeating: "some text that is not wanted, -12.75\n", count: 27_027).utf8)
        // Cut within a field, so that each piece leaves something over.
        let cut = rows.count / 2 + 7
        for _ in 0..<200 {
          try rows[..<cut].withUnsafeBytes(body)
          try rows[cut...].withUnsafeBytes(body)
        }
      }
    }
    struct Counter: CSVSink {
      var rows = 0
      var sum = 0.0
      mutating func begin(names: [String], delimiter: UInt8) {}
      mutating func field(_ bytes: UnsafeBufferPointer<UInt8>, column: Int, line: Int) {
        if column == 1 { sum += DecimalNumber.parse(bytes, decimal: UInt8(ascii: ".")) }
      }
      mutating func endRow(line: Int) { rows += 1 }
      mutating func endRaggedRow(_ fault: TableError) throws(TableError) { throw fault }
    }
    var parser = CSVParser(Counter(), file: "generated")
    var kept = 0
    try Generated().forEachChunk { chunk in
      try parser.consume(chunk)
      // All that outlives a piece. The memory of the process would count the other tests too.
      kept = max(kept, parser.pending.capacity + (parser.head?.capacity ?? 0) + parser.header.capacity)
    }
    try parser.finish()
    #expect(parser.sink.rows == 5_405_400)
    #expect(parser.sink.sum == -12.75 * 5_405_400)
    #expect(kept < 4_096)
  }
}
