/// A table as a model sees it.
public struct PreparedTable: Hashable, Sendable {
  /// Outputs row after row, ``FittedPreprocessing/outputCount`` numbers each.
  public let features: [Float]
  /// What is to be predicted, in the model's unit (``FittedTarget``); nil where no label was asked for.
  public let targets: Targets?
  /// Which rows of the table these are, in order.
  public let rows: [Int]
  /// Rows left out because they have no label.
  public let unlabelled: Int
  /// Rows left out because a feature has no value.
  public let incomplete: Int
  /// For each category column, how many values are none of the levels known from training (they give zeros).
  public let unknownLevels: [String: Int]
}

extension FittedPreprocessing {
  /// Makes the examples of a table that has the label.
  ///
  /// Rows without a label are left out, as are, where the plan says so, those that lack a value.
  ///
  /// - Parameters:
  ///   - table: a table with the columns that the preprocessing was fitted to.
  ///   - rows: the rows to take, in this order; nil for all.
  /// - Throws: ``PreparationError`` when the table does not fit the model.
  public func apply(to table: Table, rows: [Int]? = nil) throws(PreparationError) -> Dataset {
    let prepared = try prepare(table, rows: rows)
    guard let targets = prepared.targets else { preconditionFailure("asked for with the label") }
    return Dataset(inputShape: [outputCount], features: prepared.features, targets: targets)
  }

  /// The same with an account of what was left out; without the label, as for a prediction, where it is not wanted.
  ///
  /// - Throws: ``PreparationError`` when the table does not fit the model.
  public func prepare(
    _ table: Table, rows: [Int]? = nil, withLabel: Bool = true
  ) throws(PreparationError) -> PreparedTable {
    let wanted = rows ?? Array(0..<table.rowCount)
    var kept = wanted
    if withLabel {
      let column = try table.values(of: label.column, role: "label")
      kept.removeAll(where: column.isMissing)
    }
    let labelled = kept.count
    if plan.missing == .drop {
      for feature in features {
        kept.removeAll(where: try table.values(of: feature.column, role: "feature").isMissing)
      }
    }
    let width = outputCount
    var outputs = [Float](repeating: 0, count: kept.count * width)
    var unknown: [String: Int] = [:]
    var place = 0
    for feature in features {
      let column = try table.values(of: feature.column, role: "feature")
      switch feature.transform {
      case .siteNumber: throw .notLocalized
      case .number(let number):
        let values = try column.numbers(feature.column)
        for (index, row) in kept.enumerated() {
          let output = number(values[row])
          guard output.isFinite else { throw .tooLarge(feature.column, values[row]) }
          outputs[index * width + place] = output
        }
      case .category(let category):
        let fill = category.fill.flatMap(category.levels.firstIndex) ?? -1
        let first = category.dropsFirst ? 1 : 0
        for (index, code) in column.codes(in: category.levels, rows: kept).enumerated() {
          if code == -2 { unknown[feature.column, default: 0] += 1 }
          let level = code == -1 ? fill : Int(code)
          if level >= first { outputs[index * width + place + level - first] = 1 }
        }
      }
      place += feature.transform.outputCount
    }
    return PreparedTable(
      features: outputs, targets: withLabel ? try targets(of: table, rows: kept) : nil, rows: kept,
      unlabelled: wanted.count - labelled, incomplete: labelled - kept.count, unknownLevels: unknown)
  }

  private func targets(of table: Table, rows: [Int]) throws(PreparationError) -> Targets {
    guard let target else { return try label.targets(of: table, rows: rows) }
    let numbers = try table.values(of: label.column, role: "label").numbers(label.column)
    return .values(rows.map { target.output(for: numbers[$0]) })
  }
}

extension PreparationError {
  fileprivate static func tooLarge(_ column: String, _ value: Double) -> PreparationError {
    PreparationError(
      .scale,
      "column \(quoted(column)) holds \(value), which is too large for a model; scale the columns, or declare a maximum",
      column: column)
  }

  static var notLocalized: PreparationError {
    PreparationError(
      .notLocalized,
      "this model's preprocessing is fitted by each site on its own rows: fit it to this table first")
  }
}
