public import AtollFederation
public import AtollLearning

/// What came of a study.
public struct StudyResult: Sendable {
  /// What was learnt, and how.
  public let task: FederatedTask
  /// The federated model.
  public let model: LearnedModel
  /// Every round.
  public let rounds: [RoundReport]
  /// Each participant alone, and all rows in one place; empty where the task asks for neither.
  public let baselines: Baselines

  /// The federated model's figures over all held-out rows; nil where nothing is held out.
  public var evaluation: Evaluation? { model.evaluation?.pooled }
}

extension StudyResult: CustomStringConvertible {
  /// A table of the task's metrics: the mean of the participants' own models, the federated model, the model of all rows in
  /// one place, all on the same held-out rows.
  public var description: String {
    let rows: [(String, Evaluation?)] = [
      ("each alone", baselines.meanLocal), ("federated", evaluation),
      ("all in one place", baselines.pooled?.pooled),
    ]
    let metrics = task.evaluation.metrics
    var lines = [pad("", 16) + metrics.map { "  " + padLeft($0.rawValue, 10) }.joined()]
    for (name, evaluation) in rows {
      guard let evaluation else { continue }
      let figures = metrics.map { "  " + padLeft(evaluation[$0].map(\.inFigures) ?? "-", 10) }
      lines.append(pad(name, 16) + figures.joined())
    }
    return lines.joined(separator: "\n")
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private func padLeft(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
