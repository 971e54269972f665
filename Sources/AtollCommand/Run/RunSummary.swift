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
    let bytes = outcome.manifest.exchanges.compactMap(\.round)
    let up = bytes.reduce(0) { $0 + $1.bytesUp }
    let down = bytes.reduce(0) { $0 + $1.bytesDown }
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
    guard let evaluation = outcome.model.evaluation?.pooled, let value = evaluation[metric] else {
      return "No rows were held out, so nothing is known about the quality of the model. \(Self.protection)"
    }
    var clauses = [
      "\(metric.title) \(Figure.metric(value)) on all \(Figure.count(evaluation.rows, "held-out row"))"
    ]
    if let pooled = outcome.baselines.pooled?.pooled[metric] {
      clauses.append(comparison(value, with: pooled, "pooling all data"))
    }
    if let alone = outcome.baselines.meanLocal?[metric] {
      clauses.append(comparison(value, with: alone, "the participants' own models on average"))
    }
    return ["Federated: \(clauses.joined(separator: ", ")).", ownGain, Self.protection].compactMap(\.self)
      .joined(separator: " ")
  }

  /// What the federation brings a participant on its own rows: the row of means in words.
  private var ownGain: String? {
    let figures = outcome.finished.sites.values.map { ($0["federated"]?[metric], $0["alone"]?[metric]) }
    let gains = figures.compactMap { federated, alone in
      federated.flatMap { federated in alone.map { federated - $0 } }
    }
    let scale = figures.flatMap { [$0, $1] }
    guard !gains.isEmpty else { return nil }
    let mean = gains.reduce(0, +) / Double(gains.count)
    let gain = metric.higherIsBetter ? mean : -mean
    let size = Figure.metric(gain.magnitude, like: scale)
    let words =
      size == Figure.metric(0, like: scale)
      ? "neither gains nor loses" : "\(gain > 0 ? "gains" : "loses") \(size)"
    return "On its own rows a participant \(words) on average."
  }

  private func comparison(_ value: Double, with other: Double, _ name: String) -> String {
    let loss = metric.higherIsBetter ? other - value : value - other
    // With as many decimals as the figures have: a difference that does not show is none.
    let size = Figure.metric(loss.magnitude, like: [value, other])
    if size == Figure.metric(0, like: [value, other]) { return "as good as \(name)" }
    return "\(size) \(loss > 0 ? "worse" : "better") than \(name)"
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
