/// Bounds on what a table may hold, so that no file can make the reader allocate without end.
package enum CSVLimits {
  /// Columns of a table.
  package static let columns = 65_536
  /// Bytes of one field.
  package static let fieldBytes = 1 << 20
  /// Different values of a column of categories.
  package static let levels = 1_000_000
  /// Bytes looked at to tell the delimiter.
  static let headBytes = 1 << 16
}

/// Receives the rows that a `CSVParser` finds. A row's fields come from left to right, then `endRow`.
package protocol CSVSink {
  /// The columns are known; called once, before any field.
  mutating func begin(names: [String], delimiter: UInt8) throws(TableError)

  /// A field: unquoted, trimmed, valid UTF-8 without zero bytes. `bytes` is valid during the call only.
  /// `column` counts from 0 and is below the number of names; `line` is where the field begins.
  mutating func field(_ bytes: UnsafeBufferPointer<UInt8>, column: Int, line: Int) throws(TableError)

  /// The same for a field of which also the `lead` bytes before `bytes` can be read; by default ``field(_:column:line:)``.
  mutating func plainField(
    _ bytes: UnsafeBufferPointer<UInt8>, lead: Int, column: Int, line: Int
  ) throws(TableError)

  /// The row that began on `line` is whole: every column had its field.
  mutating func endRow(line: Int) throws(TableError)

  /// The row that began on `line` has the wrong number of fields. Those that fit were delivered; the sink
  /// decides whether to go on, so that one error can name all such lines.
  mutating func endRaggedRow(_ fault: TableError) throws(TableError)
}

extension CSVSink {
  @inline(__always)
  package mutating func plainField(
    _ bytes: UnsafeBufferPointer<UInt8>, lead: Int, column: Int, line: Int
  ) throws(TableError) {
    try field(bytes, column: column, line: line)
  }
}
