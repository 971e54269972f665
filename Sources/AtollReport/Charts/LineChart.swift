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

  private let height = 230.0
  private let top = 12.0
  private var bottom: Double { height - 26 }

  package var chart: Chart {
    let values = curve.points.map(\.value)
    let axis = Axis(covering: values + [alone, pooled, isLive ? best : nil].compactMap(\.self))
    let x = { (round: Int) in rounds > 1 ? Double(round - 1) / Double(rounds - 1) : 0.5 }
    let y = { (value: Double) in bottom - axis(value) * (bottom - top) }
    var marks: [HTML] = []
    for (tick, label) in zip(axis.ticks, axis.labels) {
      marks.append(Mark.level(y(tick)))
      marks.append(Mark.text(label, x: 0, y: y(tick) + 4, dx: -8, anchor: .end))
    }
    let ticks = Axis.rounds(upTo: rounds)
    for tick in ticks {
      marks.append(Mark.text(Figure.grouped(tick), x: x(tick), y: height - 6, anchor: .middle))
    }
    let lastTick = Double(Figure.grouped(rounds).count) * Chart.character / 2
    marks.append(Mark.text("round", x: x(rounds), y: height - 6, dx: lastTick + 8))
    var ends: [(y: Double, text: String, style: String)] = []
    for (level, name, style) in [(pooled, "pooled", "p"), (alone, "alone", "a")] {
      guard let level else { continue }
      marks.append(Mark.level(y(level), "line \(style)"))
      ends.append((y(level) + 4, "\(name) \(Figure.metric(level))", style))
    }
    let kept = Thinning.indices(of: values).map { curve.points[$0] }
    marks.append(Mark.curve(kept.map { (x($0.round), y($0.value)) }, height: height, "f"))
    if let last = curve.points.last {
      marks.append(Mark.circle(x: x(last.round), y: y(last.value), radius: 4, "dot f"))
      let name = isLive ? "" : "federated "
      ends.append((y(last.value) + 4, name + Figure.metric(last.value), "f"))
    }
    for end in Chart.apart(ends, in: top + 4...bottom + 4) {
      let place = isLive ? curve.points.last.map { x($0.round) } ?? 1 : 1
      marks.append(Mark.text(end.text, x: place, y: end.y, dx: 10, end.style + (isLive ? " halo" : "")))
    }
    let widest = ends.map(\.text.count).max() ?? 0
    return Chart(
      id: curve.metric.rawValue, title: "\(curve.heading) by round", note: curve.metric.meaning,
      summary: summary, height: height, left: Double(axis.labelLength) * Chart.character + 12,
      right: Double(widest) * Chart.character + 12, marks: HTML(marks),
      points: kept.map { point in
        Mark.point(x: x(point.round), y: y(point.value), words(of: point))
      }, table: nil)
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
