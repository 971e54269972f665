extension Table {
  /// The rows of those indices, in that order; an index may occur more than once. Levels stay as they are.
  ///
  /// - Precondition: every index is in `0..<rowCount`.
  public func rows(at indices: [Int]) -> Table {
    let columns = columns.map { column -> Column in
      switch column {
      case .number(let values): .number(indices.map { values[$0] })
      case .category(let codes, let levels): .category(codes: indices.map { codes[$0] }, levels: levels)
      }
    }
    return Table(checkedNames: names, columns: columns, rowCount: indices.count)
  }

  /// Whether both are one table in memory, so that rows of both can be named together.
  package func sharesStorage(with other: Table) -> Bool {
    guard names == other.names, rowCount == other.rowCount else { return false }
    return zip(columns, other.columns).allSatisfy { left, right in
      switch (left, right) {
      case (.number(let left), .number(let right)):
        left.withUnsafeBufferPointer { left in
          right.withUnsafeBufferPointer { left.baseAddress == $0.baseAddress }
        }
      case (.category(let left, _), .category(let right, _)):
        left.withUnsafeBufferPointer { left in
          right.withUnsafeBufferPointer { left.baseAddress == $0.baseAddress }
        }
      default: false
      }
    }
  }

  /// The columns of those names, in that order.
  ///
  /// - Throws: `TableError` for a name that is not there or occurs twice.
  public func columns(_ wanted: [String]) throws(TableError) -> Table {
    var chosen: [Column] = []
    for name in wanted { chosen.append(try column(name)) }
    let table = try Table(names: wanted, columns: chosen)
    return Table(checkedNames: wanted, columns: table.columns, rowCount: rowCount)
  }

  /// All rows of the tables, one table after the other.
  ///
  /// The tables must have the same names with the same kinds; the columns may stand in another order, and
  /// those of the first table decide. Equal lists of levels are kept as they are; unequal ones become their
  /// union, ordered as when one file had held all rows.
  ///
  /// - Throws: `TableError` when there is no table, or a column is missing, is one too many or of another kind.
  public static func concatenating(_ tables: [Table]) throws(TableError) -> Table {
    guard let first = tables.first else {
      throw TableError(.noRows, "there are no tables to put together", at: .init(file: "table"))
    }
    for table in tables where table.names.count != first.names.count {
      let other = Set(table.names).symmetricDifference(first.names).sorted().first ?? ""
      throw TableError(
        .unequalColumns, "column \(quoted(other)) is in some tables only", at: .init(file: "table"))
    }
    var columns: [Column] = []
    for name in first.names {
      var parts: [Column] = []
      for table in tables { parts.append(try table.column(name)) }
      columns.append(try joined(parts, name: name))
    }
    let rowCount = tables.reduce(0) { $0 + $1.rowCount }
    return Table(checkedNames: first.names, columns: columns, rowCount: rowCount)
  }

  private static func joined(_ parts: [Column], name: String) throws(TableError) -> Column {
    var numbers: [Double] = []
    var categories: [(codes: [Int32], levels: [String])] = []
    for part in parts {
      switch part {
      case .number(let values): numbers += values
      case .category(let codes, let levels): categories.append((codes, levels))
      }
    }
    if categories.isEmpty { return .number(numbers) }
    guard categories.count == parts.count else {
      throw TableError(
        .unequalColumns, "column \(name) holds numbers in one table and categories in another",
        at: .init(file: "table"))
    }
    let levels =
      categories.dropFirst().allSatisfy { $0.levels == categories[0].levels }
      ? categories[0].levels : Levels.ordered(Set(categories.flatMap(\.levels)))
    let codeOfLevel = Dictionary(uniqueKeysWithValues: zip(levels, Int32(0)...))
    var codes: [Int32] = []
    for part in categories {
      let renumbered = part.levels.map { codeOfLevel[$0] ?? -1 }
      codes += part.codes.map { $0 < 0 ? -1 : renumbered[Int($0)] }
    }
    return .category(codes: codes, levels: levels)
  }
}

/// The order of a column's levels, which does not depend on the order of the rows.
enum Levels {
  /// By value where all are numbers, else by their UTF-8 bytes.
  static func ordered(_ texts: some Sequence<String>) -> [String] {
    let numbered = texts.map { text -> (text: String, number: Double) in (text, number(text)) }
    if numbered.allSatisfy({ !$0.number.isNaN }) {
      return numbered.sorted { ($0.number, $0.text) < ($1.number, $1.text) }.map(\.text)
    }
    return numbered.map(\.text).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  static func number(_ text: String) -> Double {
    var text = text
    return text.withUTF8 { DecimalNumber.parse($0, decimal: UInt8(ascii: ".")) }
  }
}
