import AtollFederation
import AtollLearning
import AtollNumerics
import FoundationEssentials
import Synchronization

/// The events of a run at a server, as lines for people or for programs.
final class WatchTable: Sendable {
  private let console: Console
  private let tellsEnding: Bool
  private let state = Mutex(State())

  private struct State {
    var hasHeader = false
    /// Whether rounds tell what they gave away: the first does where any does.
    var hasEpsilon = false
    var moved = (up: 0, down: 0)
    var ending: RunEvent?
    /// Whom was waited for when that was last said, and when that was.
    var waiting = ""
    var said = ContinuousClock.now
  }

  private struct Waiting: Decodable {
    var event: String
    var text: String
    var names: [String]

    private enum CodingKeys: String, CodingKey {
      case event, text
      case names = "for"
    }
  }

  /// - Parameter tellsEnding: false where the event that ends the run is not the last that programs are told of.
  init(_ console: Console, tellsEnding: Bool = true) {
    self.console = console
    self.tellsEnding = tellsEnding
  }

  /// The bytes of all rounds.
  var moved: (up: Int, down: Int) { state.withLock { $0.moved } }

  /// The run's last event; nil while it goes on.
  var ending: RunEvent? { state.withLock { $0.ending } }

  func hear(_ json: Data) {
    let event = try? CanonicalJSON.decode(RunEvent.self, from: json)
    if console.isJSON, tellsEnding || event?.isEnding != true {
      console.output.write([StyledText(String(decoding: json, as: UTF8.self))])
    }
    if let waiting = try? CanonicalJSON.decode(Waiting.self, from: json), waiting.event == "waiting" {
      return show(waiting)
    }
    guard let event else { return }
    console.show(live: nil)
    switch event {
    case .note(let text): console.note("  \(text)", indent: 2)
    case .round(let report, let seconds): add(report, seconds)
    case .finished, .failed: state.withLock { $0.ending = event }
    }
  }

  /// On a terminal the line is rewritten; elsewhere it is said again when it changes, or after a while.
  private func show(_ waiting: Waiting) {
    guard !console.progress.terminal.isInteractive else {
      return console.show(live: StyledText(waiting.text, .dim))
    }
    let isNews = state.withLock { state in
      let names = waiting.names.joined(separator: ",")
      guard names != state.waiting || .now - state.said > .seconds(10) else { return false }
      state.waiting = names
      state.said = .now
      return true
    }
    if isNews { console.note("  \(waiting.text)", indent: 2) }
  }

  private func add(_ report: RoundReport, _ seconds: Double) {
    let (isFirst, hasEpsilon) = state.withLock { state in
      if report.epsilon != nil { state.hasEpsilon = true }
      defer {
        state.hasHeader = true
        state.said = .now
      }
      state.moved.up += report.bytesUp
      state.moved.down += report.bytesDown
      return (!state.hasHeader, state.hasEpsilon)
    }
    let table = TextTable(
      [.number("round", width: 5, gap: 0), .number("loss", width: 6)]
        + (hasEpsilon ? [.number("ε", width: 6)] : [])
        + [
          .number("in", width: 5), .number("up", width: 8), .number("down", width: 8),
          .number("seconds", width: 7),
        ])
    let terminal = console.progress.terminal
    var cells: [StyledText] = [
      StyledText("\(report.round)"), StyledText(Figure.metric(report.evaluation?.pooled[.loss])),
    ]
    if hasEpsilon { cells.append(StyledText(report.epsilon.map { Figure.fixed($0, 3) } ?? "")) }
    cells += [
      StyledText("\(report.participants)/\(report.cohort)"), StyledText(Figure.bytes(report.bytesUp)),
      StyledText(Figure.bytes(report.bytesDown)), StyledText(Figure.fixed(seconds, 2)),
    ]
    if isFirst { console.note(lines: ["", table.header(for: terminal)]) }
    console.note(lines: [table.row(cells, for: terminal)])
  }
}

extension RunEvent {
  fileprivate var isEnding: Bool {
    switch self {
    case .finished, .failed: true
    case .round, .note: false
    }
  }
}
