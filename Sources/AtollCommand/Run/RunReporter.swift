import AtollFederation
import AtollLearning
import AtollNumerics
import AtollReport
import AtollSimulation
import AtollStore
import Synchronization

/// Carries a run to its end and tells a person, or a program, what happens.
struct RunReporter {
  private let run: TaskRun
  private let console: Console
  private let taskPath: String?

  /// - Parameter hints: the task file as the person named it, for what to type next.
  init(_ run: TaskRun, console: Console, hints taskPath: String?) {
    self.run = run
    self.console = console
    self.taskPath = taskPath
  }

  private var task: FederatedTask { run.task }

  func complete(continued: Bool = false, introduces: Bool = true) throws -> TaskRun.Outcome {
    if introduces { introduce(continued: continued) }
    for warning in run.data.warnings { console.warn(warning) }
    let rounds = RoundTable(task: task, console: console)
    let outcome: TaskRun.Outcome
    do {
      outcome = try run.complete { event in rounds.hear(event) }
    } catch let failure as RunFailure where failure.code == .cancelled {
      throw interruption()
    } catch let failure as RunFailure {
      rounds.end()
      // Where nothing was kept, there is nothing to report.
      guard let page = try? ReportFile.write(of: run.directory.path) else { throw failure }
      throw Failure(failure).adding(undone: "What happened until then is in \(page).")
    }
    rounds.end()
    let report = writeReport()
    console.note("")
    console.note(
      "Finished: \(Figure.count(outcome.model.rounds, "round")) in \(Figure.duration(seconds: outcome.finished.seconds))."
    )
    RunSummary(run: run, outcome: outcome, taskPath: taskPath, report: report).print(on: console)
    return outcome
  }

  /// - Returns: the page's path; nil where it could not be written, which takes nothing from the run.
  private func writeReport() -> String? {
    do {
      return try ReportFile.write(of: run.directory.path)
    } catch {
      console.warn("\(error); the run is finished, and has no report")
      return nil
    }
  }

  private func introduce(continued: Bool) {
    let rows = run.data.participants.values.reduce(0) { $0 + $1.rowCount }
    let participants = Figure.count(run.data.participants.count, "participant")
    let title = StyledText("\(task.name):", .strong)
    console.note(
      title
        + " \(task.federation.strategy.name), \(task.model.name), \(participants), \(Figure.count(rows, "row"))",
      indent: 2)
    console.note("  checked  task and data; no overflow possible", indent: 11)
    if continued {
      let done = run.directory.records().compactMap(\.round).last?.round ?? 0
      console.note("  resumed  after round \(done) of \(task.federation.rounds)", indent: 11)
    }
  }

  private func interruption() -> Failure {
    let done = run.directory.records().compactMap(\.round).last?.round ?? 0
    return Failure(
      .interrupted, "stopped after round \(done) of \(task.federation.rounds)",
      undone: "What is done is saved in \(run.directory.path).",
      try: ["atoll run --resume \(Shell.quoted(run.directory.path))"])
  }
}

/// The rounds as they finish, and what is being waited for.
final class RoundTable: Sendable {
  private let task: FederatedTask
  private let console: Console
  private let state = Mutex(State())

  private struct State {
    var hasHeader = false
    var round = 0
    var query = ""
    var seconds: [Double] = []
  }

  init(task: FederatedTask, console: Console) {
    self.task = task
    self.console = console
  }

  /// What is shown beside the loss.
  private var metric: Metric? { task.evaluation.metrics.first { $0 != .loss } }

  private var isWide: Bool { console.progress.terminal.textWidth >= 100 }

  private var columns: [TextTable.Column] {
    var columns: [TextTable.Column] = [.number("round", width: 5, gap: 0), .number("loss", width: 6)]
    if let metric { columns.append(.number(StyledText(metric.shortTitle), width: 6)) }
    columns += [.number("in", width: 5), .number("up", width: 8), .number("down", width: 8)]
    if isWide { columns.append(.number("seconds", width: 7)) }
    columns.append(.number("left", width: 6))
    return columns
  }

  func hear(_ event: TaskRun.Event) {
    switch event {
    case .opened(_, let query, let cohort):
      state.withLock { $0.query = query }
      show(0, of: cohort)
    case .answered(let count, let total): show(count, of: total)
    case .baseline(let done, let total):
      console.show(
        live: StyledText("comparing: \(done) of \(total) trainings without the federation done", .dim))
    case .told(let event):
      if let json = try? JSON.encoding(event), console.isJSON {
        console.output.write([StyledText(json.text)])
      }
      switch event {
      case .round(let report, let seconds): add(report, seconds: seconds)
      case .note(let text): console.note("  \(text)", indent: 2)
      case .failed, .finished: break
      }
    }
  }

  func end() { console.show(live: nil) }

  private func show(_ count: Int, of total: Int) {
    guard console.showsProgress, console.progress.terminal.isInteractive else { return }
    let (round, query) = state.withLock { ($0.round + 1, $0.query) }
    let what =
      query.hasPrefix("train") ? "training" : query == EvaluateQuery.kind ? "evaluating" : "preparing"
    console.show(
      live: StyledText(
        "\(StyledText("\(round)").padded(to: 5).plain)   \(what): \(count) of \(total) in", .dim))
  }

  private func add(_ report: RoundReport, seconds: Double) {
    let (isFirst, left) = state.withLock { state in
      defer {
        state.hasHeader = true
        state.round = report.round
      }
      state.seconds.append(seconds)
      let mean = state.seconds.suffix(10).reduce(0, +) / Double(state.seconds.suffix(10).count)
      return (!state.hasHeader, mean * Double(task.federation.rounds - report.round))
    }
    let table = TextTable(columns)
    let terminal = console.progress.terminal
    var cells: [StyledText] = [
      StyledText("\(report.round)"), StyledText(Figure.metric(report.evaluation?.pooled[.loss])),
    ]
    if let metric { cells.append(StyledText(Figure.metric(report.evaluation?.pooled[metric]))) }
    cells += [
      StyledText("\(report.participants)/\(report.cohort)"), StyledText(Figure.bytes(report.bytesUp)),
      StyledText(Figure.bytes(report.bytesDown)),
    ]
    if isWide { cells.append(StyledText(Figure.fixed(seconds, 2))) }
    cells.append(StyledText(Figure.wait(seconds: Int(left.rounded())), .dim))
    if isFirst { console.note(lines: ["", table.header(for: terminal)]) }
    console.note(lines: [table.row(cells, for: terminal)])
  }
}

extension LocalData {
  /// All rows, to train on and held out.
  var rowCount: Int {
    switch contents {
    case .table(let local): local.training.count + local.heldOut.count
    case .examples(let training, let heldOut): training.count + heldOut.count
    }
  }
}
