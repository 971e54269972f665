import AtollFederation
import AtollLearning
import AtollNumerics
import AtollReport
import AtollSimulation
import AtollStore

/// What came of a run, for a person: the table by participant, a verdict in words, and what to do next.
struct RunSummary {
  private let task: FederatedTask
  private let outcome: TaskRun.Outcome
  private let folder: String
  private let request: RunRequest
  private let report: String?

  /// - Parameter report: the page that was written.
  init(run: TaskRun, outcome: TaskRun.Outcome, request: RunRequest, report: String?) {
    self.report = report
    task = run.task
    folder = run.directory.path
    self.outcome = outcome
    self.request = request
  }

  /// The metric that the table and the verdict go by.
  private var metric: Metric { task.evaluation.headline }

  func print(on console: Console) {
    let results = ResultTable(metric: metric, metrics: task.evaluation.metrics, outcome: outcome)
    if let table = results.table(isWide: console.terminal.isWide) {
      console.print()
      console.print(table)
    }
    console.print()
    console.print(StyledText(verdict))
    console.print()
    let (up, down) = (outcome.bytesUp, outcome.bytesDown)
    var lines: [(label: String, text: StyledText)] = [
      ("moved", StyledText("\(Figure.bytes(up)) up, \(Figure.bytes(down)) down, had it been deployed")),
      ("model", StyledText("\(folder)/model.safetensors")),
      ("", StyledText("sha256:\(outcome.finished.hash.hexadecimal)")),
    ]
    if let report { lines.append(("report", StyledText(report))) }
    for hint in hints { lines.append(("next", StyledText(hint, .next))) }
    console.print(lines)
  }

  // MARK: In words

  private var verdict: String {
    let comparison = Comparison(outcome.finished, by: metric)
    let verdict = Verdict(comparison)
    guard let figure = verdict.figure, let rows = comparison.federated?.rows else {
      return "\(Verdict.unknown) \(Self.protection)"
    }
    let clauses =
      ["\(figure) on all \(Figure.count(rows, "held-out row"))"]
      + [verdict.againstPooled, verdict.againstAlone].compactMap { $0.map { "\($0.strong) \($0.rest)" } }
    return [
      "Federated: \(clauses.joined(separator: ", ")).", verdict.participants.map { "\($0)." },
      Self.protection,
    ].compactMap(\.self).joined(separator: " ")
  }

  private static let protection =
    "Nothing left this machine: the participants were simulated. This version has no masks and no privacy noise."

  private var hints: [String] {
    var hints: [String] = []
    if let data = sampleData {
      hints.append("atoll predict \(Shell.quoted(folder)) \(Shell.quoted(data))")
    }
    hints.append(request.verifying(folder))
    if let repeating = request.repeating { hints.append(repeating) }
    return hints
  }

  /// A file of the task that the model reads as it is.
  private var sampleData: String? {
    guard task.data.isImages else { return task.typicalTable }
    let source: DataPlan.Source? =
      switch task.data.origin {
      case .participants(let participants): participants.first?.source
      case .pooled(let source, _): source
      case .own: nil
      }
    guard case .images(let path, _)? = source else { return nil }
    return path
  }
}

extension Metric {
  /// In the table of rounds, where room is short.
  var shortTitle: String {
    switch self {
    case .balancedAccuracy: "bal acc"
    case .averagePrecision: "avg prec"
    case .calibrationError: "calibr"
    case .logLoss: "log loss"
    default: rawValue
    }
  }
}
