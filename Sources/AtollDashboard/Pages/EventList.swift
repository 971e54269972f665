import AtollFederation
import AtollLearning
import AtollNumerics
import AtollReport
import AtollServer
import AtollWire

/// What happened in a run, the latest first.
struct EventList {
  let detail: RunDetail

  private static let most = 60

  var part: Part {
    let items = self.items
    let content: HTML =
      items.isEmpty
      ? "<p class=\"quiet\">Nothing yet. Who joins, and what is committed, is told here.</p>"
      : """
      <div class="scroll" role="region" tabindex="0" aria-label="Events, newest first"><ol>\(items)</ol></div>
      """
    return Part(
      id: "log", attributes: "class=\"panel log\" aria-labelledby=\"log-title\"",
      content: "<h2 id=\"log-title\">Events</h2>\(content)")
  }

  /// Since the server was started, the latest first. Who comes and goes after the end of a run does so for others.
  private var events: ArraySlice<ServerEvent> {
    guard detail.row.status.isOver else { return detail.events[...] }
    return detail.events.drop { event in if case .ended = event.what { false } else { true } }
  }

  private var items: [HTML] {
    let (events, rounds) = (events, detail.rounds)
    let shown = events.prefix(Self.most).map { event in
      item(Times.clock(event.time), Self.words(event), Self.style(event), time: Times.full(event.time))
    }
    // Rounds from before the server's last start have no time of their own.
    let known = Set(
      events.compactMap { event in
        if case .round(let round) = event.what { round.round } else { nil }
      })
    let older = rounds.reversed().filter { !known.contains($0.report.round) }
    return shown
      + older.prefix(max(0, Self.most - shown.count)).map { round in
        item(
          "earlier",
          Self.words(
            round.report.round, round.report.participants, round.report.cohort,
            round.report.evaluation?.pooled[.loss], round.seconds), "")
      }
  }

  private func item(_ clock: String, _ words: String, _ style: String, time: String? = nil) -> HTML {
    let stamp: HTML =
      time.map { "<time datetime=\"\($0)\">\(clock)</time>" } ?? "<span class=\"quiet\">\(clock)</span>"
    return "<li class=\"\(style)\">\(stamp)<span>\(words)</span></li>"
  }

  private static func words(
    _ round: Int, _ participants: Int, _ cohort: Int, _ loss: Double?, _ seconds: Double
  ) -> String {
    let value = loss.map { ", loss \(Figure.metric($0))" } ?? ""
    return
      "round \(Figure.grouped(round)) committed: \(Figure.grouped(participants)) of \(Figure.grouped(cohort))\(value), \(Figure.duration(seconds: seconds))"
  }

  /// An event in a sentence.
  static func words(_ event: ServerEvent) -> String {
    let who = event.participant?.name ?? ""
    switch event.what {
    case .joined(let software): return "\(who) joined with \(software)"
    case .left: return "\(who) left"
    case .refused(let reason): return "refused an answer of \(who): \(reason.replacing("-", with: " "))"
    case .waiting(let participants): return "waiting for \(RunWords.names(participants)) to join"
    case .round(let round):
      return words(round.round, round.participants, round.cohort, round.loss, round.seconds)
    case .ended(let status, let reason):
      return reason.isEmpty ? "run \(status.rawValue)" : "run \(status.rawValue): \(reason)"
    }
  }

  private static func style(_ event: ServerEvent) -> String {
    switch event.what {
    case .left, .refused, .waiting: "warn"
    case .ended(let status, _) where status == .failed: "bad"
    case .joined, .round, .ended: ""
    }
  }
}
