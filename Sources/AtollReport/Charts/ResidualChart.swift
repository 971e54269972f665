import AtollLearning
import AtollNumerics

/// How often a prediction of numbers missed by how much.
struct ResidualChart {
  let residuals: ResidualHistogram
  /// The label's column.
  let label: String

  private let height = 250.0
  private let top = 10.0
  private var bottom: Double { height - 44 }

  /// A size of error and the share of rows that miss by less: `(0.5, 58_000)`; nil where the bins do not tell.
  func size(ofShare share: Double) -> Double? {
    let middle = ResidualHistogram.binCount / 2
    let wanted = share * Double(residuals.rows)
    var within = 0.0
    for step in 0..<middle {
      let more = Double(residuals.counts[middle - step] + residuals.counts[middle + step + 1])
      if within + more >= wanted, more > 0 {
        return (Double(step) + (wanted - within) / more) * residuals.width
      }
      within += more
    }
    return nil
  }

  /// In a sentence.
  var finding: String {
    guard let half = size(ofShare: 0.5) else {
      return "More than half of its predictions miss by more than the histogram shows"
    }
    let text = "Half of its predictions miss by less than \(Self.rounded(half))"
    return size(ofShare: 0.9).map { text + ", one in ten by more than \(Self.rounded($0))" } ?? text
  }

  /// A size as a person would say it: two digits that count, interpolated ones being no better.
  private static func rounded(_ value: Double) -> String {
    guard value >= 10 else { return Figure.metric(value) }
    var unit = 1.0
    while value / unit >= 100 { unit *= 10 }
    return Figure.fixed((value / unit).rounded() * unit, 0)
  }

  /// Bars of equal width that together hold all rows but the farthest few.
  private var bars: [(range: Range<Double>, rows: Int)] {
    let counts = residuals.counts
    let middle = ResidualHistogram.binCount / 2
    // So many bins to either side hold 99 of 100 rows.
    var reach = middle
    var outside = counts[0] + counts[counts.count - 1]
    while reach > 8 {
      let more = counts[middle - reach + 1] + counts[middle + reach]
      guard 100 * (outside + more) <= residuals.rows else { break }
      outside += more
      reach -= 1
    }
    let width = (reach + 14) / 15
    return (-15..<15).map { step in
      let bins = step * width..<(step + 1) * width
      let rows = bins.reduce(0) { sum, bin in
        let index = bin + middle + 1
        return (1...ResidualHistogram.binCount).contains(index) ? sum + counts[index] : sum
      }
      return (
        Double(bins.lowerBound) * residuals.width..<Double(bins.upperBound) * residuals.width, rows
      )
    }
  }

  var chart: Chart {
    let bars = bars
    let all = Double(max(1, residuals.rows))
    let axis = Axis(covering: bars.map { Double($0.rows) / all * 100 }, origin: 0, count: 4)
    let reach = bars.last?.range.upperBound ?? 1
    let x = { (value: Double) in (value + reach) / (2 * reach) }
    let y = { (share: Double) in bottom - axis(share) * (bottom - top) }
    var marks: [HTML] = []
    for (tick, tickLabel) in zip(axis.ticks, axis.labels) {
      marks.append(Mark.level(y(tick)))
      marks.append(Mark.text(tickLabel + "\u{A0}%", x: 0, y: y(tick) + 4, dx: -8, anchor: .end))
    }
    let sides = Axis(covering: [reach * 0.9], origin: 0, count: 3)
    for (tick, text) in zip(sides.ticks, sides.labels) where tick <= reach {
      if tick > 0 { marks.append(Mark.text("−" + text, x: x(-tick), y: bottom + 18, anchor: .middle)) }
      marks.append(Mark.text(tick > 0 ? "+" + text : text, x: x(tick), y: bottom + 18, anchor: .middle))
    }
    marks.append(
      Mark.text(
        "\(English.shortened(label, to: 24)) less its prediction", x: 0.5, y: height - 6, anchor: .middle))
    let width = 1 / Double(bars.count)
    for bar in bars {
      let share = Double(bar.rows) / all * 100
      marks.append(
        Mark.bar(
          x: x(bar.range.lowerBound) + width * 0.06, width: width * 0.88, y: y(share),
          height: bottom - y(share), "bar f"))
    }
    marks.append(Mark.line(x1: 0.5, y1: top, x2: 0.5, y2: bottom, "edge"))
    return Chart(
      id: "residuals", title: "Errors of prediction",
      note:
        "share of held-out rows by \(label) less its prediction; bars at the right are rows that were predicted too low",
      summary: "Histogram. \(finding).", height: height,
      left: Double(axis.labelLength + 2) * Chart.character + 12, right: 8, marks: HTML(marks),
      points: bars.map { bar in
        let share = Double(bar.rows) / all
        return Mark.point(
          x: x((bar.range.lowerBound + bar.range.upperBound) / 2), y: y(share * 100),
          [
            "off by \(Self.words(of: bar.range))",
            "\(Figure.count(bar.rows, "row")), \(Figure.percent(share))",
          ])
      }, table: table(bars))
  }

  private func table(_ bars: [(range: Range<Double>, rows: Int)]) -> DataTable {
    let all = Double(max(1, residuals.rows))
    let outside = residuals.rows - bars.reduce(0) { $0 + $1.rows }
    return DataTable(
      "Errors of prediction", columns: ["\(label) less its prediction", "rows", "share"],
      rows: bars.map { bar in
        [Self.words(of: bar.range), Figure.grouped(bar.rows), Figure.percent(Double(bar.rows) / all)]
      },
      note: outside == 0 ? nil : "\(Figure.count(outside, "row")) lie beyond both ends.")
  }

  private static func words(of range: Range<Double>) -> String {
    "\(Figure.change(range.lowerBound)) to \(Figure.change(range.upperBound))"
  }
}
