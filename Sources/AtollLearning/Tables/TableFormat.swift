/// How a file spells its table: what a person says about their own file.
public struct TableFormat: Hashable, Sendable {
  /// What stands before the fraction of a number.
  public enum DecimalMark: String, Hashable, Sendable, Codable {
    /// `1.5`, or `1,5` with a comma.
    case point, comma

    var byte: UInt8 { self == .point ? UInt8(ascii: ".") : UInt8(ascii: ",") }
  }

  /// What stands for “not known” unless said otherwise, in tasks and on the command line alike: what spreadsheets, R,
  /// pandas, NumPy and SQL write. `inf` is not among them: it may be the trace of a failed computation.
  public static let usualMissingValues = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"]

  /// The columns' names where the file has no header line; nil when its first line holds them.
  public var columns: [String]?
  /// From the file's own names to those wanted; names that are not listed stay.
  public var rename: [String: String]
  /// Whether a file that lacks a name to rename is refused; else it is taken to have the wanted names already.
  public var renamesAlways = true
  /// Fields equal to one of these have no value, quoted or not. Case counts.
  public var missingValues: [String]
  /// What stands before the fraction of a number.
  public var decimal: DecimalMark
  /// The delimiter, an ASCII character; nil to find it among `,` `;` tab and `|`.
  public var delimiter: Character?

  public init(
    columns: [String]? = nil, rename: [String: String] = [:], missingValues: [String] = usualMissingValues,
    decimal: DecimalMark = .point, delimiter: Character? = nil
  ) {
    self.columns = columns
    self.rename = rename
    self.missingValues = missingValues
    self.decimal = decimal
    self.delimiter = delimiter
  }

  /// - Throws: `TableError` for a delimiter that cannot be one.
  func delimiterByte(file: String) throws(TableError) -> UInt8? {
    guard let delimiter else { return nil }
    let forbidden = "\"\n\r +-.0123456789"
    guard let byte = delimiter.asciiValue, byte != 0, byte != 0x0D, !delimiter.isLetter,
      !forbidden.contains(delimiter)
    else {
      throw TableError(
        .invalidSchema, "\(quoted(String(delimiter))) cannot be the delimiter", at: .init(file: file))
    }
    return byte
  }

  /// The names that a file's own names become.
  ///
  /// - Throws: `TableError` when a name to rename is not in the file, or two columns get one name.
  func renamed(_ names: [String], file: String) throws(TableError) -> [String] {
    guard !rename.isEmpty else { return names }
    for name in rename.keys.sorted() where renamesAlways && !names.contains(name) {
      throw .missingColumn(name, among: names, in: file)
    }
    let renamed = names.map { rename[$0] ?? $0 }
    var seen: [String: Int] = [:]
    for (index, name) in renamed.enumerated() {
      if name.isEmpty {
        throw TableError(
          .unnamedColumn, "column \(quoted(names[index])) is renamed to nothing", at: .init(file: file))
      }
      if let other = seen.updateValue(index, forKey: name) {
        throw TableError(
          .duplicateColumn,
          "columns \(quoted(names[other])) and \(quoted(names[index])) are both to be named \(quoted(name))",
          at: .init(file: file))
      }
    }
    return renamed
  }
}

extension TableFormat: Codable {
  private enum CodingKeys: String, CodingKey {
    case columns, rename, decimal, delimiter
    case missingValues = "missing-values"
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let delimiter = try container.decodeIfPresent(String.self, forKey: .delimiter)
    guard delimiter?.count ?? 1 == 1 else {
      throw DecodingError.dataCorruptedError(
        forKey: .delimiter, in: container, debugDescription: "a delimiter is one character")
    }
    self.init(
      columns: try container.decodeIfPresent([String].self, forKey: .columns),
      rename: try container.decodeIfPresent([String: String].self, forKey: .rename) ?? [:],
      missingValues: try container.decode([String].self, forKey: .missingValues),
      decimal: try container.decode(DecimalMark.self, forKey: .decimal), delimiter: delimiter?.first)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(columns, forKey: .columns)
    if !rename.isEmpty { try container.encode(rename, forKey: .rename) }
    try container.encode(missingValues, forKey: .missingValues)
    try container.encode(decimal, forKey: .decimal)
    try container.encodeIfPresent(delimiter.map { String($0) }, forKey: .delimiter)
  }
}

/// Which columns a table shall have, and what they hold.
public struct TableSchema: Hashable, Sendable, Codable {
  /// What a column holds.
  public enum Kind: String, Hashable, Sendable, Codable {
    /// Numbers.
    case number
    /// One of some levels.
    case category
    /// A number: days since 1970-01-01, the time of day as a fraction.
    case date
  }

  /// One column and what it holds.
  public struct Column: Hashable, Sendable, Codable {
    /// The name after renaming.
    public var name: String
    /// What the column holds.
    public var kind: Kind
    /// For a category: the levels, in the order of their codes; any other value is an error. A field that is
    /// no level as it stands may be one by its number: `1.0` is the level `1`. Nil takes what the file has.
    public var levels: [String]?
    /// For a number: a value outside is an error.
    public var bounds: ClosedRange<Double>?

    public init(_ name: String, _ kind: Kind, levels: [String]? = nil, bounds: ClosedRange<Double>? = nil) {
      self.name = name
      self.kind = kind
      self.levels = levels
      self.bounds = bounds
    }
  }

  /// The columns in the order that the table shall have; the file may have more, in any order.
  public var columns: [Column]

  public init(_ columns: [Column]) {
    self.columns = columns
  }

  /// - Throws: `TableError` when columns repeat, or levels or bounds are given to a column that has none.
  func check(file: String) throws(TableError) {
    var seen: Set<String> = []
    for column in columns {
      var fault: String?
      if !seen.insert(column.name).inserted { fault = "is declared twice" }
      if column.kind != .category, column.levels != nil { fault = "is no category but has levels" }
      if column.kind == .category, column.bounds != nil { fault = "is a category but has bounds" }
      if let levels = column.levels, Set(levels).count != levels.count || levels.isEmpty {
        fault = "needs levels, each once"
      }
      if let fault {
        throw TableError(.invalidSchema, "column \(quoted(column.name)) \(fault)", at: .init(file: file))
      }
    }
  }
}
