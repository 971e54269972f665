import AtollLearning
import AtollNumerics

/// A metric by round, with the levels that training reaches without a federation.
package struct LineChart {
  let curve: LearningCurve
  /// Rounds of the whole run: the axis does not depend on which were evaluated.
  let rounds: Int
  var alone: Double?
  var pooled: Double?
  /// Whether the run goes on: the value stands where the line ends, and the line does not reach the right end yet.
  var isLive = false

  package init(_ curve: LearningCurve, rounds: Int, isLive: Bool) {
    self.init(curve: curve, rounds: rounds, isLive: isLive)
  }

  init(
    curve: LearningCurve, rounds: Int, alone: Double? = nil, pooled: Double? = nil, isLive: Bool = false
  ) {
    self.curve = curve
    self.rounds = rounds
    self.alone = alone
    self.pooled = pooled
    self.isLive = isLive
  }

  package var chart: Chart {
    let values = curve.points.map(\.value)
    let axis = Axis(covering: values + [alone, pooled, isLive ? best : nil].compactMap(\.self))
    var chart = RoundChart(axis, rounds: rounds)
    for (level, name, style) in [(pooled, "pooled", "p"), (alone, "alone", "a")] {
      guard let level else { continue }
      chart.addLevel(level, label: "\(name) \(Figure.metric(level))", style: style)
    }
    let kept = Thinning.indices(of: values).map { curve.points[$0] }
    chart.addCurve(kept.map { ($0.round, $0.value) }) { (isLive ? "" : "federated ") + Figure.metric($0) }
    return chart.chart(
      id: curve.metric.rawValue, title: "\(curve.heading) by round", note: curve.metric.meaning,
      summary: summary, labelsAt: isLive ? curve.points.last?.round : nil,
      points: kept.map { ($0.round, $0.value, words(of: $0)) })
  }

  /// What a run strives for: with it the scale of a curve that grows stays what it is.
  private var best: Double? { curve.metric.whole ?? (curve.metric.higherIsBetter ? nil : 0) }

  private func words(of point: (round: Int, value: Double)) -> [String] {
    var lines = [
      "round \(Figure.grouped(point.round))", "\(curve.metric.title) \(Figure.metric(point.value))",
    ]
    for (level, name) in [(pooled, "pooled"), (alone, "alone")] {
      if let level { lines.append("\(Figure.change(point.value - level, like: [level])) against \(name)") }
    }
    return lines
  }

  private var summary: String {
    var text = curve.summary
    if let pooled { text += " Pooled: \(Figure.metric(pooled))." }
    if let alone { text += " Alone, on average: \(Figure.metric(alone))." }
    return text
  }
}
