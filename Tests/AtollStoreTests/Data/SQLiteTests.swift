import AtollFederation
import AtollLearning
import AtollNumerics
import AtollScenarios
import AtollSimulation
import CSQLite
import Foundation
import Testing

@testable import AtollStore

@Suite struct SQLiteTests {
  private let folder = FileManager.default.temporaryDirectory.path + "/atoll-sqlite-\(UUID().uuidString)"
  var path: String { folder + "/ward.db" }

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try execute(
      """
      create table stays (id integer primary key, age integer, lactate real, ward text, died integer, scan blob);
      insert into stays values
        (1, 61, 1.5, 'A', 0, null), (2, null, 1e-7, 'B, "left"', 1, x'00ff'), (3, 70, null, null, 0, null),
        (4, 9007199254740993, 0.1, 'two
      lines', 1, null), (5, -3, 12345678.9, '', 0, null);
      """)
  }

  func execute(_ statements: String, on path: String? = nil) throws {
    var database: OpaquePointer?
    defer { sqlite3_close_v2(database) }
    #expect(sqlite3_open(path ?? self.path, &database) == SQLITE_OK)
    var message: UnsafeMutablePointer<CChar>?
    let status = sqlite3_exec(database, statements, nil, nil, &message)
    #expect(status == SQLITE_OK, "\(message.map { String(cString: $0) } ?? "")")
  }

  func text(_ query: String) throws -> String {
    var bytes: [UInt8] = []
    try SQLiteSource(path, query: query).forEachChunk { bytes += $0 }
    return String(decoding: bytes, as: UTF8.self)
  }

  func error(_ query: String) -> StoreError? {
    do {
      _ = try text(query)
      return nil
    } catch { return error as? StoreError }
  }

  // MARK: Values

  @Test func `values become what an export would write`() throws {
    let expected = #"""
      id,age,lactate,w
      1,61,1.5,A
      2,,1e-07,"B, ""left"""
      3,70,,
      4,9007199254740993,0.1,"two
      lines"
      5,-3,12345678.9,

      """#
    #expect(try text("select id, age, lactate, ward as w from stays order by id") == expected)
    #expect(try text("select age from stays where id = 2") == "age\n\"\"\n")
    #expect(try text("select age, died from stays where id > 9") == "age,died\n")
  }

  @Test func `a table of a query is that of its export`() throws {
    let source = try DataSource("sqlite:\(path)?query=select age, lactate, died from stays order by id")
    let profile = try TableProfile(of: source)
    #expect(profile.columns.map(\.name) == ["age", "lactate", "died"])
    #expect(profile.rowCount == 5)
  }

  // MARK: Refusals

  @Test func `a database is only read`() throws {
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    for query in [
      "delete from stays returning id", "update stays set age = 1", "create table x (a)",
      "pragma journal_mode = wal",
    ] {
      let refusal = try #require(error(query), "\(query)")
      #expect(
        refusal.message.contains("would change the database") || refusal.message.contains("readonly")
          || refusal.message.contains("attempt to write"), "\(query): \(refusal)")
    }
    #expect(error("attach '\(folder)/other.db' as other") != nil)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["ward.db"])
  }

  @Test func `faults are told in one sentence`() throws {
    #expect(
      error("select agee from stays")?.description
        == "sqlite:\(path): the query is refused: no such column: agee")
    #expect(
      error("selec 1")?.message == "the query is refused: near “selec”: syntax error"
        || error("selec 1")?.message.contains("syntax error") == true)
    #expect(error("select 1; select 2")?.message == "more than one query is given")
    #expect(error("  -- nothing")?.message == "the query is empty")
    #expect(
      error("select id, scan from stays")?.message
        == "row 2 of what the query gives: column “scan” holds bytes, which are no value of a table")
    #expect(
      error("select cast(x'c328' as text) as odd")?.message
        == "row 1 of what the query gives: column “odd” is no UTF-8 text")
    #expect(
      error("select abs(-9223372036854775808) from stays")?.message.contains("integer overflow") == true)
  }

  @Test func `what is no database is told as such`() throws {
    #expect(throws: StoreError(.notFound, path: folder + "/none.db", "there is no such database")) {
      _ = try SQLiteSource(folder + "/none.db", query: "select 1")
    }
    #expect(!FileManager.default.fileExists(atPath: folder + "/none.db"), "and none is made")
    try Data(repeating: 65, count: 4096).write(to: URL(fileURLWithPath: folder + "/text.db"))
    let error = #expect(throws: StoreError.self) {
      let source = try SQLiteSource(folder + "/text.db", query: "select 1 from t")
      try source.forEachChunk { _ in }
    }
    #expect(error?.message == "it is no SQLite database")
  }

  @Test func `another order the second time is noticed`() throws {
    let source = RepeatedSource(try SQLiteSource(path, query: "select random() as r from stays"))
    try source.forEachChunk { _ in }
    let error = #expect(throws: StoreError.self) { try source.forEachChunk { _ in } }
    #expect(error?.message.contains("ORDER BY") == true)
  }

  @Test func `both passes see the same rows, whatever others write`() throws {
    try execute("pragma journal_mode = wal")
    let source = RepeatedSource(try SQLiteSource(path, query: "select id from stays order by id"))
    try source.forEachChunk { _ in }
    try execute("insert into stays (id) values (99)")
    var rows = 0
    try source.forEachChunk { rows += $0.count { $0 == UInt8(ascii: "\n") } }
    #expect(rows == 6)
  }

  @Test func `a large table is read in pieces`() throws {
    try execute(
      """
      create table many (n integer, t text);
      insert into many with recursive c(x) as (select 1 union all select x + 1 from c where x < 200000)
        select x, 'text ' || x from c;
      """)
    var largest = 0
    var pieces = 0
    try SQLiteSource(path, query: "select n, t from many order by n").forEachChunk { chunk in
      largest = max(largest, chunk.count)
      pieces += 1
    }
    #expect(largest < 300_000)
    #expect(pieces > 10)
  }

  // MARK: Sources

  @Test func `sources are written in one line or a file`() throws {
    #expect(try DataSource("ward.csv") == DataSource(.csv(path: "ward.csv")))
    #expect(
      try DataSource("sqlite:a b.db?query=select a from t where x='?query='")
        == DataSource(.sqlite(path: "a b.db", query: "select a from t where x='?query='")))
    #expect(throws: InvalidDataSource.self) { _ = try DataSource("sqlite:a.db") }
    #expect(throws: InvalidDataSource.self) { _ = try DataSource("sqlite:a.db?query= ") }
    try "sqlite: ward.db\nquery: select 1\nmap: {age: years}\n".write(
      toFile: folder + "/ward.yaml", atomically: true, encoding: .utf8)
    #expect(
      try DataSource(typed: folder + "/ward.yaml")
        == DataSource(.sqlite(path: path, query: "select 1"), columns: ["age": "years"]))
    func fault(_ yaml: String) -> String {
      do {
        _ = try DataSource(yaml: Array(yaml.utf8), file: "ward.yaml", folder: "")
        return ""
      } catch { return error.description }
    }
    #expect(fault("sqlite: ward.db").contains("either file, or sqlite or postgresql and query"))
    #expect(fault("sqllite: ward.db\nquery: select 1").contains("did you mean sqlite?"))
    #expect(fault("file: a.csv\nquery: select 1").contains("ward.yaml:1:1"))
  }

  @Test func `a model learnt from databases has the bytes of the one from files`() throws {
    var sources: [ParticipantID: DataSource] = [:]
    for site in BreastTumours.sites() {
      let lines = site.csv.split(separator: "\n")
      let names = lines[0].split(separator: ",")
      let file = "\(folder)/\(site.name).db"
      let columns = names.map { "\"\($0)_\" \($0 == "malignant" ? "integer" : "real")" }.joined(
        separator: ", ")
      let rows = lines.dropFirst().map { "(\($0))" }.joined(separator: ",")
      try execute("create table t (\(columns)); insert into t values \(rows);", on: file)
      sources[ParticipantID(stringLiteral: site.name)] = DataSource(
        .sqlite(path: file, query: "select * from t order by rowid"),
        columns: Dictionary(uniqueKeysWithValues: names.map { (String($0), "\($0)_") }))
    }
    let task = try FederatedTask(
      .classification, label: "malignant", model: .logistic, rounds: 2, baselines: [])
    let fromFiles = try Study(task, participants: Scenario.breastTumours.participants).run().model
    let fromDatabases = try Study(task, participants: Participants(sources: sources)).run().model
    #expect(fromDatabases.parameters == fromFiles.parameters)
    #expect(fromDatabases.preparation == fromFiles.preparation)
  }
}
