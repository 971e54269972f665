import Testing

@testable import AtollLearning

@Suite struct `Tables` {
  private func sample() throws -> Table {
    try Table(
      names: ["age", "ward"],
      columns: [.number([63, .nan, 47]), .category(codes: [1, 0, -1], levels: ["icu", "med"])])
  }

  @Test func `rows are chosen by index, in any order and more than once`() throws {
    let rows = try sample().rows(at: [2, 0, 0])
    #expect(rows.rowCount == 3)
    #expect(rows["age"] == .number([47, 63, 63]))
    #expect(rows["ward"] == .category(codes: [-1, 1, 1], levels: ["icu", "med"]))
    #expect(try sample().rows(at: []).rowCount == 0)
  }

  @Test func `missing values are equal to each other and to nothing else`() throws {
    #expect(try sample() == sample())
    #expect(try sample().rows(at: [1, 0, 2]) != sample())
    #expect(Table.Column.number([.nan]) != .number([0]))
    #expect(try sample().columns.map(\.missingCount) == [1, 1])
  }

  @Test func `columns are chosen by name`() throws {
    let table = try sample().columns(["ward"])
    #expect(table.names == ["ward"])
    #expect(table.rowCount == 3)
    #expect(try sample().numbers("age")[0] == 63)
    #expect(try sample().categories("ward").levels == ["icu", "med"])
    #expect(
      complaint { _ = try sample().numbers("ward") } == "table: column ward holds categories, not numbers")
    #expect(
      complaint { _ = try sample().categories("age") } == "table: column age holds numbers, not categories")
    #expect(
      complaint { _ = try sample().columns(["x"]) }
        == "table: there is no column “x”; the columns are age, ward")
    #expect(
      complaint { _ = try sample().columns(["age", "age"]) } == "table: two columns are named “age”")
  }

  @Test func `what every table promises is checked`() {
    func fault(_ names: [String], _ columns: [Table.Column]) -> String {
      complaint { _ = try Table(names: names, columns: columns) }
    }
    #expect(fault(["a"], []) == "table: 1 names for 0 columns")
    #expect(fault([""], [.number([])]) == "table: a column has no name")
    #expect(
      fault(["a", "b"], [.number([1]), .number([])]) == "table: column b has 0 rows, column a 1")
    #expect(fault(["a"], [.number([.infinity])]) == "table: column a holds an infinite number")
    for code in [-2, 1] as [Int32] {
      #expect(
        fault(["a"], [.category(codes: [code], levels: ["x"])])
          == "table: column a holds a code without a level")
    }
  }

  @Test func `tables put together have the rows of all and the levels of all`() throws {
    let other = try Table(
      names: ["ward", "age"],
      columns: [.category(codes: [0, 1], levels: ["surg", "icu"]), .number([20, 30])])
    let both = try Table.concatenating([sample(), other])
    #expect(both["age"] == .number([63, .nan, 47, 20, 30]))
    #expect(both["ward"] == .category(codes: [1, 0, -1, 2, 0], levels: ["icu", "med", "surg"]))
    let declared = Table.Column.category(codes: [0], levels: ["z", "a"])
    let kept = try Table(names: ["w"], columns: [declared])
    #expect(try Table.concatenating([kept, kept])["w"] == .category(codes: [0, 0], levels: ["z", "a"]))
  }

  @Test func `tables that do not fit are not put together`() throws {
    let numbers = try Table(names: ["age", "ward"], columns: [.number([1]), .number([2])])
    let narrow = try Table(names: ["age"], columns: [.number([1])])
    let renamed = try Table(names: ["age", "room"], columns: [.number([1]), .number([2])])
    #expect(complaint { _ = try Table.concatenating([]) } == "table: there are no tables to put together")
    #expect(
      complaint { _ = try Table.concatenating([sample(), narrow]) }
        == "table: column “ward” is in some tables only")
    #expect(
      complaint { _ = try Table.concatenating([sample(), numbers]) }
        == "table: column ward holds numbers in one table and categories in another")
    #expect(
      complaint { _ = try Table.concatenating([numbers, renamed]) }
        == "table: there is no column “ward”; the columns are age, room")
  }

  @Test func `levels do not depend on the order of the rows`() throws {
    let schema = TableSchema([.init("w", .category)])
    let one = try Table(csv: source("w\nb\na\né\nB\n"), schema: schema)
    let other = try Table(csv: source("w\né\nB\nb\na\n"), schema: schema)
    #expect(try one.categories("w").levels == ["B", "a", "b", "é"])
    #expect(try other.categories("w").levels == ["B", "a", "b", "é"])
    #expect(try one.categories("w").codes == [2, 1, 3, 0])
  }

  @Test func `numbers that stand for categories are spelled alike where nothing is lost`() throws {
    func levels(_ text: String) throws -> [String] {
      try Table(csv: source("w\n" + text), schema: TableSchema([.init("w", .category)])).categories("w")
        .levels
    }
    #expect(try levels("10.0\n2.0\n1.50\n") == ["1.5", "2", "10"])
    #expect(try levels("10\n2\n1.5\n") == ["1.5", "2", "10"])
    // Postal codes, and diagnoses of which two would become one.
    #expect(try levels("01\n2.0\n") == ["01", "2.0"])
    #expect(try levels("250.0\n250.00\n") == ["250.0", "250.00"])
    #expect(try levels("2.0\nV4\n") == ["2.0", "V4"])
  }

  @Test func `declared levels keep their order, and 1_0 is the level 1`() throws {
    let schema = TableSchema([.init("cp", .category, levels: ["4", "1", "x"])])
    let table = try Table(csv: source("cp\n1.0\nx\n?\n4\n1\n"), schema: schema)
    #expect(table["cp"] == .category(codes: [1, 2, -1, 0, 1], levels: ["4", "1", "x"]))
  }

  @Test func `missing values are what the list says, quoted or not`() throws {
    let table = try Table(csv: source("a,b\n,x\nNA,\"?\"\nNaN,null\nNULL,\"\"\n\"N/A\",y\n1,na\nnan,nan\n"))
    #expect(table["a"] == .number([.nan, .nan, .nan, .nan, .nan, 1, .nan]))
    #expect(table["b"] == .category(codes: [1, -1, -1, -1, 2, 0, -1], levels: ["na", "x", "y"]))
    let own = TableFormat(missingValues: ["-999", "unbekannt", "è"])
    let marked = try Table(csv: source("a,b\n-999,unbekannt\n-99,è\n-9990,\n"), format: own)
    #expect(marked["a"] == .number([.nan, -99, -9990]))
    #expect(try marked.categories("b").levels == [""])
  }

  @Test func `a decimal comma is read, and the comma then delimits nothing`() throws {
    let format = TableFormat(decimal: .comma)
    let table = try Table(csv: source("a;b\n1,5;2,25\n-,5;1e3\n"), format: format)
    #expect(table["a"] == .number([1.5, -0.5]))
    #expect(table["b"] == .number([2.25, 1000]))
    let nameless = TableFormat(columns: ["a", "b"], decimal: .comma)
    #expect(try Table(csv: source("1,5;2,25\n"), format: nameless)["b"] == .number([2.25]))
    let quoted = TableFormat(decimal: .comma, delimiter: ",")
    #expect(try Table(csv: source("a,b\n\"1,5\",2\n"), format: quoted)["a"] == .number([1.5]))
  }

  @Test func `columns are renamed and taken in the order of the schema`() throws {
    let schema = TableSchema([.init("sex", .category), .init("age", .number)])
    let format = TableFormat(rename: ["Alter": "age", "Geschlecht": "sex"])
    let table = try Table(csv: source("Alter,x,Geschlecht\n40,text,f\n"), schema: schema, format: format)
    #expect(table.names == ["sex", "age"])
    #expect(table["age"] == .number([40]))
    let fault = complaint {
      _ = try Table(csv: source("Alter,Geschlecht\nx,f\n"), schema: schema, format: format)
    }
    #expect(fault.hasPrefix("t.csv:2:1: “x” is not a number (column Alter)"))
  }

  /// Days by Python: `(date(y, m, d) - date(1970, 1, 1)).days`.
  @Test(
    arguments: [
      ("1970-01-01", 0), ("2000-02-29", 11_016), ("31.12.2025", 20_453), ("1899/12/31", -25_568),
      ("1.3.2024", 19_783),
      ("2024-03-01T12:00", 19_783.5), ("2024-03-01 06:00:00Z", 19_783.25),
      ("2024-03-01T12:00:00.5+02:00", 19_783 + 36_000.5 / 86_400), ("0001-01-01", -719_162),
      ("9999-12-31", 2_932_896),
    ] as [(String, Double)])
  func `dates are days since 1970`(_ text: String, _ days: Double) throws {
    let table = try Table(csv: source("d\n\(text)\n"), schema: TableSchema([.init("d", .date)]))
    #expect(table["d"] == .number([days]))
    #expect(CalendarDate.days(year: 1970, month: 1, day: 1) == 0)
  }

  @Test(arguments: [
    "2025-13-01", "2025-02-29", "12/31/2025", "2025-1", "20250101", "2025-01-01T25:00", "1.1.25",
    "2025-01-01x",
  ])
  func `other texts are no dates`(_ text: String) {
    #expect(Array(text.utf8).withUnsafeBufferPointer { CalendarDate.days($0) } == nil)
  }

  @Test func `every day of eight hundred years is written and read back`() {
    for day in stride(from: -200_000.0, to: 92_194, by: 1) {
      let text = CalendarDate.text(days: day)
      #expect(Array(text.utf8).withUnsafeBufferPointer { CalendarDate.days($0) } == day)
    }
  }

  @Test func `many rows and columns keep their places`() throws {
    let names = (0..<70).map { "c\($0)" }
    var writer = CSVWriter()
    for name in names { writer.append(name) }
    writer.endRow()
    for row in 0..<1_700 {
      for column in 0..<70 { writer.append(Double(row * 1_000 + column) / 8) }
      writer.endRow()
    }
    let schema = TableSchema(names.reversed().map { .init($0, .number) })
    let cuts = Array(stride(from: 1_000, to: writer.bytes.count, by: 70_001))
    for source in [PieceSource(bytes: writer.bytes, cuts: cuts), PieceSource(bytes: writer.bytes, cuts: [])] {
      let table = try Table(csv: source, schema: schema)
      for column in 0..<70 {
        #expect(try table.numbers("c\(column)") == (0..<1_700).map { Double($0 * 1_000 + column) / 8 })
      }
    }
  }
}

@Suite struct `Writing delimited text` {
  @Test func `a table reads back as it was`() throws {
    let table = try Table(
      names: ["n", "t,\"x\"", "one"],
      columns: [
        .number([0.1, -0.0, .nan, 1e300, .leastNonzeroMagnitude, 12_345_678]),
        .category(codes: [0, 1, 2, 3, 4, -1], levels: [" a", "b,c", "\"", "line\nend\r", "é"]),
        .category(codes: [0, 0, 0, 0, 0, 0], levels: ["\u{FEFF}x"]),
      ])
    let schema = TableSchema([
      .init("n", .number), .init("t,\"x\"", .category, levels: [" a", "b,c", "\"", "line\nend\r", "é"]),
      .init("one", .category),
    ])
    #expect(try Table(csv: MemorySource(table.csv(), name: "t.csv"), schema: schema) == table)
    #expect(
      try Table(csv: MemorySource(table.csv(delimiter: ";"), name: "t.csv"), schema: schema) == table)
  }

  @Test func `text is quoted only where it must be, and numbers are short`() throws {
    let table = try Table(
      names: ["a", "b"],
      columns: [.number([1, 0.5, .nan]), .category(codes: [0, 1, -1], levels: ["x y", "p,q"])])
    #expect(String(decoding: table.csv(), as: UTF8.self) == "a,b\n1,x y\n0.5,\"p,q\"\n,\n")
  }

  @Test func `a single column keeps rows without a value`() throws {
    let table = try Table(names: ["a"], columns: [.number([1, .nan, .nan, 2, .nan])])
    #expect(try Table(csv: MemorySource(table.csv(), name: "t.csv")) == table)
  }
}
