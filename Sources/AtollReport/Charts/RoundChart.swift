import AtollNumerics

/// What charts of a figure by round have in common: levels with their labels, rounds below, one line, and labels beside the
/// ends of lines.
struct RoundChart {
  private let axis: Axis
  /// Rounds of the whole run.
  private let rounds: Int
  private var marks: [HTML] = []
  /// Labels at the ends of lines.
  private var ends: [(y: Double, text: String, style: String)] = []

  private let height = 230.0
  private let top = 12.0
  private var bottom: Double { height - 26 }

  /// An empty chart.
  init(_ axis: Axis, rounds: Int) {
    self.axis = axis
    self.rounds = rounds
    for (tick, label) in zip(axis.ticks, axis.labels) {
      marks.append(Mark.level(y(tick)))
      marks.append(Mark.text(label, x: 0, y: y(tick) + 4, dx: -8, anchor: .end))
    }
    for tick in Axis.rounds(upTo: rounds) {
      marks.append(Mark.text(Figure.grouped(tick), x: x(tick), y: height - 6, anchor: .middle))
    }
    let lastTick = Double(Figure.grouped(rounds).count) * Chart.character / 2
    marks.append(Mark.text("round", x: x(rounds), y: height - 6, dx: lastTick + 8))
  }

  private func x(_ round: Int) -> Double { rounds > 1 ? Double(round - 1) / Double(rounds - 1) : 0.5 }
  private func y(_ value: Double) -> Double { bottom - axis(value) * (bottom - top) }

  /// Draws a level across the plot.
  mutating func addLevel(_ value: Double, label: String, style: String) {
    marks.append(Mark.level(y(value), "line \(style)"))
    ends.append((y(value) + 4, label, style))
  }

  /// Draws the line, with a dot at its last point.
  mutating func addCurve(_ points: [(round: Int, value: Double)], label: (_ last: Double) -> String) {
    marks.append(Mark.curve(points.map { (x($0.round), y($0.value)) }, height: height, "f"))
    guard let last = points.last else { return }
    marks.append(Mark.circle(x: x(last.round), y: y(last.value), radius: 4, "dot f"))
    ends.append((y(last.value) + 4, label(last.value), "f"))
  }

  /// The figure.
  ///
  /// - Parameters:
  ///   - labels: the round that the labels stand at, above the plot; nil: they stand beside it.
  ///   - points: what the arrow keys walk, with their words.
  func chart(
    id: String, title: String, note: String, summary: String, labelsAt labels: Int? = nil,
    points: [(round: Int, value: Double, words: [String])]
  ) -> Chart {
    var marks = marks
    for end in Chart.apart(ends, in: top + 4...bottom + 4) {
      let style = end.style + (labels == nil ? "" : " halo")
      marks.append(Mark.text(end.text, x: labels.map(x) ?? 1, y: end.y, dx: 10, style))
    }
    let widest = ends.map(\.text.count).max() ?? 0
    return Chart(
      id: id, title: title, note: note, summary: summary, height: height,
      left: Double(axis.labelLength) * Chart.character + 12,
      right: Double(widest) * Chart.character + 12, marks: HTML(marks),
      points: points.map { Mark.point(x: x($0.round), y: y($0.value), $0.words) }, table: nil)
  }
}
