package import AtollFederation
import AtollNumerics
import AtollPrivacy

/// What was given away of privacy by round, below what may be.
package struct SpendingChart {
  private let points: [(round: Int, epsilon: Double)]
  private let rounds: Int
  private let privacy: PrivacyPlan
  private let isLive: Bool

  /// Nil where no round has told an ε.
  ///
  /// - Parameters:
  ///   - reports: of the rounds so far.
  ///   - rounds: of the whole run.
  ///   - privacy: what the task promises.
  ///   - isLive: whether the run goes on.
  package init?(_ reports: [RoundReport], rounds: Int, privacy: PrivacyPlan, isLive: Bool) {
    points = reports.compactMap { report in report.epsilon.map { (report.round, $0) } }
    guard !points.isEmpty else { return nil }
    self.rounds = rounds
    self.privacy = privacy
    self.isLive = isLive
  }

  package var chart: Chart {
    let axis = Axis(covering: points.map(\.epsilon) + [privacy.epsilon].compactMap(\.self), origin: 0)
    var chart = RoundChart(axis, rounds: rounds)
    if let budget = privacy.epsilon {
      chart.addLevel(budget, label: "budget \(Figure.metric(budget))", style: "p")
    }
    chart.addCurve(points.map { ($0.round, $0.epsilon) }) { "spent \(Figure.metric($0))" }
    return chart.chart(
      id: "epsilon", title: "ε by round",
      note:
        "what is given away at most, at δ \(Figure.metric(privacy.delta)), of each \(privacy.unit.rawValue)",
      summary: summary, points: points.map { ($0.round, $0.epsilon, words(of: $0)) })
  }

  private func words(of point: (round: Int, epsilon: Double)) -> [String] {
    var lines = ["round \(Figure.grouped(point.round))", "ε \(Figure.metric(point.epsilon)) spent"]
    if let left = left(after: point.epsilon) { lines.append(left) }
    return lines
  }

  private func left(after spent: Double) -> String? {
    privacy.epsilon.map { "\(Figure.metric(max(0, $0 - spent))) below the budget" }
  }

  private var summary: String {
    guard let last = points.last else { return "" }
    let words = "After round \(Figure.grouped(last.round)), ε is \(Figure.metric(last.epsilon))"
    return words + (left(after: last.epsilon).map { ", \($0)." } ?? ".")
  }
}
