import AtollFederation
import AtollNumerics
import AtollReport
import AtollServer
import AtollWire

/// All runs.
struct RunsPage {
  let rows: [RunRow]
  /// Participants that are enrolled, and how many of them are connected.
  let enrolled: Int
  let connected: Int

  var page: Page {
    Page(
      title: "Runs", place: .runs, live: "/live/runs",
      main: [
        Part(id: "title", element: "div", attributes: "class=\"title\"", content: title),
        Part(id: "all", attributes: "class=\"panel\(style)\" aria-label=\"Runs\"", content: content),
      ])
  }

  private var style: HTML { rows.isEmpty ? " empty" : "" }

  private var title: HTML {
    let running = rows.count { !$0.status.isOver }
    let lead = running == 0 ? "None goes on" : "\(Figure.grouped(running)) \(running == 1 ? "goes" : "go") on"
    let presence =
      enrolled == 0
      ? "Nobody is enrolled yet"
      : "\(Figure.grouped(connected)) of \(Figure.count(enrolled, "participant")) connected"
    return "<h1>Runs</h1><p>\(lead). \(presence).</p>"
  }

  private var content: HTML {
    guard !rows.isEmpty else {
      guard enrolled > 0 else {
        return """
          <h2>No runs yet</h2><p>A run begins when an operator submits a task, and participants learn it together. The first \
          of them comes with an invitation.</p><pre>atoll invite NAME --state server &gt; NAME.invite</pre>
          """
      }
      return """
        <h2>No runs yet</h2><p>A run begins when an operator submits a task. \
        \(English.capitalized(English.count(enrolled, "participant"))) \
        \(enrolled == 1 ? "is" : "are") enrolled.</p><pre>atoll submit task.yaml --identity server/operator</pre>
        """
    }
    let more: HTML =
      rows.count == ServerView.runLimit
      ? "<p class=\"quiet\">The latest \(Figure.grouped(rows.count)). atoll runs lists all.</p>" : ""
    return """
      <table class="stack"><thead><tr><th scope="col" class="text">run</th><th scope="col" class="text">state</th>\
      <th scope="col">rounds</th><th scope="col">participants</th><th scope="col">result</th>\
      <th scope="col">submitted</th></tr></thead><tbody>\(rows.map(row))</tbody></table>\(more)
      """
  }

  private func row(_ row: RunRow) -> HTML {
    let words = RunWords(row)
    let state =
      row.status.isOver && row.reason.isEmpty ? words.state : "\(words.state). \(words.waiting(spoken: true))"
    return """
      <tr\(words.isWaiting ? " class=\"late\"" : "")><th scope="row" class="text wrap">\
      <a href="/runs/\(row.id.name)">\(row.id.name)</a></th>\
      <td class="text wrap whole">\(words.sign.with(state))</td>\
      <td data-is="rounds">\(Figure.grouped(row.round)) of \(Figure.grouped(row.rounds))</td>\
      <td data-is="participants">\(Figure.grouped(row.participants.count))</td>\
      <td data-is="result">\(row.headline.map(RunWords.words) ?? "–")</td>\
      <td data-is="submitted">\(Times.minute(row.submitted))</td></tr>

      """
  }
}
