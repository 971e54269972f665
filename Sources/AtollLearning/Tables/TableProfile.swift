/// What is in a file of delimited text, found in one pass in bounded memory: `atoll data check`.
public struct TableProfile: Sendable {
  /// Rows, without the header.
  public let rowCount: Int
  /// Bytes of text, after inflation.
  public let byteCount: Int
  /// The delimiter, given or found.
  public let delimiter: Character
  /// In the file's order, under the names that the format gives them.
  public let columns: [Column]

  /// What one column holds.
  public struct Column: Sendable {
    /// The column's name.
    public let name: String
    /// What it holds.
    public let type: ColumnType
    /// How the column would be read; for an identifier too.
    public let kind: TableSchema.Kind
    /// Rows without a value.
    public let missing: Int
    /// Summaries of a column of numbers, or of dates as days since 1970-01-01; nil for texts.
    public let range: Range?
    /// How many different values there are: exact up to `distinctLimit`.
    public let distinct: Int
    /// There are more different values than were counted.
    public let hasMoreDistinct: Bool
    /// The most frequent values and their rows, at most five, the most frequent first; for texts of which
    /// there are more than were counted, among those counted; for such numbers, none.
    public let frequent: [Frequent]
    /// Why the column is taken for an identifier, in words.
    public let reason: String?
    /// Fields that would be refused when the column is read: text among numbers. The first, and more lines.
    public let fault: TableError?
  }

  /// The spread of a column of numbers.
  public struct Range: Hashable, Sendable {
    /// The smallest number.
    public let minimum: Double
    /// The largest number.
    public let maximum: Double
    /// The sum in the file's order over the count; may be infinite for huge numbers.
    public let mean: Double
    /// Of an even sample of 4,096 to 8,192 of the rows where it is not exact.
    public let median: Double
    /// Whether the column has no more different values than are counted, or no more rows than are sampled.
    public let isMedianExact: Bool
  }

  /// A value, and how often it occurs.
  public struct Frequent: Hashable, Sendable {
    /// The value as the file spells it.
    public let value: String
    /// Rows that have it.
    public let count: Int
  }

  /// Different values counted per column; fewer where a table has over 400 columns.
  public static let distinctLimit = 10_000

  /// Reads the source once.
  ///
  /// - Throws: `TableError` for text that is no table, or what `source` throws. Text in a column of numbers
  ///   is no error here: it is reported as the column's `fault`.
  public init(csv source: some ByteSource, format: TableFormat = TableFormat()) throws {
    var parser = CSVParser(
      TableProfiler(format: format, file: source.name), file: source.name,
      delimiter: try format.delimiterByte(file: source.name), names: format.columns,
      decimalComma: format.decimal == .comma)
    var byteCount = 0
    try source.forEachChunk { chunk in
      byteCount += chunk.count
      try parser.consume(chunk)
    }
    try parser.finish()
    try parser.sink.checkRows()
    self.byteCount = byteCount
    rowCount = parser.sink.rowCount
    delimiter = Character(UnicodeScalar(parser.sink.delimiter))
    columns = parser.sink.columns()
  }

  /// The column of that name, if there is one.
  public subscript(name: String) -> Column? {
    columns.first { $0.name == name }
  }

  /// A schema of the usable columns: without dates and identifiers, unless their names are in `including`.
  ///
  /// Columns that are constant or empty here stay: at another site they may vary.
  public func schema(including: Set<String> = []) -> TableSchema {
    TableSchema(
      columns.filter { column in
        including.contains(column.name) || (column.type != .date && column.type != .identifier)
      }.map { .init($0.name, $0.kind) })
  }
}

/// What a column seems to be.
public enum ColumnType: String, Hashable, Sendable, Codable {
  /// Finite numbers; at least more of them than of other texts (the others are then faults).
  case number
  /// Texts that repeat.
  case category
  /// Two values that mean yes and no: `yes`/`no`, `true`/`false`, `1`/`0` and their like.
  case yesNo = "yes/no"
  /// Dates.
  case date
  /// Names a person or a row: not to be learnt from.
  case identifier
  /// One value in all rows that have one.
  case constant
  /// No row has a value.
  case empty
}
