import AtollFederation
import AtollLearning
import AtollNumerics
import AtollReport
import AtollServer
import AtollWire

/// One run, as it goes on.
struct RunPage {
  let detail: RunDetail
  /// All runs, for the list beside it.
  let others: [RunRow]
  /// Seconds since 1970.
  let now: Int

  var page: Page {
    Page(
      title: detail.row.id.name, place: .runs, live: "/live/runs/\(detail.row.id)",
      aside: [RunList(rows: others, current: detail.row.id).part],
      main: [
        Part(id: "head", attributes: "class=\"panel head\" aria-labelledby=\"title\"", content: head),
        Part(
          id: "spoken", element: "p", attributes: "class=\"hidden\" role=\"status\" aria-live=\"polite\"",
          content: "\(spoken)"),
        RunFigures(detail: detail).part,
        SiteTable(detail: detail, now: now).part,
        EventList(detail: detail).part,
        Part(
          id: "rounds", element: "div", attributes: "class=\"panel\"",
          content: RunFigures(detail: detail).table),
      ])
  }

  private var words: RunWords { RunWords(detail.row) }
  private var row: RunRow { detail.row }

  private var spoken: String {
    row.status.isOver ? words.now : "\(words.now). \(words.waiting(spoken: true))"
  }

  private var head: HTML {
    """
    \(Cohort(members: members, isGathering: isGathering).html)
    <div class="say"><div class="top"><h1 id="title"><b>\(row.id.name)</b> · \(words.state), \
    submitted by \(row.submittedBy) at \(Times.minute(row.submitted)) UTC</h1>
    <p class="now">\(words.now)</p></div>
    <p class="wait\(ground)">\(line)</p>\(next)
    \(RoundBar(rounds: detail.rounds, total: row.rounds, part: part).html)</div>
    <dl class="figures">\(figures)</dl>
    """
  }

  private var ground: HTML {
    if row.status == .failed || row.wait?.problem != nil { return " bad" }
    return words.isWaiting ? " on" : ""
  }

  private var line: HTML {
    switch detail.ending {
    case .finished(let end): return "\(words.waiting()). Model \(end.hash.abbreviated)"
    case .failed(let end):
      return "\(words.waiting())\(end.hint.map { ". Try: \($0)" } ?? "")"
    case .none: return "\(words.waiting())"
    }
  }

  /// How what came of the run is had.
  private var next: HTML {
    guard case .finished = detail.ending else { return "" }
    return
      "<p class=\"next\"><code>atoll watch \(row.id.name) --identity server/operator --out DIR</code></p>"
  }

  /// Whether everyone who must join first is waited for.
  private var isGathering: Bool { !row.status.isOver && row.wait?.asked == nil }

  /// Whose answers count now: those who were asked, else everyone of the run.
  private var members: [(participant: ParticipantID, state: Cohort.State)] {
    let connected = Set(detail.sites.filter(\.isConnected).map(\.participant))
    if let asked = row.wait?.asked, !row.status.isOver {
      let answered = Set(asked.answered)
      return asked.cohort.map { participant in
        (
          participant,
          answered.contains(participant) ? .answered : connected.contains(participant) ? .asked : .away
        )
      }
    }
    if row.status.isOver, let last = detail.rounds.last?.report {
      // Who it was is in the manifest; how many is told.
      return row.participants.enumerated().map { ($1, $0 < last.participants ? .answered : .away) }
    }
    return row.participants.map { ($0, connected.contains($0) ? .asked : .away) }
  }

  private var part: Double? {
    guard let asked = row.wait?.asked, !row.status.isOver, !asked.cohort.isEmpty else { return nil }
    return Double(asked.answered.count) / Double(asked.cohort.count)
  }

  private var figures: [HTML] {
    var figures: [(String, String)] = []
    let seconds = detail.rounds.map(\.seconds)
    let recent = seconds.suffix(10)
    if row.status.isOver {
      figures.append(("took", Figure.duration(seconds: seconds.reduce(0, +))))
    } else if !recent.isEmpty {
      let left = Double(row.rounds - row.round) * recent.reduce(0, +) / Double(recent.count)
      figures.append(("time left", "about " + Figure.duration(seconds: left)))
    } else {
      figures.append(("time left", "–"))
    }
    let metric = detail.evaluation.headline
    let evaluated = detail.rounds.last { $0.report.evaluation != nil }?.report.evaluation?.pooled
    let value: Double? =
      if case .finished(let end) = detail.ending { end.evaluation?.pooled[metric] } else {
        evaluated?[metric]
      }
    figures.append((metric.title, Figure.metric(value)))
    figures.append(("last round", seconds.last.map { Figure.duration(seconds: $0) } ?? "–"))
    let moved = detail.rounds.reduce(0) { $0 + $1.report.bytesUp + $1.report.bytesDown }
    figures.append(("moved", Figure.bytes(moved)))
    return figures.map { name, value in "<div><dt>\(name)</dt><dd>\(value)</dd></div>" }
  }
}

/// The runs of a server, beside one of them.
struct RunList {
  let rows: [RunRow]
  let current: RunID

  var part: Part {
    Part(
      id: "list", element: "aside", attributes: "class=\"runs\" aria-label=\"Runs\"",
      content: "<h2>Runs</h2><ol>\(rows.map(item))</ol>")
  }

  private func item(_ row: RunRow) -> HTML {
    let words = RunWords(row)
    return """
      <li><a href="/runs/\(row.id.name)"\(row.id == current ? " aria-current=\"page\"" : "")>\
      \(words.sign.html)<strong>\(row.id.name)</strong><span>\(words.line)</span></a></li>
      """
  }
}
