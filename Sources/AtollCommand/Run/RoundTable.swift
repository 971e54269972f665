import AtollFederation
import AtollLearning
import AtollNumerics
import AtollSimulation
import Synchronization

/// The rounds as they finish, and what is being waited for.
final class RoundTable: Sendable {
  private let task: FederatedTask
  private let console: Console
  private let state = Mutex(State())

  private struct State {
    var hasHeader = false
    var round = 0
    var query = ""
    /// Answers of the exchange under way that were told of: threads report in any order.
    var answered = 0
    var seconds: [Double] = []
  }

  init(task: FederatedTask, console: Console) {
    self.task = task
    self.console = console
  }

  /// What is shown beside the loss.
  private var metric: Metric? { task.evaluation.metrics.first { $0 != .loss } }

  private var isWide: Bool { console.progress.terminal.isWide }

  /// The baselines are no columns here: they are trained when the federated model is done and safe, for each may take as
  /// long as the run, and stand beside it in the table of results. Nor is who is absent: nobody is in a simulation.
  private var columns: [TextTable.Column] {
    var columns: [TextTable.Column] = [.number("round", width: 5, gap: 0), .number("loss", width: 6)]
    if let metric { columns.append(.number(StyledText(metric.shortTitle), width: 6)) }
    if task.privacy != nil { columns.append(.number("ε", width: 6)) }
    columns += [.number("in", width: 5), .number("up", width: 8), .number("down", width: 8)]
    if isWide { columns.append(.number("seconds", width: 7)) }
    columns.append(.number("left", width: 6))
    return columns
  }

  func hear(_ event: TaskRun.Event) {
    switch event {
    case .opened(_, let query, let cohort):
      state.withLock { state in
        state.query = query
        state.answered = 0
        show(state, of: cohort)
      }
    case .answered(let count, let total):
      // Under the lock, so that an older count is never shown after a newer one.
      state.withLock { state in
        guard count > state.answered else { return }
        state.answered = count
        show(state, of: total)
      }
    case .baseline(let done, let total):
      console.show(
        live: StyledText("comparing: \(done) of \(total) trainings without the federation done", .dim))
    case .warned(let warning):
      console.show(live: nil)
      console.warn(warning)
    case .told(let event):
      // What was waited for is over; it must not stand below the round once more.
      console.show(live: nil)
      if let json = try? JSON.encoding(event), console.isJSON {
        console.output.write([StyledText(json.text)])
      }
      switch event {
      case .round(let report, let seconds): add(report, seconds: seconds)
      case .note(let text): note(text)
      case .failed, .finished: break
      }
    }
  }

  func end() { console.show(live: nil) }

  private func show(_ state: State, of total: Int) {
    let what =
      state.query.hasPrefix("train")
      ? "training" : state.query == EvaluateQuery.kind ? "evaluating" : "preparing"
    let round = StyledText("\(state.round + 1)").padded(to: 5, .trailing).plain
    console.show(
      live: StyledText(
        "\(round)   \(what): \(Figure.grouped(state.answered)) of \(Figure.grouped(total)) in", .dim))
  }

  /// `fitted: 30 inputs from 341 rows` stands below the other words about the run's beginning.
  private func note(_ text: String) {
    guard let colon = text.firstIndex(of: ":"), text[..<colon].allSatisfy(\.isLetter) else {
      return console.note("  \(text)", indent: 2)
    }
    let rest = text[text.index(after: colon)...].drop { $0 == " " }
    console.note(StyledText("  \(text[..<colon])").padded(to: 11) + StyledText(String(rest)), indent: 11)
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
    if task.privacy != nil { cells.append(StyledText(report.epsilon.map { Figure.fixed($0, 3) } ?? "")) }
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
