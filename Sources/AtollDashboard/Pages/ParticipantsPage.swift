import AtollNumerics
import AtollReport
import AtollServer

/// Everyone who takes part in the federation.
struct ParticipantsPage {
  let rows: [ParticipantRow]
  /// Seconds since 1970.
  let now: Int

  /// A certificate that ends within so many seconds is worth a look.
  private static let soon = 30 * 86_400

  var page: Page {
    Page(
      title: "Participants", place: .participants, live: "/live/participants",
      main: [
        Part(id: "title", element: "div", attributes: "class=\"title\"", content: title),
        Part(
          id: "all", attributes: "class=\"panel\(rows.isEmpty ? " empty" : "")\" aria-label=\"Participants\"",
          content: content),
      ])
  }

  private var title: HTML {
    let enrolled = rows.filter { !$0.isRevoked }
    return """
      <h1>Participants</h1><p>\(Figure.grouped(enrolled.count(where: \.isConnected))) of \
      \(Figure.grouped(enrolled.count)) connected.</p>
      """
  }

  private var content: HTML {
    guard !rows.isEmpty else {
      return """
        <h2>Nobody is enrolled yet</h2><p>A data owner joins with an invitation that can be used once.</p>\
        <pre>atoll invite NAME --state server &gt; NAME.invite</pre>
        """
    }
    return """
      <table class="stack"><thead><tr><th scope="col" class="text">participant</th>\
      <th scope="col" class="text">state</th><th scope="col" class="text">last seen</th><th scope="col" class="text">version</th>\
      <th scope="col" class="text">certificate until</th><th scope="col">refusals</th></tr></thead>\
      <tbody>\(rows.map(row))</tbody></table>
      """
  }

  private func row(_ row: ParticipantRow) -> HTML {
    let seen = row.isConnected ? "now" : row.seen.map { Times.ago($0, now: now) } ?? "never"
    let ends = row.notAfter - now
    let until =
      Times.date(row.notAfter) + (ends < 0 ? ", over" : ends < Self.soon ? ", in \(ends / 86_400) d" : "")
    return """
      <tr><th scope="row" class="text wrap">\(row.name)</th><td class="text">\(state(row))</td>\
      <td class="text" data-is="last seen">\(seen)</td>\
      <td class="text wrap" data-is="version">\(row.software ?? "–")</td><td class="text" data-is="certificate until">\(until)</td>\
      <td data-is="refusals">\(Refusals.words(row.refusals))</td></tr>

      """
  }

  private func state(_ row: ParticipantRow) -> HTML {
    if row.isRevoked { return Sign.cross.with("revoked") }
    if row.isConnected { return Sign.full.with("connected") }
    return row.seen == nil ? Sign.empty.with("never here") : Sign.away.with("not connected")
  }
}
