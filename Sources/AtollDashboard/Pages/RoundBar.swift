import AtollFederation
import AtollNumerics
import AtollReport

/// The rounds of a run as steps: done, done without everyone, under way, to come.
struct RoundBar {
  let rounds: [RunRecord.Round]
  let total: Int
  /// The share of answers that are in of the round that is under way; nil when none is.
  let part: Double?

  /// More steps than that would not be told apart.
  private static let most = 60

  var html: HTML {
    let done = rounds.last?.report.round ?? 0
    let label = "\(Figure.grouped(done)) of \(Figure.count(total, "round")) done"
    guard total <= Self.most else { return bar(label, [block(0, Double(done) / Double(total), "done")]) }
    let short = Set(
      rounds.filter { $0.report.participants < $0.report.cohort }.map(\.report.round))
    let steps = (0..<max(1, total)).map { index -> HTML in
      let (start, width) = (Double(index) / Double(total), 1 / Double(total) - 0.002)
      if index < done {
        guard short.contains(index + 1) else { return block(start, width, "done") }
        return block(start, width, "short") + block(start, width, "done", height: 50)
      }
      guard index == done, let part else { return block(start, width, "open") }
      return block(start, width, "open") + block(start, width * part, "part")
    }
    return bar(label, total <= Self.most ? steps : [])
  }

  private var detail: String {
    let count = rounds.count { $0.report.participants < $0.report.cohort }
    return count == 0 ? "Each with all who were asked." : "\(Figure.count(count, "round")) without everyone."
  }

  private func bar(_ label: String, _ content: [HTML]) -> HTML {
    let ground: HTML = content.count == 1 ? block(0, 1, "open") : ""
    return """
      <svg class="rounds" role="img" aria-labelledby="rounds-title rounds-desc"><title id="rounds-title">\(label)</title>\
      <desc id="rounds-desc">\(detail)</desc>\(ground)\(content)</svg>
      """
  }

  private func block(_ start: Double, _ width: Double, _ style: String, height: Int = 100) -> HTML {
    """
    <rect class="\(style)" x="\(at: 100 * start)%" width="\(at: max(0, 100 * width))%" y="0" height="\(height)%"/>
    """
  }
}
