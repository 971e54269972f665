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
  private let deployed: DeployedOutcome?

  /// - Parameters:
  ///   - report: the page that was written.
  ///   - deployed: where a federation did the same.
  init(
    run: TaskRun, outcome: TaskRun.Outcome, request: RunRequest, report: String?,
    deployed: DeployedOutcome? = nil
  ) {
    self.report = report
    self.deployed = deployed
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
    var lines: [(label: String, text: StyledText)] = [
      ("moved", StyledText(moved)),
      ("model", StyledText("\(folder)/model.safetensors")),
      ("", StyledText("sha256:\(outcome.finished.hash.hexadecimal)")),
    ]
    if deployed != nil { lines.append(("", "the same bytes from the federation and from a simulation")) }
    if let report { lines.append(("report", StyledText(report))) }
    for hint in hints { lines.append(("next", StyledText(hint, .next))) }
    console.print(lines)
  }

  // MARK: In words

  private var moved: String {
    if let deployed {
      return "\(Figure.bytes(deployed.bytesUp)) up, \(Figure.bytes(deployed.bytesDown)) down"
    }
    return
      "\(Figure.bytes(outcome.bytesUp)) up, \(Figure.bytes(outcome.bytesDown)) down, had it been deployed"
  }

  private var verdict: String {
    let comparison = Comparison(outcome.finished, by: metric)
    let verdict = Verdict(comparison)
    guard let figure = verdict.figure, let rows = comparison.federated?.rows else {
      return "\(Verdict.unknown) \(protection)"
    }
    let clauses =
      ["\(figure) on all \(Figure.count(rows, "held-out row"))"]
      + [verdict.againstPooled, verdict.againstAlone].compactMap { $0.map { "\($0.strong) \($0.rest)" } }
    return [
      "Federated: \(clauses.joined(separator: ", ")).", verdict.participants.map { "\($0)." },
      protection,
    ].compactMap(\.self).joined(separator: " ")
  }

  private var protection: String {
    let privacy =
      task.privacy == nil
      ? "There are no masks in this version and no noise in this task" : "There are no masks in this version"
    return deployed == nil
      ? "Nothing left this machine: the participants were simulated. \(privacy)."
      : "Rows stayed in the participants' own processes. \(privacy): the server saw every update."
  }

  private var hints: [String] {
    var hints: [String] = []
    if let data = sampleData {
      hints.append("atoll predict \(Shell.quoted(folder)) \(Shell.quoted(data))")
    }
    // Noise is drawn anew: such a run cannot be repeated.
    hints.append(task.privacy == nil ? request.verifying(folder) : "atoll verify \(Shell.quoted(folder))")
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
