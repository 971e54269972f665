#if PostgreSQL
  import AtollLearning
  import CPostgreSQL

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #else
    import Darwin
  #endif

  /// The rows of a query as CSV, made while they come: what `SQLiteSource` is for SQLite.
  ///
  /// All passes are asked within one transaction that only reads and sees the database as it was at its beginning; one row is
  /// in memory at a time. Truth values become `true` and `false`, NULL an empty cell, anything else the server's own text.
  final class PostgreSQLSource: ByteSource {
    /// Seconds that a server is waited for, unless the connection says otherwise.
    static let patience = "10"
    /// The most time that a query takes.
    static let longestQuery = "600s"

    let name: String
    private let query: String
    private let connection: OpaquePointer

    /// - Parameters:
    ///   - connection: how libpq reads it: `host=db dbname=ward user=reader`, or a URI. Passwords belong into `~/.pgpass`.
    ///   - query: one SELECT.
    /// - Throws: ``StoreError`` when the server cannot be reached, or does not let one in.
    init(_ connection: String, query: String) throws {
      let keys = CStrings(["connect_timeout", "application_name", "client_encoding", "dbname"])
      let values = CStrings([Self.patience, "atoll", "UTF8", connection])
      // The last one wins, and is taken apart where it is more than a name.
      guard let made = PQconnectdbParams(keys.pointers, values.pointers, 1) else {
        throw StoreError(.cannotRead, path: "postgresql", "there is no memory for a connection")
      }
      self.connection = made
      self.query = query
      // Never the whole connection: it may hold a password.
      name = "postgresql:" + (PQdb(made).map { String(cString: $0) } ?? "")
      guard PQstatus(made) == CONNECTION_OK else { throw failure("the server cannot be reached") }
      for statement in [
        "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", "SET LOCAL datestyle = 'ISO'",
        "SET LOCAL statement_timeout = '\(Self.longestQuery)'",
      ] {
        let result = PQexec(made, statement)
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw failure("the database cannot be read") }
      }
    }

    deinit { PQfinish(connection) }

    func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
      // With parameters, even none, the server takes one statement only.
      guard PQsendQueryParams(connection, query, 0, nil, nil, nil, nil, 0) == 1,
        PQsetSingleRowMode(connection) == 1
      else { throw failure("the query cannot be sent") }
      var writer = CSVWriter()
      var hasHeader = false
      var row = 0
      var fault: (any Error)?
      // To the end, whatever happens: the connection is asked again.
      while let result = PQgetResult(connection) {
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        // A COPY has no end until its data are taken, and nobody wants them: the connection ends with this source.
        if [PGRES_COPY_OUT, PGRES_COPY_IN, PGRES_COPY_BOTH].contains(status) { throw noSelect }
        guard fault == nil else { continue }
        do {
          switch status {
          case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK:
            if !hasHeader { appendHeader(result, to: &writer) }
            hasHeader = true
            for index in 0..<PQntuples(result) {
              row += 1
              try append(result, index, row, to: &writer)
            }
            if writer.bytes.count >= 1 << 18 { try flush(&writer, body) }
          case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: throw noSelect
          default: throw failure("the query fails\(row > 0 ? " after row \(row)" : "")")
          }
        } catch {
          fault = error
        }
      }
      if let fault { throw fault }
      try flush(&writer, body)
    }

    private var noSelect: StoreError {
      StoreError(.corrupt, path: name, "the query gives no columns: it has to be a SELECT")
    }

    private func appendHeader(_ result: OpaquePointer, to writer: inout CSVWriter) {
      for column in 0..<PQnfields(result) { writer.append(text(PQfname(result, column))) }
      writer.endRow()
    }

    /// Types by their numbers in `pg_type`.
    private static let bool: UInt32 = 16
    private static let bytea: UInt32 = 17

    private func append(
      _ result: OpaquePointer, _ index: Int32, _ row: Int, to writer: inout CSVWriter
    ) throws {
      for column in 0..<PQnfields(result) {
        guard PQgetisnull(result, index, column) == 0 else {
          writer.append("")
          continue
        }
        let value = text(PQgetvalue(result, index, column))
        switch PQftype(result, column) {
        case Self.bool: writer.append(value == "t" ? "true" : "false")
        case Self.bytea:
          throw StoreError(
            .corrupt, path: name,
            "row \(row) of what the query gives: column “\(text(PQfname(result, column)))” holds bytes, which are no value of a table"
          )
        default: writer.append(value)
        }
      }
      writer.endRow()
    }

    private func flush(_ writer: inout CSVWriter, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
      guard !writer.bytes.isEmpty else { return }
      try writer.bytes.withUnsafeBytes(body)
      writer.bytes.removeAll(keepingCapacity: true)
    }

    private func failure(_ what: String) -> StoreError {
      let lines = text(PQerrorMessage(connection)).split(whereSeparator: \.isNewline)
      let words = lines.first.map { $0.hasPrefix("ERROR:") ? $0.dropFirst(6).drop { $0 == " " } : $0 }
      return StoreError(.cannotRead, path: name, what + (words.map { ": \(typographic(String($0)))" } ?? ""))
    }

    private func text(_ pointer: UnsafePointer<CChar>?) -> String {
      pointer.map { String(cString: $0) } ?? ""
    }
    private func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
      pointer.map { String(cString: $0) } ?? ""
    }
  }

  /// Texts for C, which end with their value.
  private final class CStrings {
    let pointers: [UnsafePointer<CChar>?]

    init(_ texts: [String]) { pointers = texts.map { UnsafePointer(strdup($0)) } + [nil] }

    deinit { pointers.forEach { free(UnsafeMutablePointer(mutating: $0)) } }
  }
#endif
