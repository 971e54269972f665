import AtollFederation
import AtollLearning
import AtollNumerics
import AtollReport
import AtollServer
import AtollWire

/// The signs of states; each has its own shape.
enum Sign: String, Sendable {
  case full, half, empty, away, cross, square

  var html: HTML { "<i class=\"sign \(rawValue)\" aria-hidden=\"true\"></i>" }

  func with(_ words: String) -> HTML { "<span class=\"state\">\(html)<span>\(words)</span></span>" }
}

/// A run's state in words.
struct RunWords {
  let row: RunRow

  init(_ row: RunRow) { self.row = row }

  // By its name: later versions may have more of them, such as a queue.
  var isRunning: Bool { row.status == .running }

  var sign: Sign {
    switch row.status.rawValue {
    case "running": .half
    case "finished": .full
    case "failed": .cross
    case "cancelled": .square
    default: .empty
    }
  }

  /// `Running`, `Finished`.
  var state: String { English.capitalized(row.status.rawValue) }

  /// The most important, large.
  var now: String {
    switch row.status.rawValue {
    case "running":
      let round = min(row.wait?.round ?? row.round + 1, max(1, row.rounds))
      return "Round \(Figure.grouped(round)) of \(Figure.grouped(row.rounds))"
    case "finished": return row.headline.map { "Finished: \(Self.words($0))" } ?? "Finished"
    case "failed":
      return row.round == 0
        ? "Failed before round 1 was done" : "Failed after round \(Figure.grouped(row.round))"
    case "cancelled": return "Cancelled after \(Figure.count(row.round, "round"))"
    default: return state
    }
  }

  /// What is waited for, for whom and until when; without the time left for those who hear it.
  func waiting(spoken: Bool = false) -> String {
    guard !row.status.isOver else { return ended }
    guard let wait = row.wait else {
      return isRunning ? "About to ask the participants" : "Waiting for its turn"
    }
    if let problem = wait.problem { return "Standing still: \(problem); trying again" }
    let left = spoken ? "" : ", \(Figure.wait(seconds: wait.secondsLeft)) left"
    let names = Self.names(wait.awaited)
    guard let asked = wait.asked else { return "Waiting for \(names) to join\(left)" }
    let count = "\(Figure.grouped(asked.answered.count)) of \(Figure.grouped(asked.cohort.count)) in"
    if wait.awaited.isEmpty { return "All in, adding up" }
    if asked.answered.isEmpty {
      let deadline = spoken ? "" : ", \(Figure.wait(seconds: wait.secondsLeft)) to the deadline"
      return "\(English.capitalized(wait.purpose)) at \(Figure.grouped(wait.awaited.count))\(deadline)"
    }
    return "Waiting for \(names)\(left), \(count)"
  }

  private var ended: String {
    if row.status == .finished {
      return "All \(Figure.count(row.round, "round")) committed"
    }
    return row.reason.isEmpty ? state : English.capitalized(row.reason)
  }

  /// The whole in a line, for a list.
  var line: String {
    switch row.status.rawValue {
    case "running": "\(now). \(waiting(spoken: true))"
    case "finished": row.headline.map { "Finished, \(Self.words($0))" } ?? "Finished"
    case "failed": "Failed: \(row.reason)"
    default: row.reason.isEmpty ? state : "\(state): \(row.reason)"
    }
  }

  /// Whether some are in, and the others are waited for.
  var isWaiting: Bool {
    guard let wait = row.wait, !row.status.isOver, !wait.awaited.isEmpty else { return false }
    return wait.asked.map { !$0.answered.isEmpty } ?? true
  }

  static func words(_ headline: RunRow.Headline) -> String {
    "\(headline.metric.title) \(Figure.metric(headline.value))"
  }

  static func names(_ participants: [ParticipantID]) -> String {
    let shown = participants.prefix(3).map { English.shortened($0.name, to: 40) }
    guard participants.count > 3 else { return participants.isEmpty ? "nobody" : English.list(shown) }
    return shown.joined(separator: ", ") + " and \(Figure.grouped(participants.count - 3)) more"
  }
}
