import Testing

@testable import AtollLearning

@Suite struct `Tables that are refused` {
  private func complaintOfLoading(
    _ text: String, _ columns: TableSchema.Column..., format: TableFormat = TableFormat()
  ) -> String {
    complaint { _ = try Table(csv: source(text), schema: TableSchema(columns), format: format) }
  }

  @Test func `text among numbers is named with its place, and all its lines`() {
    let text = "id,lactate\n1,1.2\n2,\"12,4\"\n3,0.5\n\"4\n\",\"3,3\"\n5,x\n"
    let fault = complaintOfLoading(text, .init("lactate", .number))
    #expect(
      fault == """
        t.csv:3:2: “12,4” is not a number (column lactate)
        2 more rows have the same fault: 6, 7
        try a decimal point in the file, or decimal: comma
        """)
  }

  @Test func `many lines are counted and the first ones named`() {
    let text = "a\n" + String(repeating: "x\n", count: 1_235)
    #expect(
      complaintOfLoading(text, .init("a", .number)) == """
        t.csv:2:1: “x” is not a number (column a)
        1,234 more rows have the same fault: 3, 4, 5, 6, 7, 8, 9, 10, …
        try if the column is no measurement, declare it a category
        """)
  }

  @Test func `one line more is one row`() {
    let fault = complaintOfLoading("a\nx\n1\ny\n", .init("a", .number))
    #expect(fault.contains("\n1 more row has the same fault: 4\n"))
  }

  @Test(arguments: ["Nan", "inf", "-inf", "+Infinity", "-NAN"])
  func `NaN in an unusual spelling and infinity are refused`(_ text: String) {
    #expect(
      complaintOfLoading("a,b\n1,2\n3,\(text)\n", .init("b", .number)) == """
        t.csv:3:2: “\(text)” is not a finite number (column b)
        try if it means that there is no value, list it: missing-values: ['', NA, \(text)]
        """)
  }

  @Test func `a number beyond Double is refused`() {
    #expect(
      complaintOfLoading("a\n1e309\n", .init("a", .number))
        == "t.csv:2:1: “1e309” is too large for a number (column a)")
  }

  @Test func `a number outside its bounds is refused`() {
    #expect(
      complaintOfLoading("age\n40\n-1\n", .init("age", .number, bounds: 0...120))
        == "t.csv:3:1: “-1” is outside 0 … 120 (column age)")
  }

  @Test func `text among dates is refused`() {
    #expect(
      complaintOfLoading("d\n2024-02-29\n2023-02-29\n", .init("d", .date)) == """
        t.csv:3:1: “2023-02-29” is not a date (column d)
        try dates are written 2025-12-31
        """)
  }

  @Test func `a value that is no declared level is refused`() {
    #expect(
      complaintOfLoading("w\nicu\nIcu\n", .init("w", .category, levels: ["icu", "med"]))
        == "t.csv:3:1: “Icu” is none of “icu”, “med” (column w)")
  }

  @Test func `rows with too few or too many fields are refused`() {
    #expect(
      complaint { _ = try TableProfile(csv: source("a,b,c\n1,2,3\n1,2\n1\n1,2,3,4,5\n")) } == """
        t.csv:3:3: this row has 2 fields, the header has 3
        """)
    #expect(
      complaint { _ = try TableProfile(csv: source("a,b\n1,2\n1,2,3,4\n5,6,7\n")) } == """
        t.csv:3:3: this row has 4 fields, the header has 2
        1 more row has the same fault: 4
        """)
    #expect(
      complaintOfLoading("1,2\n1\n", .init("x", .number), format: TableFormat(columns: ["x", "y"]))
        == "t.csv:2:2: this row has 1 field, 2 columns are named")
  }

  @Test func `quotes must close, and end their field`() {
    #expect(
      complaint { _ = try TableProfile(csv: source("a,b\n1,2\n3,\"4\n5,6\n")) }
        == "t.csv:3:2: a quote is opened here and never closed")
    #expect(
      complaint { _ = try TableProfile(csv: source("a,b\n1,\"2\" x\n")) }
        == "t.csv:2:2: text follows the closing quote of this field")
  }

  @Test func `bytes that are no UTF-8 are refused`() {
    func profile(_ bytes: [UInt8]) -> String {
      complaint { _ = try TableProfile(csv: MemorySource(bytes, name: "t.csv")) }
    }
    #expect(
      profile(Array("a,b\n1,caf".utf8) + [0xE9] + Array("\n".utf8))
        == "t.csv:2:2: this field is not UTF-8 text: it holds the byte 0xE9")
    #expect(
      profile(Array("a,b\n1,x".utf8) + [0] + Array("\n".utf8))
        == "t.csv:2:2: this field holds a zero byte: is this a text file?")
    #expect(
      profile(Array("a,b\n1,\"x\n".utf8) + [0] + Array("\"\n".utf8))
        == "t.csv:3:2: this field holds a zero byte: is this a text file?")
    #expect(profile([0xFF, 0xFE, 0x61, 0, 0x0A, 0]) == "t.csv: is UTF-16 text: save it as UTF-8")
    // Overlong, surrogate, beyond U+10FFFF, cut short, a lone continuation.
    for odd in [[0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80]] as [[UInt8]]
    {
      #expect(
        profile(Array("a\nx".utf8) + odd + Array("\ny\n".utf8)).contains(":2:1: this field is not UTF-8"))
    }
  }

  @Test(arguments: ["", "\n", "\u{FEFF}", " \r\n\r\n\t"])
  func `an empty file is refused`(_ text: String) {
    #expect(complaint { _ = try TableProfile(csv: source(text)) } == "t.csv: is empty")
  }

  @Test func `a header without rows is refused`() {
    #expect(complaint { _ = try TableProfile(csv: source("a,b")) } == "t.csv: has a header line and no rows")
    #expect(complaintOfLoading("a,b\n\n", .init("a", .number)) == "t.csv: has a header line and no rows")
    let headerless = TableFormat(columns: ["a"])
    #expect(complaint { _ = try TableProfile(csv: source(""), format: headerless) } == "t.csv: has no rows")
  }

  @Test func `names must be there, and differ`() {
    let remedy = "\ntry if the file has no header line, name its columns: columns: [age, sex, …]"
    #expect(
      complaint { _ = try TableProfile(csv: source("a,,c\n1,2,3\n")) }
        == "t.csv:1:2: column 2 has no name" + remedy)
    #expect(
      complaint { _ = try TableProfile(csv: source("\na,b,a\n1,2,3\n")) }
        == "t.csv:2:3: the name “a” stands for column 1 and column 3" + remedy)
    #expect(
      complaint { _ = try TableProfile(csv: source("63.0,1.5,x\n60.0,0,y\n")) }
        == "t.csv:1: the first line holds numbers where names were expected" + remedy)
    #expect(throws: Never.self) { try TableProfile(csv: source("2023,2024,0\n1,2,3\n")) }
  }

  @Test func `a column that is not there is named, with those that are`() {
    #expect(
      complaintOfLoading("age,ward\n1,x\n", .init("Ward", .category)) == """
        t.csv: there is no column “Ward”; the columns are age, ward
        try did you mean ward?
        """)
  }

  @Test func `renaming must fit the file`() {
    func rename(_ map: [String: String]) -> String {
      complaint { _ = try TableProfile(csv: source("a,b\n1,2\n"), format: TableFormat(rename: map)) }
    }
    #expect(rename(["c": "d"]) == "t.csv: there is no column “c”; the columns are a, b")
    #expect(rename(["a": "b"]) == "t.csv: columns “a” and “b” are both to be named “b”")
    #expect(rename(["a": ""]) == "t.csv: column “a” is renamed to nothing")
  }

  @Test func `a schema must not contradict itself`() {
    #expect(
      complaintOfLoading("a\n1\n", .init("a", .number), .init("a", .category))
        == "t.csv: column “a” is declared twice")
    #expect(
      complaintOfLoading("a\n1\n", .init("a", .number, levels: ["1"]))
        == "t.csv: column “a” is no category but has levels")
    #expect(
      complaintOfLoading("a\n1\n", .init("a", .category, levels: ["1", "1"]))
        == "t.csv: column “a” needs levels, each once")
  }

  @Test func `a field or a header beyond the bounds is refused`() {
    let long = String(repeating: "x", count: CSVLimits.fieldBytes)
    #expect(throws: Never.self) { try TableProfile(csv: source("a,b\n1,\(long)\n")) }
    let message = "t.csv:2:2: this field is longer than 1,048,576 bytes: is a quote missing?"
    #expect(complaint { _ = try TableProfile(csv: source("a,b\n1,\(long)x\n")) } == message)
    let unclosed = PieceSource(
      bytes: Array("a,b\n1,\"\(long)\(long)".utf8), cuts: Array(stride(from: 5, to: 2_000_000, by: 9_999)))
    #expect(complaint { _ = try TableProfile(csv: unclosed) } == message)
    let wide = (0...CSVLimits.columns).map(String.init).joined(separator: ",")
    #expect(
      complaint { _ = try TableProfile(csv: source(wide + "\n")) }
        == "t.csv:1:65537: there are more than 65,536 columns")
  }

  @Test func `an error never carries control characters or whole texts`() {
    let text = "a\n\"\u{1B}[31m\(String(repeating: "x", count: 100))\"\n"
    #expect(
      complaintOfLoading(text, .init("a", .number)).hasPrefix(
        "t.csv:2:1: “\u{FFFD}[31m\(String(repeating: "x", count: 35))…” is not a number"))
  }

  @Test func `an error of the source comes through`() {
    struct Failing: ByteSource {
      struct Fault: Error {}
      let name = "t.csv"
      func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws { throw Fault() }
    }
    #expect(throws: Failing.Fault.self) { try TableProfile(csv: Failing()) }
  }
}
