import AtollFederation
import AtollLearning
import AtollNumerics
import AtollReport

/// What `atoll evaluate` says.
struct EvaluationReport {
  let metrics: [Metric]
  let evaluation: Evaluation
  let confusion: ConfusionMatrix?
  let classNames: [String]
  let account: InputAccount

  /// - Parameter targets: of the rows that the model saw.
  /// - Throws: `EvaluationError` for figures that cannot be.
  init(scores: [Double], targets: Targets, account: InputAccount, of saved: SavedModel) throws {
    self.account = account
    classNames = saved.classNames
    switch targets {
    case .values(let targets):
      metrics = [.rmse, .mae, .r2]
      let labels = targets.map { saved.model.preparation.labelValue(of: Double($0)) }
      evaluation = try ValuePredictions(scores, targets: labels).evaluation(of: metrics)
      confusion = nil
    case .classes(let labels, let count):
      let isMargin = saved.model.architecture.isMargin
      metrics = Metric.classification.filter { $0 != .loss && !(isMargin && $0.needsProbabilities) }
      let predictions = try ClassPredictions(
        scores, scale: isMargin ? .margin : .probability, labels: labels, classes: count)
      evaluation = predictions.evaluation(of: metrics)
      confusion = ConfusionMatrix(of: predictions)
    }
  }

  func print(on console: Console, saved: SavedModel, data: String) {
    console.print([
      ("model", "\(saved.path): \(saved.words)"),
      ("data", "\(data): \(Figure.count(account.examples, "row"))\(leftOut)"),
    ])
    console.print("")
    console.print(
      TextTable(
        [.text("metric"), .number("value")],
        rows: metrics.map { metric in
          ["\(metric.title)", "\(Figure.metric(evaluation[metric]), .federated)"]
        }))
    let undefined = metrics.filter { evaluation[$0] == nil }.map(\.title)
    if !undefined.isEmpty {
      console.print("")
      console.print("Undefined on these rows: \(undefined.joined(separator: ", ")).")
    }
    guard let confusion else { return }
    console.print("")
    console.print(table(of: confusion))
  }

  private var leftOut: String {
    var parts: [String] = []
    if account.unlabelled > 0 { parts.append("\(Figure.grouped(account.unlabelled)) without a label") }
    if account.incomplete > 0 { parts.append("\(Figure.grouped(account.incomplete)) that lack a value") }
    return parts.isEmpty ? "" : ", left out: " + parts.joined(separator: ", ")
  }

  /// The most classes whose matrix is shown as a whole.
  private static let widest = 10

  /// Truth down, prediction across; for many classes the most frequent confusions.
  private func table(of confusion: ConfusionMatrix) -> TextTable {
    let names = classNames.map { $0.count > 20 ? $0.prefix(19) + "…" : $0 }
    let classes = 0..<confusion.classes
    if confusion.classes <= Self.widest {
      return TextTable(
        [.text("truth")] + names.map { .number("taken for \($0)") }.shortened(names),
        rows: classes.map { truth in
          [StyledText(names[truth])] + classes.map { StyledText(Figure.grouped(confusion[truth, $0])) }
        })
    }
    let pairs = classes.flatMap { truth in classes.map { (truth, $0) } }.filter { truth, taken in
      truth != taken && confusion[truth, taken] > 0
    }
    let worst = pairs.sorted { left, right in
      (-confusion[left.0, left.1], left.0, left.1) < (-confusion[right.0, right.1], right.0, right.1)
    }
    return TextTable(
      [.text("truth"), .text("taken for"), .number("rows")],
      rows: worst.prefix(10).map { truth, taken in
        [
          StyledText(names[truth]), StyledText(names[taken]),
          StyledText(Figure.grouped(confusion[truth, taken])),
        ]
      })
  }

  func emit(on console: Console, model: String, data: String) {
    var fields: [String: JSON] = [
      "model": .string(model), "data": .string(data), "rows": .integer(account.examples),
      "unlabelled": .integer(account.unlabelled), "incomplete": .integer(account.incomplete),
      "metrics": .object(
        Dictionary(
          uniqueKeysWithValues: metrics.compactMap { metric in
            evaluation[metric].map { (metric.rawValue, .number($0)) }
          })),
    ]
    if let confusion {
      let classes = 0..<confusion.classes
      fields["classes"] = .array(classNames.map { .string($0) })
      fields["confusion"] = .array(
        classes.map { truth in .array(classes.map { .integer(confusion[truth, $0]) }) })
    }
    console.emit("evaluated", fields)
  }
}

extension [TextTable.Column] {
  /// Only two classes have room for more than their names.
  fileprivate func shortened(_ names: [String]) -> Self {
    count <= 2 ? self : names.map { .number(StyledText($0)) }
  }
}

extension ModelArchitecture {
  /// Whether outputs are scores, not probabilities.
  var isMargin: Bool { prediction == .score || prediction == .scores }
}
