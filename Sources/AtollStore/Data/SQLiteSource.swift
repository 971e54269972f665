import AtollLearning
import CSQLite

/// The rows of a query as CSV, made while they are read: whatever reads a table from a file reads it from a database.
///
/// The database is opened for reading only and asked within one transaction, so that all passes see the same rows whatever
/// others write meanwhile; one row is in memory at a time. A value becomes what an export would write: NULL an empty cell, a
/// number its shortest digits, a text itself. What a column holds is told by its values, as with a file.
final class SQLiteSource: ByteSource {
  /// The longest row, in bytes.
  static let longestRow: Int32 = 64 << 20
  /// How long a database is waited for that another process is writing, in milliseconds.
  static let patience: Int32 = 5000

  let name: String
  private let path: String
  private let query: String
  private var database: OpaquePointer?

  /// - Throws: ``StoreError`` when the file is no database, or cannot be read.
  init(_ path: String, query: String) throws {
    name = "sqlite:\(path)"
    self.path = path
    self.query = query
    // SQLite would make a new database of a path that is not there, and take a folder for a failing disk.
    guard FileSource(path).byteCountOnDisk != nil else {
      throw StoreError(.notFound, path: path, "there is no such database")
    }
    let status = sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nil)
    guard status == SQLITE_OK else { throw failure("cannot be opened") }
    sqlite3_extended_result_codes(database, 1)
    sqlite3_busy_timeout(database, Self.patience)
    sqlite3_limit(database, SQLITE_LIMIT_LENGTH, Self.longestRow)
    // No other files, whatever the query says.
    sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0)
    guard sqlite3_exec(database, "BEGIN", nil, nil, nil) == SQLITE_OK else { throw failure("cannot be read") }
  }

  deinit { sqlite3_close_v2(database) }

  func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let statement = try prepare()
    defer { sqlite3_finalize(statement) }
    let columns = sqlite3_column_count(statement)
    var writer = CSVWriter()
    for column in 0..<columns { writer.append(text(sqlite3_column_name(statement, column)) ?? "") }
    writer.endRow()
    var row = 0
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW:
        row += 1
        for column in 0..<columns { try append(statement, column, row, to: &writer) }
        writer.endRow()
        if writer.bytes.count >= 1 << 18 { try flush(&writer, body) }
      case SQLITE_DONE: return try flush(&writer, body)
      default: throw failure("the query fails\(row > 0 ? " after row \(row)" : "")")
      }
    }
  }

  private func prepare() throws -> OpaquePointer {
    var statement: OpaquePointer?
    let rest = try query.withCString { text -> String in
      var tail: UnsafePointer<CChar>?
      guard sqlite3_prepare_v2(database, text, -1, &statement, &tail) == SQLITE_OK else {
        throw failure("the query is refused")
      }
      return tail.map { String(cString: $0) } ?? ""
    }
    guard let statement else { throw StoreError(.corrupt, path: name, "the query is empty") }
    var fault: String?
    if sqlite3_column_count(statement) == 0 { fault = "the query gives no columns: it has to be a SELECT" }
    if sqlite3_stmt_readonly(statement) == 0 { fault = "the query would change the database" }
    if rest.contains(where: { !$0.isWhitespace && $0 != ";" }) { fault = "more than one query is given" }
    if let fault {
      sqlite3_finalize(statement)
      throw StoreError(.corrupt, path: name, fault)
    }
    return statement
  }

  private func append(
    _ statement: OpaquePointer, _ column: Int32, _ row: Int, to writer: inout CSVWriter
  ) throws {
    switch sqlite3_column_type(statement, column) {
    case SQLITE_NULL: writer.append("")
    case SQLITE_INTEGER: writer.append(String(sqlite3_column_int64(statement, column)))
    case SQLITE_FLOAT: writer.append(sqlite3_column_double(statement, column))
    case SQLITE_TEXT:
      let count = Int(sqlite3_column_bytes(statement, column))
      let bytes = UnsafeRawBufferPointer(start: sqlite3_column_text(statement, column), count: count)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw fault("is no UTF-8 text", statement, column, row)
      }
      writer.append(text)
    default: throw fault("holds bytes, which are no value of a table", statement, column, row)
    }
  }

  private func flush(_ writer: inout CSVWriter, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard !writer.bytes.isEmpty else { return }
    try writer.bytes.withUnsafeBytes(body)
    writer.bytes.removeAll(keepingCapacity: true)
  }

  private func fault(_ words: String, _ statement: OpaquePointer, _ column: Int32, _ row: Int) -> StoreError {
    let name = text(sqlite3_column_name(statement, column)) ?? "\(column + 1)"
    return StoreError(
      .corrupt, path: self.name, "row \(row) of what the query gives: column “\(name)” \(words)")
  }

  private func failure(_ what: String) -> StoreError {
    let code = sqlite3_errcode(database) & 0xFF
    let words = text(sqlite3_errmsg(database)) ?? "error \(code)"
    return switch code {
    case SQLITE_BUSY, SQLITE_LOCKED:
      StoreError(.busy, path: name, "\(what): another process is writing to it")
    case SQLITE_NOTADB: StoreError(.corrupt, path: name, "it is no SQLite database")
    case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_IOERR, SQLITE_AUTH:
      StoreError(.cannotRead, path: name, "\(what): \(words)")
    default: StoreError(.corrupt, path: name, "\(what): \(typographic(words))")
    }
  }

  private func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }
}
