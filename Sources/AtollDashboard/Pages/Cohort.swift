import AtollFederation
import AtollNumerics
import AtollReport
import AtollServer

/// Who is in, as a ring with an arc for each participant; of more than twelve as one arc of those who are in.
struct Cohort {
  enum State { case answered, asked, away }

  let members: [(participant: ParticipantID, state: State)]
  /// Whether nobody is asked yet: then those count who are here.
  var isGathering = false

  private static let most = 12
  private static let radius = 62.0

  var html: HTML {
    let count = members.count { isGathering ? $0.state != .away : $0.state == .answered }
    let counted = isGathering ? "here" : "in"
    let words = "\(Figure.grouped(count)) of \(Figure.grouped(members.count))"
    let arcs: [HTML] =
      members.count > Self.most
      ? [
        "<path class=\"rest\" d=\"\(Self.arc(from: 0, to: 1, gap: 0))\"/>",
        count == 0
          ? ""
          : "<path d=\"\(Self.arc(from: 0, to: Double(count) / Double(members.count), gap: 0))\"/>",
      ] : members.enumerated().map { index, member in arc(index, member.state) }
    let detail =
      members.count > Self.most
      ? "An arc for those who are \(counted)."
      : members.map { "\($0.participant) \(word($0.state))" }.joined(separator: ", ")
    return """
      <svg class="cohort" viewBox="0 0 150 150" role="img" aria-labelledby="cohort-title cohort-desc">\
      <title id="cohort-title">\(words) \(counted)</title><desc id="cohort-desc">\(detail)</desc>\
      <circle class="lagoon" cx="75" cy="75" r="50"/>\(arcs)\
      <text x="75" y="80"\(words.count > 8 ? " textLength=\"88\" lengthAdjust=\"spacingAndGlyphs\"" : "")>\(words)</text>\
      <text class="word" x="75" y="98">\(counted)</text></svg>
      """
  }

  private func arc(_ index: Int, _ state: State) -> HTML {
    let (start, end) = (Double(index) / Double(members.count), Double(index + 1) / Double(members.count))
    let path = Self.arc(from: start, to: end, gap: members.count > 1 ? 0.035 : 0)
    switch state {
    case .answered: return "<path d=\"\(path)\"/>"
    case .asked: return "<path d=\"\(path)\"/><path class=\"inner\" d=\"\(path)\"/>"
    case .away: return "<path class=\"gone\" d=\"\(path)\"/>"
    }
  }

  private func word(_ state: State) -> String {
    switch state {
    case .answered: "in"
    case .asked: isGathering ? "here" : "asked"
    case .away: "away"
    }
  }

  /// Part of the ring, in turns from the top.
  private static func arc(from start: Double, to end: Double, gap: Double) -> HTML {
    // A whole circle in one arc would be nothing.
    let (first, last) = (start + gap / 2, min(end - gap / 2, start + gap / 2 + 0.9995))
    let (a, b) = (point(first), point(last))
    return
      "M\(at: a.x),\(at: a.y)A\(at: radius),\(at: radius) 0 \(last - first > 0.5 ? 1 : 0) 1 \(at: b.x),\(at: b.y)"
  }

  private static func point(_ turns: Double) -> (x: Double, y: Double) {
    let angle = turns * 2 * .pi
    return (75 + radius * sine(angle), 75 - radius * sine(angle + .pi / 2))
  }

  /// Exact enough to draw by, without the mathematical library.
  private static func sine(_ angle: Double) -> Double {
    let x = angle.remainder(dividingBy: 2 * .pi)
    var (term, sum) = (x, x)
    for order in stride(from: 2.0, through: 24, by: 2) {
      term *= -x * x / (order * (order + 1))
      sum += term
    }
    return sum
  }
}
