import AtollFederation
import AtollLearning
import AtollNumerics
import AtollReport
import AtollServer
import AtollWire

/// The participants of a run: who is in, who is waited for, what each gave.
struct SiteTable {
  let detail: RunDetail
  /// Seconds since 1970.
  let now: Int

  /// Rows of a table that can still be read; those with something to say come first.
  private static let most = 100

  var part: Part {
    Part(
      id: "people", attributes: "class=\"panel people\" aria-label=\"Participants\"", content: content)
  }

  private var content: HTML {
    let metric = detail.evaluation.headline.title
    let head: [HTML] = [
      "<th scope=\"col\" class=\"text\">participant</th>",
      "<th scope=\"col\" class=\"text\">\(detail.row.status.isOver ? "at the end" : "now")</th>",
      "<th scope=\"col\">last seen</th>", "<th scope=\"col\">answers</th>",
      isTold ? "<th scope=\"col\">\(metric)</th>" : "", "<th scope=\"col\">refusals</th>",
    ]
    let sites = ordered.prefix(Self.most)
    let more = detail.sites.count - sites.count
    let note: HTML = more > 0 ? "<p class=\"quiet\">and \(Figure.grouped(more)) more</p>" : ""
    return """
      <h2>Participants<small>\(connectedWords)</small></h2>
      <table class="stack"><thead><tr>\(head)</tr></thead><tbody>\(sites.map(row))</tbody></table>\(note)
      """
  }

  private var connectedWords: String {
    let connected = detail.sites.count(where: \.isConnected)
    return "\(Figure.grouped(connected)) of \(Figure.grouped(detail.sites.count)) connected"
  }

  private var ordered: [RunDetail.Site] {
    guard detail.sites.count > Self.most else { return detail.sites }
    let awaited = Set(detail.row.wait?.awaited ?? [])
    return detail.sites.filter { awaited.contains($0.participant) }
      + detail.sites.filter { !awaited.contains($0.participant) }
  }

  /// What each has by the metric that the run goes by.
  private func value(of site: RunDetail.Site) -> Double? { site.evaluation?[detail.evaluation.headline] }

  private var isTold: Bool { detail.sites.contains { value(of: $0) != nil } }

  private func row(_ site: RunDetail.Site) -> HTML {
    let (sign, word, isLate) = state(of: site)
    let seen = site.isConnected ? "now" : site.seen.map { Times.ago($0, now: now) } ?? "never"
    let value: HTML =
      isTold
      ? "<td data-is=\"\(detail.evaluation.headline.title)\">\(Figure.metric(value(of: site)))</td>"
      : ""
    return """
      <tr\(isLate ? " class=\"late\"" : "")><th scope="row" class="text wrap">\(site.participant.name)</th>\
      <td class="text">\(sign.with(word))</td><td data-is="last seen">\(seen)</td>\
      <td data-is="answers">\(site.answers.map(Figure.grouped) ?? "–")</td>\(value)\
      <td data-is="refusals">\(Refusals.words(site.refusals))</td></tr>

      """
  }

  private func state(of site: RunDetail.Site) -> (Sign, String, isLate: Bool) {
    guard !detail.row.status.isOver else {
      return site.isConnected ? (.full, "connected", false) : (.away, "not connected", false)
    }
    let wait = detail.row.wait
    let isAwaited = wait?.awaited.contains(site.participant) ?? false
    if wait?.asked?.answered.contains(site.participant) ?? false { return (.full, "in", false) }
    let isLate = isAwaited && RunWords(detail.row).isWaiting
    if !site.isConnected { return (.cross, "not connected", isLate) }
    if isLate { return (.empty, "waited for", true) }
    if isAwaited { return (.half, wait?.purpose ?? "asked", false) }
    return wait?.asked == nil ? (.empty, "ready", false) : (.empty, "not asked", false)
  }
}

/// What was not taken, in words.
enum Refusals {
  /// `0`, or the count of each reason.
  static func words(_ refusals: [String: Int]) -> String {
    let known = refusals.filter { $0.value > 0 }
    guard !known.isEmpty else { return "0" }
    return known.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { reason, count in
      "\(Figure.grouped(count)) \(reason.replacing("-", with: " "))"
    }.joined(separator: ", ")
  }
}
