import AtollLearning
import AtollNumerics

/// What became of a file's rows on their way into a model.
struct InputAccount {
  var rows = 0
  /// Those that the model saw.
  var examples = 0
  /// Left out because they have no label.
  var unlabelled = 0
  /// Left out because they lack a value that the model needs.
  var incomplete = 0
  /// What a person should know, a sentence each; more follow from the counts.
  var remarks: [String] = []
  private var filled = 0
  private var unknownLevels: [String: Int] = [:]

  mutating func add(_ prepared: PreparedTable, of table: Table, by preprocessing: FittedPreprocessing) {
    rows += table.rowCount
    examples += prepared.rows.count
    unlabelled += prepared.unlabelled
    incomplete += prepared.incomplete
    unknownLevels.merge(prepared.unknownLevels) { $0 + $1 }
    guard preprocessing.plan.missing != .drop else { return }
    filled += table.rowsLackingValues(in: preprocessing.features.map(\.column)) - prepared.incomplete
  }

  /// All that a person should know.
  var warnings: [String] {
    var warnings = remarks
    for (column, count) in unknownLevels.sorted(by: { $0.key < $1.key }) {
      warnings.append(
        "\(column): \(Figure.count(count, "row")) \(count == 1 ? "has a value" : "have values") "
          + "that the model never saw; they count as none of its known ones")
    }
    if filled > 0 {
      warnings.append(
        "\(Figure.count(filled, "row")) \(filled == 1 ? "lacks" : "lack") a value; it is filled in as in training"
      )
    }
    return warnings
  }
}

extension Table {
  /// Rows without a value in one of these columns.
  fileprivate func rowsLackingValues(in names: [String]) -> Int {
    var lacks = [Bool](repeating: false, count: rowCount)
    for case let column? in names.map({ self[$0] }) {
      switch column {
      case .number(let values): for row in lacks.indices where values[row].isNaN { lacks[row] = true }
      case .category(let codes, _): for row in lacks.indices where codes[row] < 0 { lacks[row] = true }
      }
    }
    return lacks.count { $0 }
  }
}
