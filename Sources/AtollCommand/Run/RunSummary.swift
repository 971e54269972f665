import AtollFederation
import AtollLearning
import AtollNumerics
import AtollSimulation
import AtollStore
import FoundationEssentials

/// What came of a run, for a person: the table by participant, a verdict in words, and what to do next.
struct RunSummary {
  private let task: FederatedTask
  private let outcome: TaskRun.Outcome
  private let folder: String
  private let taskPath: String?

  init(run: TaskRun, outcome: TaskRun.Outcome, taskPath: String?) {
    task = run.task
    folder = run.directory.path
    self.outcome = outcome
    self.taskPath = taskPath
  }

  /// The metric that the table and the verdict go by.
  private var metric: Metric { task.evaluation.metrics.first { $0 != .loss } ?? .loss }

  func print(on console: Console) {
    if let table { console.print(); console.print(table) }
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
    for hint in hints { lines.append(("next", StyledText(hint, .next))) }
    console.print(lines)
  }

  // MARK: By participant

  private struct Row {
    var name: String
    var rows: Int
    var alone: Double?
    var federated: Double?
    var pooled: Double?
  }

  private var rows: [Row] {
    outcome.finished.sites.map { site, figures in
      Row(
        name: site.name, rows: figures["federated"]?.rows ?? figures["alone"]?.rows ?? 0,
        alone: figures["alone"]?[metric], federated: figures["federated"]?[metric],
        pooled: figures["pooled"]?[metric])
    }.sorted { ($0.rows, $0.name) < ($1.rows, $1.name) }
  }

  /// The most participants that are listed one by one.
  private static let mostRows = 24

  private var table: TextTable? {
    let rows = rows
    guard !rows.isEmpty, rows.count <= Self.mostRows else { return nil }
    let hasAlone = rows.contains { $0.alone != nil }
    let hasPooled = rows.contains { $0.pooled != nil }
    var columns: [TextTable.Column] = [.text(StyledText(metric.title), width: 12), .number("rows")]
    if hasAlone { columns.append(.number("alone")) }
    columns.append(.number("federated"))
    if hasPooled { columns.append(.number("pooled")) }
    if hasAlone { columns += [.number("change"), .text("")] }
    func line(_ row: Row, counts: Bool, style: Style = .plain) -> [StyledText] {
      var cells: [StyledText] = [
        StyledText(row.name, style), counts ? StyledText(Figure.grouped(row.rows)) : "",
      ]
      if hasAlone { cells.append(StyledText(Figure.metric(row.alone), .alone)) }
      cells.append(StyledText(Figure.metric(row.federated), .federated))
      if hasPooled { cells.append(StyledText(Figure.metric(row.pooled))) }
      if hasAlone, let alone = row.alone, let federated = row.federated {
        cells.append(StyledText(Figure.change(federated - alone)))
        if counts, isUnclear(alone, federated, rows: row.rows) { cells.append("unclear") }
      }
      return cells
    }
    func mean(_ values: [Double?]) -> Double? {
      let known = values.compactMap { $0 }
      return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }
    let means = Row(
      name: "mean", rows: 0, alone: mean(rows.map(\.alone)), federated: mean(rows.map(\.federated)),
      pooled: mean(rows.map(\.pooled)))
    return TextTable(
      columns, rows: rows.map { line($0, counts: true) } + [line(means, counts: false, style: .strong)])
  }

  /// Whether a difference of two shares of so many rows lies within the chance of 95 %: 1.96 standard errors of two
  /// independent shares, which is on the safe side for two models judged on the same rows.
  private func isUnclear(_ one: Double, _ other: Double, rows: Int) -> Bool {
    guard metric.isShare, rows > 0 else { return false }
    let variance = (one * (1 - one) + other * (1 - other)) / Double(rows)
    return (one - other).magnitude <= 1.96 * variance.squareRoot()
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

  /// What the federation brings a participant on its own rows: the last row of the table in words.
  private var ownGain: String? {
    let gains = rows.compactMap { row in
      row.federated.flatMap { federated in row.alone.map { federated - $0 } }
    }
    guard !gains.isEmpty else { return nil }
    let mean = gains.reduce(0, +) / Double(gains.count)
    let gain = metric.higherIsBetter ? mean : -mean
    let words =
      gain.magnitude < 0.0005
      ? "neither gains nor loses" : "\(gain > 0 ? "gains" : "loses") \(Figure.metric(gain.magnitude))"
    return "On its own rows a participant \(words) on average."
  }

  private func comparison(_ value: Double, with other: Double, _ name: String) -> String {
    let loss = metric.higherIsBetter ? other - value : value - other
    if loss.magnitude < 0.0005 { return "as good as \(name)" }
    return "\(Figure.metric(loss.magnitude)) \(loss > 0 ? "worse" : "better") than \(name)"
  }

  private static let protection =
    "Nothing left this machine: the participants were simulated. This version has no masks and no privacy noise."

  private var hints: [String] {
    var hints: [String] = []
    if let table = sampleTable {
      hints.append("atoll predict \(Shell.quoted(folder + "/model.safetensors")) \(Shell.quoted(table))")
    }
    hints.append("atoll verify \(Shell.quoted(folder)) --replay")
    if let taskPath { hints.append("atoll run \(Shell.quoted(taskPath)) --seeds 5") }
    return hints
  }
}

extension RunSummary {
  /// A table of the task, as it is named from here.
  private var sampleTable: String? {
    let source: DataPlan.Source? =
      switch task.data.origin {
      case .participants(let participants): participants.first?.source
      case .pooled(let source, _): source
      case .own: nil
      }
    guard case .table(let path, _)? = source else { return nil }
    let here = FileManager.default.currentDirectoryPath + "/"
    return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
  }
}

extension Metric {
  /// At the head of a column or in a sentence.
  var title: String {
    switch self {
    case .auc: "AUC"
    case .f1: "F1"
    case .rmse: "RMSE"
    case .mae: "MAE"
    case .r2: "R²"
    default: rawValue.replacing("-", with: " ")
    }
  }

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

  /// Whether it is a share of rows, or of pairs of rows.
  var isShare: Bool {
    switch self {
    case .accuracy, .balancedAccuracy, .auc, .averagePrecision, .f1: true
    default: false
    }
  }
}
