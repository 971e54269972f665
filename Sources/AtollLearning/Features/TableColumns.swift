extension Table {
  /// - Parameter role: what the column is wanted for, for the error.
  func values(of name: String, role: String) throws(PreparationError) -> Column {
    guard let column = self[name] else { throw .unknownColumn(name, as: role, among: names) }
    return column
  }
}

extension Table.Column {
  /// Refuses text.
  func requireNumbers(_ name: String) throws(PreparationError) { _ = try numbers(name) }

  /// The numbers, NaN where missing; also of a column of categories whose levels are all numbers.
  func numbers(_ name: String) throws(PreparationError) -> [Double] {
    switch self {
    case .number(let values): return values
    case .category(let codes, let levels):
      let numbers = levels.map(Levels.number)
      if let text = zip(levels, numbers).first(where: { !$1.isFinite })?.0 {
        throw PreparationError(
          .kindMismatch, "column \(quoted(name)) is to hold numbers, but has the value \(quoted(text))",
          column: name)
      }
      return codes.map { $0 < 0 ? .nan : numbers[Int($0)] }
    }
  }

  func isMissing(_ row: Int) -> Bool {
    switch self {
    case .number(let values): values[row].isNaN
    case .category(let codes, _): codes[row] < 0
    }
  }

  /// How many different values occur in these rows, as they are spelt.
  func distinctCount(in rows: [Int]) -> Int {
    switch self {
    case .number(let values): return Set(rows.lazy.map { values[$0] }.filter { !$0.isNaN }).count
    case .category(let codes, let levels):
      var occurs = [Bool](repeating: false, count: levels.count)
      for row in rows where codes[row] >= 0 { occurs[Int(codes[row])] = true }
      return occurs.count(where: \.self)
    }
  }

  /// The levels that occur in these rows, by their canonical names.
  func levels(in rows: [Int]) -> Set<String> {
    switch self {
    case .number(let values):
      return Set(Set(rows.lazy.map { values[$0] }.filter { !$0.isNaN }).map(LevelName.canonical))
    case .category(let codes, let levels):
      var occurs = [Bool](repeating: false, count: levels.count)
      for row in rows where codes[row] >= 0 { occurs[Int(codes[row])] = true }
      return Set(zip(levels, occurs).filter(\.1).map { LevelName.canonical($0.0) })
    }
  }

  /// For each row the place of its level in `levels`; −1 where the value is missing, −2 where it is none of them.
  func codes(in levels: [String], rows: [Int]) -> [Int32] {
    // A level may be spelt in several ways; the first of equal names wins.
    let place = Dictionary(zip(levels, Int32(0)...), uniquingKeysWith: { first, _ in first })
    switch self {
    case .number(let values):
      var known: [Double: Int32] = [:]
      for level in levels {
        let number = Levels.number(level)
        if number.isFinite, known[number] == nil { known[number] = place[level] }
      }
      return rows.map { values[$0].isNaN ? -1 : known[values[$0]] ?? -2 }
    case .category(let codes, let own):
      let map = own.map { place[LevelName.canonical($0)] ?? -2 }
      return rows.map { codes[$0] < 0 ? -1 : map[Int(codes[$0])] }
    }
  }
}

extension FeatureSchema.Label {
  /// Which rows have a label.
  func labelledRows(of table: Table) throws(PreparationError) -> [Int] {
    let column = try table.values(of: column, role: "label")
    return (0..<table.rowCount).filter { !column.isMissing($0) }
  }

  /// What is to be predicted for these rows, all of which have a label.
  func targets(of table: Table, rows: [Int]) throws(PreparationError) -> Targets {
    let column = try table.values(of: column, role: "label")
    switch kind {
    case .number:
      let numbers = try column.numbers(self.column)
      return .values(rows.map { Float(numbers[$0]) })
    case .rule(let rule):
      switch column {
      case .number(let values):
        let isPositive = rule.numberTest
        return .classes(rows.map { isPositive(values[$0]) ? 1 : 0 }, count: 2)
      case .category(let codes, let levels):
        if rule.needsNumbers { try column.requireNumbers(self.column) }
        let arePositive = levels.map(rule.textTest)
        return .classes(rows.map { arePositive[Int(codes[$0])] ? 1 : 0 }, count: 2)
      }
    case .classes(let names):
      let codes = column.codes(in: names, rows: rows)
      if let place = codes.firstIndex(where: { $0 < 0 }) {
        let value = column.levels(in: [rows[place]]).first ?? ""
        throw PreparationError(
          .label,
          "the label \(quoted(self.column)) has the value \(quoted(value)), which is none of the classes "
            + listed(names.map(quoted)), column: self.column)
      }
      return .classes(codes, count: names.count)
    }
  }
}
