import Testing

@testable import AtollLearning
@testable import AtollStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where real data lie: the environment variable ATOLL_SHARED names a folder that holds `data/`.
private let data = getenv("ATOLL_SHARED").map { String(cString: $0) + "/data" }

/// Real tables and images. Their counts are those of the README.md and SOURCES.md beside the data.
/// Without ATOLL_SHARED the suite is absent: the data are not part of this repository.
@Suite(.enabled(if: data != nil, "ATOLL_SHARED names no folder with data"))
struct `Real data` {
  private func path(_ name: String) throws -> String { try #require(data) + "/" + name }

  private let heartNames = [
    "age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak", "slope", "ca",
    "thal",
    "num",
  ]

  @Test(arguments: [
    ("cleveland", [164, 55, 36, 35, 13]), ("hungarian", [188, 106, 0, 0, 0]),
    ("switzerland", [8, 48, 32, 30, 5]),
    ("va", [51, 56, 41, 42, 10]),
  ])
  func `heart disease has the rows and classes of its hospitals`(_ hospital: String, _ classes: [Int]) throws
  {
    let file = try path("medical/heart-disease/processed.\(hospital).data")
    let format = TableFormat(columns: heartNames)
    let kinds = heartNames.map { name in
      TableSchema.Column(name, ["cp", "restecg"].contains(name) ? .category : .number)
    }
    let table = try Table(csv: file, schema: TableSchema(kinds), format: format)
    #expect(table.rowCount == classes.reduce(0, +))
    let classOf = try table.numbers("num")
    #expect((0...4).map { value in classOf.count { $0 == Double(value) } } == classes)
    // Cleveland writes 1.0 where the others write 1.
    #expect(Set(["1", "2", "3", "4"]).isSuperset(of: try table.categories("cp").levels))
    #expect(try TableProfile(csv: file, format: format).columns.allSatisfy { $0.type != .identifier })
  }

  @Test func `heart disease keeps 740 patients when incomplete columns and rows are dropped`() throws {
    let kept = heartNames.filter { !["slope", "ca", "thal"].contains($0) }
    let schema = TableSchema(kept.map { .init($0, .number) })
    let tables = try ["cleveland", "hungarian", "switzerland", "va"].map {
      try Table(
        csv: path("medical/heart-disease/processed.\($0).data"), schema: schema,
        format: TableFormat(columns: heartNames))
    }
    let all = try Table.concatenating(tables)
    #expect(all.rowCount == 920)
    let numbers = try kept.map { try all.numbers($0) }
    let complete = (0..<all.rowCount).filter { row in numbers.allSatisfy { !$0[row].isNaN } }
    #expect(complete.count == 740)
    #expect(try all.rows(at: complete).numbers("num").count { $0 > 0 } == 139 + 98 + 45 + 101)
  }

  @Test func `breast cancer has 569 rows of 32 columns, the first an identifier`() throws {
    let names = ["id", "diagnosis"] + (1...30).map { "x\($0)" }
    let profile = try TableProfile(csv: path("medical/wdbc/wdbc.data"), format: TableFormat(columns: names))
    #expect(profile.rowCount == 569)
    #expect(profile["id"]?.type == .identifier)
    #expect(profile["diagnosis"]?.frequent == [.init(value: "B", count: 357), .init(value: "M", count: 212)])
    #expect(profile.columns.dropFirst(2).allSatisfy { $0.type == .number && $0.missing == 0 })
    // Without names the first row would be taken for them.
    #expect(throws: TableError.self) { try TableProfile(csv: path("medical/wdbc/wdbc.data")) }
  }

  @Test func `credit default has 30,000 rows of 25 columns`() throws {
    let file = try path("finance/default-credit/UCI_Credit_Card.csv.gz")
    let profile = try TableProfile(csv: file)
    #expect(profile.rowCount == 30_000)
    #expect(profile.columns.count == 25)
    #expect(profile.columns.allSatisfy { $0.missing == 0 })
    #expect(profile["ID"]?.type == .identifier)
    #expect(profile.columns.count { $0.type == .identifier } == 1)
    let table = try Table(csv: file)
    #expect(table.names.count == 24)
    #expect(try table.numbers("default.payment.next.month").count { $0 == 1 } == 6_636)
  }

  @Test func `bank marketing has semicolons, quotes, 41,188 rows and 21 columns`() throws {
    let profile = try TableProfile(csv: path("finance/bank-marketing/bank-additional-full.csv.gz"))
    #expect(profile.delimiter == ";")
    #expect(profile.rowCount == 41_188)
    #expect(profile.byteCount == 5_834_924)
    #expect(profile.columns.count == 21)
    #expect(profile["y"]?.type == .yesNo)
    #expect(profile["y"]?.frequent == [.init(value: "no", count: 36_548), .init(value: "yes", count: 4_640)])
    #expect(profile["job"]?.distinct == 12)
    #expect(profile["month"]?.distinct == 10)
    #expect(profile.columns.allSatisfy { $0.type != .identifier && $0.fault == nil })
  }

  @Test(arguments: [("guest", 12), ("host", 21)])
  func `vertical tables are joined by an identifier`(_ side: String, _ columns: Int) throws {
    let profile = try TableProfile(csv: path("vertical/breast_hetero_\(side).csv"))
    #expect(profile.rowCount == 569)
    #expect(profile.columns.count == columns)
    #expect(profile["id"]?.type == .identifier)
  }

  @Test func `MNIST has 60,000 and 10,000 images of 28 by 28`() throws {
    for (name, count) in [("train", 60_000), ("t10k", 10_000)] {
      let images = try IDXArray(idx: path("images/mnist/\(name)-images-idx3-ubyte.gz"), dimensions: 3)
      #expect(images.shape == [count, 28, 28])
      let labels = try IDXArray(idx: path("images/mnist/\(name)-labels-idx1-ubyte.gz"), dimensions: 1)
      #expect(labels.shape == [count])
      guard case .bytes(let digits) = labels.elements else { throw TestFault() }
      #expect(digits.allSatisfy { $0 < 10 })
      #expect(throws: TableError.self) {
        try IDXArray(idx: path("images/mnist/\(name)-labels-idx1-ubyte.gz"), dimensions: 3)
      }
    }
  }

  @Test(arguments: [("tra", 3_823), ("tes", 1_797)])
  func `digits of eight by eight have 65 columns`(_ part: String, _ rows: Int) throws {
    let names = (0..<64).map { "p\($0)" } + ["digit"]
    let table = try Table(
      csv: path("images/optdigits/optdigits.\(part).gz"),
      schema: TableSchema(names.map { .init($0, .number, bounds: 0...16) }),
      format: TableFormat(columns: names))
    #expect(table.rowCount == rows)
  }

  private struct TestFault: Error {}
}
