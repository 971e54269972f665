/// Named columns of equal length: what a CSV file becomes.
///
/// Columns are reached by name or index and are plain arrays; there is no row type. Missing values have one
/// spelling each: NaN in a column of numbers (a file's own NaN and infinities are refused or missing, so NaN
/// means nothing else), and the code −1 in a column of categories.
public struct Table: Sendable {
  /// The values of one column.
  public enum Column: Sendable {
    /// Finite numbers, or NaN where the value is missing. Dates are numbers too: days since 1970-01-01.
    case number([Double])
    /// For each row the index into `levels`, or −1 where the value is missing. A level need not occur.
    case category(codes: [Int32], levels: [String])

    /// A column of categories from its values, nil where one is missing. The levels are the values that occur: numbers
    /// ascending, or texts in the order of their bytes.
    public static func category(_ values: [String?]) -> Column {
      let levels = Levels.ordered(Set(values.compactMap(\.self)))
      let codes = Dictionary(uniqueKeysWithValues: zip(levels, Int32(0)...))
      return .category(codes: values.map { $0.flatMap { codes[$0] } ?? -1 }, levels: levels)
    }

    /// Number of rows.
    public var count: Int {
      switch self {
      case .number(let values): values.count
      case .category(let codes, _): codes.count
      }
    }

    /// Number of rows without a value.
    public var missingCount: Int {
      switch self {
      case .number(let values): values.count(where: \.isNaN)
      case .category(let codes, _): codes.count { $0 < 0 }
      }
    }
  }

  /// The columns' names, all different, none empty.
  public let names: [String]
  /// The columns, in the order of `names`, each of `rowCount` values.
  public let columns: [Column]
  /// Number of rows.
  public let rowCount: Int

  /// Checks what every table promises.
  ///
  /// - Parameters:
  ///   - names: the columns' names.
  ///   - columns: the columns, in the order of the names.
  ///   - name: how errors call the table.
  /// - Throws: `TableError` when names repeat or are empty, lengths differ, a number is infinite, or a code
  ///   has no level.
  public init(names: [String], columns: [Column], name: String = "table") throws(TableError) {
    func wrong(_ code: TableError.Code, _ message: String) -> TableError {
      TableError(code, message, at: .init(file: name))
    }
    guard names.count == columns.count else {
      throw wrong(.unequalColumns, "\(names.count) names for \(columns.count) columns")
    }
    var seen: Set<String> = []
    for (name, column) in zip(names, columns) {
      guard !name.isEmpty else { throw wrong(.unnamedColumn, "a column has no name") }
      guard seen.insert(name).inserted else {
        throw wrong(.duplicateColumn, "two columns are named \(quoted(name))")
      }
      guard column.count == columns[0].count else {
        throw wrong(
          .unequalColumns, "column \(name) has \(column.count) rows, column \(names[0]) \(columns[0].count)")
      }
      switch column {
      case .number(let values) where values.contains(where: \.isInfinite):
        throw wrong(.notFinite, "column \(name) holds an infinite number")
      case .category(let codes, let levels)
      where codes.contains { $0 < -1 || Int($0) >= levels.count }:
        throw wrong(.unknownCategory, "column \(name) holds a code without a level")
      default: break
      }
    }
    self.init(checkedNames: names, columns: columns, rowCount: columns.first?.count ?? 0)
  }

  /// A table from columns by name, in this order.
  ///
  /// ```swift
  /// let ashford = try Table(["age": .number([63, 41, 58]), "ward": .category(["surgery", nil, "surgery"])])
  /// ```
  /// - Throws: `TableError` when names repeat or are empty, lengths differ, or a number is infinite.
  public init(_ columns: KeyValuePairs<String, Column>) throws(TableError) {
    try self.init(names: columns.map(\.key), columns: columns.map(\.value))
  }

  /// For columns that are right by construction.
  init(checkedNames names: [String], columns: [Column], rowCount: Int) {
    self.names = names
    self.columns = columns
    self.rowCount = rowCount
  }

  /// The column of that name, if there is one.
  public subscript(name: String) -> Column? {
    names.firstIndex(of: name).map { columns[$0] }
  }

  /// The numbers of a column, NaN where missing.
  ///
  /// - Throws: `TableError` when there is no such column or it holds categories.
  public func numbers(_ name: String) throws(TableError) -> [Double] {
    switch try column(name) {
    case .number(let values): return values
    case .category:
      throw TableError(
        .unequalColumns, "column \(name) holds categories, not numbers", at: .init(file: "table"))
    }
  }

  /// The codes and levels of a column, −1 where missing.
  ///
  /// - Throws: `TableError` when there is no such column or it holds numbers.
  public func categories(_ name: String) throws(TableError) -> (codes: [Int32], levels: [String]) {
    switch try column(name) {
    case .category(let codes, let levels): return (codes, levels)
    case .number:
      throw TableError(
        .unequalColumns, "column \(name) holds numbers, not categories", at: .init(file: "table"))
    }
  }

  /// - Throws: `TableError` that names the columns there are.
  public func column(_ name: String) throws(TableError) -> Column {
    guard let column = self[name] else { throw .missingColumn(name, among: names, in: "table") }
    return column
  }
}

extension Table.Column: Equatable {
  /// Same kind, same levels in the same order, same values; a missing value equals a missing value.
  public static func == (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.number(let left), .number(let right)):
      left.elementsEqual(right) { $0 == $1 || $0.isNaN && $1.isNaN }
    case (.category(let leftCodes, let leftLevels), .category(let rightCodes, let rightLevels)):
      leftCodes == rightCodes && leftLevels == rightLevels
    default: false
    }
  }
}

extension Table: Equatable {}

extension TableError {
  /// Says which columns there are, and which one was probably meant.
  package static func missingColumn(_ name: String, among names: [String], in file: String) -> TableError {
    TableError(
      .missingColumn, "there is no column \(quoted(name)); the columns are \(listed(names))",
      at: .init(file: file), remedy: nearestName(to: name, among: names).map { .words("did you mean \($0)?") }
    )
  }
}
