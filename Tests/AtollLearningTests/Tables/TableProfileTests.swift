import Testing

@testable import AtollLearning

@Suite struct `Profiles of tables` {
  private func profile(_ name: String, _ values: [String]) throws -> TableProfile.Column {
    var writer = CSVWriter()
    writer.append(name)
    writer.endRow()
    for value in values {
      writer.append(value)
      writer.endRow()
    }
    return try TableProfile(csv: MemorySource(writer.bytes, name: "t.csv")).columns[0]
  }

  @Test func `numbers are summarised`() throws {
    let column = try profile("lactate", ["2.5", "", "0.5", "1e1", "NA", "2.5"])
    #expect(column.type == .number)
    #expect(column.missing == 2)
    #expect(column.range == .init(minimum: 0.5, maximum: 10, mean: 3.875, median: 2.5, isMedianExact: true))
    #expect(column.distinct == 3)
    #expect(!column.hasMoreDistinct)
    #expect(column.frequent.first == .init(value: "2.5", count: 2))
    #expect(column.fault == nil)
  }

  @Test func `types are told from the values`() throws {
    #expect(try profile("a", ["icu", "med", "icu"]).type == .category)
    #expect(try profile("a", ["x", "x", ""]).type == .constant)
    #expect(try profile("a", ["7", "7.0"]).type == .constant)
    #expect(try profile("a", ["", "NA"]).type == .empty)
    #expect(try profile("a", ["2025-01-01", "", "2024-12-31"]).type == .date)
    for pair in [["yes", "no"], ["1", "0"], ["TRUE", "False"], ["N", "y"]] {
      #expect(try profile("a", pair + [""]).type == .yesNo)
    }
    #expect(try profile("a", ["1", "2"]).type == .number)
    #expect(try profile("a", ["yes", "maybe"]).type == .category)
  }

  @Test func `dates have a range too`() throws {
    let column = try profile("d", ["2025-01-01", "2024-12-31", "2025-01-02"])
    #expect(column.kind == .date)
    #expect(
      column.range
        == .init(minimum: 20_088, maximum: 20_090, mean: 20_089, median: 20_089, isMedianExact: true))
  }

  @Test func `a column of numbers with a few texts is one of numbers, with a fault`() throws {
    let column = try profile("lactate", ["1", "12,4", "3", "x", "5"])
    #expect(column.type == .number)
    #expect(
      column.fault?.description == """
        t.csv:3:1: “12,4” is not a number (column lactate)
        1 more row has the same fault: 5
        """)
    #expect(
      column.fault?.remedy == .setting("a decimal point in the file, or", .decimal(.comma)))
    // Half and half is a category.
    #expect(try profile("code", ["1", "V1", "2", "V2"]).type == .category)
  }

  @Test func `identifiers are told by their values, with the reason`() throws {
    let texts = (0..<1_200).map { "P\($0 * 7_919 % 1_201)x" }
    #expect(try profile("code", texts).type == .identifier)
    #expect(try profile("code", texts).reason == "1,200 values in 1,200 rows")
    let rising = (0..<40).map { String($0 * 3 + 5) }
    #expect(try profile("a", rising).reason == "whole numbers that rise from row to row")
    #expect(try profile("a", rising.reversed()).reason == "whole numbers that fall from row to row")
    let people = (0..<30).map {
      "\(["Anna", "Otto", "Søren"][$0 % 3]) \(["Berg", "Maier", "Li"][$0 / 10])-B\("xyz".dropFirst($0 % 2).first!)"
    }
    #expect(try profile("who", people + people.map { $0 + "o" }).reason == "looks like names")
  }

  @Test(arguments: [
    "id", "patient_id", "PatientID", "customerId", "MRN", "Full Name", "e-mail (email)", "row.id",
    "Unnamed: 0",
  ])
  func `identifiers are told by their names`(_ name: String) throws {
    let column = try profile(name, (0..<60).map { String($0 * 37 % 25) })
    #expect(column.type == .identifier)
    #expect(column.reason == "its name says so")
  }

  @Test(arguments: ["patient_age", "width", "grid", "fluid", "idle_time", "name_length"])
  func `measurements are no identifiers`(_ name: String) throws {
    #expect(try profile(name, (0..<60).map { String($0 * 37 % 61) }).type == .number)
    #expect(try profile(name, (0..<60).map { String(Double($0) / 4) }).type == .number)
    #expect(try profile(name, (0..<60).map { "ward \($0 % 30)" }).type == .category)
  }

  @Test func `few rows are no evidence`() throws {
    #expect(try profile("a", ["x", "y", "z"]).type == .category)
    #expect(try profile("a", ["1", "2", "3"]).type == .number)
  }

  @Test func `different values are counted up to a limit`() throws {
    let exact = try profile("a", (0..<10_000).map { String($0 * 7_919 % 10_007) + ".5" })
    #expect(exact.distinct == 10_000)
    #expect(!exact.hasMoreDistinct)
    let more = try profile("a", (0..<10_001).map { String($0 * 7_919 % 10_007) + ".5" })
    #expect(more.distinct == 10_000)
    #expect(more.hasMoreDistinct)
    #expect(more.type == .number)
    let texts = try profile("a", (0..<20_000).map { "t\($0 % 10_003)" })
    #expect(texts.reason == "more than 10,000 different texts")
  }

  @Test func `the median of many rows is near`() throws {
    let column = try profile("a", (0..<100_000).map { String($0 * 7_919 % 100_003) + ".5" })
    let range = try #require(column.range)
    #expect(abs(range.median - 50_000) < 1_500)
    #expect(!range.isMedianExact)
  }

  @Test func `frequent values come first, ties in a fixed order`() throws {
    let column = try profile("a", ["b", "c", "a", "c", "5", "5", "d", "e", "f"])
    #expect(column.frequent.map(\.value) == ["5", "c", "b", "a", "d"])
    #expect(column.frequent.map(\.count) == [2, 2, 1, 1, 1])
  }

  @Test func `the schema leaves out dates and identifiers unless they are asked for`() throws {
    var text = "mrn,seen,age,ward,always,never,ok\n"
    for row in 0..<30 {
      text +=
        "\(row * 7 % 31),2025-01-0\(row % 9 + 1),\(row).5,\(row % 3 == 0 ? "icu" : "med"),7,,\(row % 2)\n"
    }
    let profile = try TableProfile(csv: source(text))
    #expect(profile.rowCount == 30)
    #expect(profile.byteCount == text.utf8.count)
    #expect(
      profile.columns.map(\.type) == [.identifier, .date, .number, .category, .constant, .empty, .yesNo])
    #expect(
      profile.schema()
        == TableSchema([
          .init("age", .number), .init("ward", .category), .init("always", .number), .init("never", .number),
          .init("ok", .number),
        ]))
    #expect(
      profile.schema(including: ["seen", "mrn"]).columns.prefix(2) == [
        .init("mrn", .number), .init("seen", .date),
      ])
    let table = try Table(csv: source(text))
    #expect(table.names == ["age", "ward", "always", "never", "ok"])
    #expect(table["never"]?.missingCount == 30)
  }
}
