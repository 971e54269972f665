#if PostgreSQL
  import AtollFederation
  import AtollLearning
  import Foundation
  import Testing

  @testable import AtollStore

  private let server = ProcessInfo.processInfo.environment["ATOLL_POSTGRESQL"]

  /// Queries to a real server: runs where ATOLL_POSTGRESQL is a connection string of one.
  @Suite(.enabled(if: server != nil, "ATOLL_POSTGRESQL names no server to try"))
  struct PostgreSQLTests {
    static let rows = """
      (values (1, 61::int, 1.5::float8, 'A', true, null::bytea), (2, null, 1e-7, 'B, "left"', false, '\\x00ff'),
        (3, 70, null, null, null, null)) as stays (id, age, lactate, ward, died, scan)
      """

    func text(_ query: String) throws -> String {
      var bytes: [UInt8] = []
      try PostgreSQLSource(server ?? "", query: query).forEachChunk { bytes += $0 }
      return String(decoding: bytes, as: UTF8.self)
    }

    func error(_ query: String) -> String? {
      do {
        _ = try text(query)
        return nil
      } catch { return (error as? StoreError)?.message }
    }

    @Test func `values become what an export would write`() throws {
      let expected = #"""
        id,age,lactate,w,died
        1,61,1.5,A,true
        2,,1e-07,"B, ""left""",false
        3,70,,,

        """#
      #expect(try text("select id, age, lactate, ward as w, died from \(Self.rows) order by id") == expected)
      #expect(try text("select 1 as a, 2 as b where false") == "a,b\n")
      #expect(try text("select date '2026-05-17' as d, 0.1::numeric as n") == "d,n\n2026-05-17,0.1\n")
    }

    @Test func `a database is only read`() {
      #expect(error("create table x (a int)")?.contains("read-only transaction") == true)
      #expect(error("select 1; select 2")?.contains("multiple commands") == true)
      #expect(error("copy (select 1) to stdout") == "the query gives no columns: it has to be a SELECT")
    }

    @Test func `faults are told in one sentence, and no password is`() {
      #expect(
        error("select agee from \(Self.rows)") == "the query fails: column “agee” does not exist"
          || error("select agee from \(Self.rows)")?.contains("agee") == true)
      #expect(
        error("select id, scan from \(Self.rows) order by id")
          == "row 2 of what the query gives: column “scan” holds bytes, which are no value of a table")
      let error = #expect(throws: StoreError.self) {
        _ = try PostgreSQLSource(
          "host=127.0.0.1 port=1 user=x password=geheim dbname=ward", query: "select 1")
      }
      #expect(error?.description.contains("geheim") == false)
      #expect(error?.description.hasPrefix("postgresql:ward: the server cannot be reached: ") == true)
    }

    @Test func `both passes see the same rows, and memory is that of a row`() throws {
      let source = RepeatedSource(
        try PostgreSQLSource(
          server ?? "", query: "select n, 'text ' || n as t from generate_series(1, 300000) n"))
      var largest = 0
      for _ in 0..<2 { try source.forEachChunk { largest = max(largest, $0.count) } }
      #expect(largest < 300_000)
      let random = RepeatedSource(try PostgreSQLSource(server ?? "", query: "select random() as r"))
      try random.forEachChunk { _ in }
      #expect(throws: StoreError.self) { try random.forEachChunk { _ in } }
    }

    @Test func `a table of a query is that of its export`() throws {
      let source = DataSource(
        .postgreSQL(
          connection: server ?? "", query: "select age, lactate, died from \(Self.rows) order by id"),
        columns: ["years": "age"])
      let profile = try TableProfile(of: source)
      #expect(profile.columns.map(\.name) == ["years", "lactate", "died"])
      #expect(profile.rowCount == 3)
    }
  }
#endif
