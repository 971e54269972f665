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

  private let height = 230.0
  private let top = 12.0
  private var bottom: Double { height - 26 }

  package var chart: Chart {
    let axis = Axis(covering: points.map(\.epsilon) + [privacy.epsilon].compactMap(\.self), origin: 0)
    let x = { (round: Int) in rounds > 1 ? Double(round - 1) / Double(rounds - 1) : 0.5 }
    let y = { (epsilon: Double) in bottom - axis(epsilon) * (bottom - top) }
    var marks: [HTML] = []
    for (tick, label) in zip(axis.ticks, axis.labels) {
      marks.append(Mark.level(y(tick)))
      marks.append(Mark.text(label, x: 0, y: y(tick) + 4, dx: -8, anchor: .end))
    }
    for tick in Axis.rounds(upTo: rounds) {
      marks.append(Mark.text(Figure.grouped(tick), x: x(tick), y: height - 6, anchor: .middle))
    }
    let lastTick = Double(Figure.grouped(rounds).count) * Chart.character / 2
    marks.append(Mark.text("round", x: x(rounds), y: height - 6, dx: lastTick + 8))
    var ends: [(y: Double, text: String, style: String)] = []
    if let budget = privacy.epsilon {
      marks.append(Mark.level(y(budget), "line p"))
      ends.append((y(budget) + 4, "budget \(Figure.metric(budget))", "p"))
    }
    marks.append(Mark.curve(points.map { (x($0.round), y($0.epsilon)) }, height: height, "f"))
    if let last = points.last {
      marks.append(Mark.circle(x: x(last.round), y: y(last.epsilon), radius: 4, "dot f"))
      ends.append((y(last.epsilon) + 4, "spent \(Figure.metric(last.epsilon))", "f"))
    }
    for end in Chart.apart(ends, in: top + 4...bottom + 4) {
      marks.append(Mark.text(end.text, x: 1, y: end.y, dx: 10, end.style))
    }
    let widest = ends.map(\.text.count).max() ?? 0
    return Chart(
      id: "epsilon", title: "ε by round",
      note:
        "what is given away at most, at δ \(Figure.metric(privacy.delta)), of each \(privacy.unit.rawValue)",
      summary: summary, height: height, left: Double(axis.labelLength) * Chart.character + 12,
      right: Double(widest) * Chart.character + 12, marks: HTML(marks),
      points: points.map { point in
        Mark.point(x: x(point.round), y: y(point.epsilon), words(of: point))
      }, table: nil)
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
