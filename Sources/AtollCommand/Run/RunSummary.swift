import AtollFederation
import AtollLearning
import AtollNumerics
import AtollReport
import AtollSimulation
import AtollStore
import FoundationEssentials

/// What came of a run, for a person: the table by participant, a verdict in words, and what to do next.
struct RunSummary {
  private let task: FederatedTask
  private let outcome: TaskRun.Outcome
  private let folder: String
  private let taskPath: String?
  private let report: String?

  /// - Parameters:
  ///   - taskPath: the task file as the person named it.
  ///   - report: the page that was written.
  init(run: TaskRun, outcome: TaskRun.Outcome, taskPath: String?, report: String?) {
    self.report = report
    task = run.task
    folder = run.directory.path
    self.outcome = outcome
    self.taskPath = taskPath
  }

  private var comparison: Comparison { Comparison(outcome.finished, by: metric) }
  /// The metric that the table and the verdict go by.
  private var metric: Metric { task.evaluation.headline }

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
    if let report { lines.append(("report", StyledText(report))) }
    for hint in hints { lines.append(("next", StyledText(hint, .next))) }
    console.print(lines)
  }

  // MARK: By participant

  /// The most participants that are listed one by one.
  private static let mostRows = 24

  private var table: TextTable? {
    let sites = comparison.sites
    guard !sites.isEmpty, sites.count <= Self.mostRows else { return nil }
    let hasAlone = comparison.hasAlone
    var columns: [TextTable.Column] = [.text(StyledText(metric.title), width: 12), .number("rows")]
    if hasAlone { columns.append(.number("alone")) }
    columns.append(.number("federated"))
    if comparison.hasPooled { columns.append(.number("pooled")) }
    if hasAlone { columns += [.number("change"), .text("")] }
    func line(
      _ name: String, style: Style = .plain, rows: Int? = nil,
      _ figures: (alone: Double?, federated: Double?, pooled: Double?), _ difference: Difference?
    ) -> [StyledText] {
      var cells: [StyledText] = [StyledText(name, style), rows.map { StyledText(Figure.grouped($0)) } ?? ""]
      if hasAlone { cells.append(StyledText(Figure.metric(figures.alone), .alone)) }
      cells.append(StyledText(Figure.metric(figures.federated), .federated))
      if comparison.hasPooled { cells.append(StyledText(Figure.metric(figures.pooled))) }
      if hasAlone, let difference {
        cells.append(StyledText(difference.changeText))
        if difference.kind == .unclear { cells.append("unclear") }
      }
      return cells
    }
    let means = (comparison.mean(\.alone), comparison.mean(\.federated), comparison.mean(\.pooled))
    return TextTable(
      columns,
      rows: sites.map { site in
        line(
          site.name, rows: site.rows.heldOut,
          (site.alone?[metric], site.federated?[metric], site.pooled?[metric]), site.difference)
      } + [line("mean", style: .strong, means, comparison.meanDifference)])
  }

  // MARK: In words

  private var verdict: String { Verdict(comparison).text + " " + Self.protection }

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
      }
    guard case .table(let path, _)? = source else { return nil }
    let here = FileManager.default.currentDirectoryPath + "/"
    return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
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
