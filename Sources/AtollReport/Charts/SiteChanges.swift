import AtollLearning
import AtollNumerics

/// What many participants gain or lose: a mark each with its interval, in ascending order.
struct SiteChanges {
  let comparison: Comparison

  private let height = 280.0
  private let top = 14.0
  private var bottom: Double { height - 30 }
  private var metric: Metric { comparison.metric }

  /// Nil where nobody is compared.
  var chart: Chart? {
    let all = comparison.sites.compactMap { site in site.difference.map { (site: site, difference: $0) } }
      .sorted { ($0.difference.change, $0.site.name) < ($1.difference.change, $1.site.name) }
    guard !all.isEmpty else { return nil }
    let shown = Thinning.spread(all.count, limit: 100).map { all[$0] }
    let ends = shown.flatMap { entry in
      [-1, 1].map { entry.difference.change + $0 * (entry.difference.halfWidth ?? 0) }
    }
    let axis = Axis(covering: ends, origin: 0)
    let x = { (index: Int) in (Double(index) + 0.5) / Double(shown.count) }
    let y = { (value: Double) in bottom - axis(value) * (bottom - top) }
    var marks: [HTML] = []
    for tick in axis.ticks {
      marks.append(Mark.level(y(tick), tick == 0 ? "edge" : "rule"))
      marks.append(Mark.text(Figure.change(tick), x: 0, y: y(tick) + 4, dx: -8, anchor: .end))
    }
    var points: [HTML] = []
    for (index, entry) in shown.enumerated() {
      let (change, half) = (entry.difference.change, entry.difference.halfWidth ?? 0)
      marks.append(
        Mark.line(x1: x(index), y1: y(change - half), x2: x(index), y2: y(change + half), "whisker f"))
      let isClear = entry.difference.kind == .gain || entry.difference.kind == .loss
      marks.append(Mark.circle(x: x(index), y: y(change), radius: 3, isClear ? "dot f" : "ring f"))
      points.append(
        Mark.point(
          x: x(index), y: y(change),
          [entry.site.name, "\(metric.title) \(entry.difference.text)", entry.difference.word]))
    }
    marks.append(
      Mark.text(
        "participants, by what federation changes", x: 0.5, y: height - 6, anchor: .middle))
    let labels = axis.ticks.map { Figure.change($0).count }.max() ?? 0
    return Chart(
      id: "sites", title: "Change of \(metric.title) from alone to federated",
      note: "filled where the change is clear, hollow where chance could do it; lines are 95 % intervals",
      summary: summary(all.map(\.difference)), height: height,
      left: Double(labels) * Chart.character + 12, marks: HTML(marks), points: points, table: nil)
  }

  private func summary(_ differences: [Difference]) -> String {
    guard let least = differences.first, let most = differences.last else { return "" }
    let middle = differences[differences.count / 2]
    return
      "Dot plot of \(differences.count) participants. Changes lie between \(Figure.change(least.change)) and "
      + "\(Figure.change(most.change)), the middle one is \(Figure.change(middle.change)). "
      + "\(comparison.count(.gain)) gain, \(comparison.count(.loss)) lose, "
      + "\(comparison.count(.unclear)) show no clear change."
  }
}
