import AtollLearning
import AtollNumerics

/// Where alone, federated and pooled stand: a row each, with a large mark for all held-out rows and a small one for
/// each participant.
struct StandingChart {
  let comparison: Comparison

  private var metric: Metric { comparison.metric }

  private struct Row {
    let name: String
    let style: String
    let whole: Double
    let sites: [(name: String, value: Double)]
  }

  /// Participants that get a mark each; of more, every twentieth in order of the figure.
  private static let mostMarks = 40

  private var rows: [Row] {
    let models: [(String, String, Double?, KeyPath<Comparison.Site, Evaluation?>)] = [
      ("alone", "a", comparison.alone?[metric], \.alone),
      ("federated", "f", comparison.federated?[metric], \.federated),
      ("pooled", "p", comparison.pooled?[metric], \.pooled),
    ]
    return models.compactMap { name, style, whole, model in
      guard let whole else { return nil }
      let sites = comparison.sites.compactMap { site in
        site[keyPath: model]?[metric].map { (name: site.name, value: $0) }
      }.sorted { ($0.value, $0.name) < ($1.value, $1.name) }
      let shown =
        sites.count <= Self.mostMarks ? sites : Thinning.spread(sites.count, limit: 21).map { sites[$0] }
      return Row(name: name, style: style, whole: whole, sites: shown)
    }
  }

  /// Whether marks stand for participants in part only.
  var isThinned: Bool { comparison.sites.count > Self.mostMarks }

  /// Nil where there is nothing to compare.
  var chart: Chart? {
    let rows = rows
    guard rows.count > 1 else { return nil }
    let axis = Axis(covering: rows.flatMap { [$0.whole] + $0.sites.map(\.value) }, count: 4)
    // Marks at the ends of the axis are seen as a whole.
    let x = { (value: Double) in 0.03 + 0.94 * axis(value) }
    let height = 64 * Double(rows.count) + 26
    var marks: [HTML] = []
    for (tick, label) in zip(axis.ticks, axis.labels) {
      marks.append(Mark.line(x1: x(tick), y1: 4, x2: x(tick), y2: height - 22))
      marks.append(Mark.text(label, x: x(tick), y: height - 6, anchor: .middle))
    }
    var points: [HTML] = []
    for (index, row) in rows.enumerated() {
      let y = 40 + 64 * Double(index)
      marks.append(Mark.text(row.name, x: 0, y: y, "name \(row.style)"))
      for site in row.sites {
        marks.append(
          Mark.circle(
            x: x(site.value), y: y, radius: 4.5, row.style == "a" ? "ring a" : "dot faint \(row.style)")
        )
        points.append(
          Mark.point(x: x(site.value), y: y, [site.name, "\(row.name) \(Figure.metric(site.value))"]))
      }
      if row.style == "a" { marks += names(of: row.sites, x: x, y: y) }
      marks += wholeMark(of: row, x: x(row.whole), y: y)
      points.append(
        Mark.point(
          x: x(row.whole), y: y,
          ["\(row.name), all held-out rows", "\(metric.title) \(Figure.metric(row.whole))"]))
    }
    return Chart(
      id: "standing", title: "\(metric.heading) alone, federated and pooled", summary: summary(rows),
      height: height, right: 12, marks: HTML(marks), points: points, table: nil, hidesTitle: true,
      style: "standing", isCard: false)
  }

  private func wholeMark(of row: Row, x: Double, y: Double) -> [HTML] {
    let mark =
      switch row.style {
      case "p": Mark.diamond(x: x, y: y, radius: 8, "dot p")
      case "a": Mark.circle(x: x, y: y, radius: 8, "ring strong a")
      default: Mark.circle(x: x, y: y, radius: 8, "dot f")
      }
    let anchor: Mark.Anchor = x < 0.15 ? .start : x > 0.85 ? .end : .middle
    let dx = anchor == .start ? -8.0 : anchor == .end ? 8 : 0
    return [
      mark, Mark.text(Figure.metric(row.whole), x: x, y: y - 14, dx: dx, anchor: anchor, "halo \(row.style)"),
    ]
  }

  /// Names below the marks, in two lines, where a wide page has room for them; those that would touch are left out.
  private func names(of sites: [(name: String, value: Double)], x: (Double) -> Double, y: Double) -> [HTML] {
    guard sites.count <= 12 else { return [] }
    // The narrowest plot that shows names at all.
    let width = 560.0
    var ends = [-Double.infinity, -Double.infinity]
    return sites.compactMap { site in
      let name = English.shortened(site.name, to: 16)
      let half = Double(name.count) * Chart.character / 2
      let middle = min(max(x(site.value) * width, half), width - half)
      guard let line = ends.firstIndex(where: { $0 + 8 < middle - half }) else { return nil }
      ends[line] = middle + half
      return Mark.text(
        name, x: middle / width, y: y + 20 + 13 * Double(line), anchor: .middle, "wide")
    }
  }

  private func summary(_ rows: [Row]) -> String {
    let parts = rows.map { row in
      var text = "\(English.capitalized(row.name)) \(Figure.metric(row.whole)) on all held-out rows"
      if let least = row.sites.first, let most = row.sites.last, row.sites.count > 1 {
        text += ", between \(Figure.metric(least.value)) and \(Figure.metric(most.value)) by participant"
      }
      return text + "."
    }
    return "Dot plot of \(metric.title). " + parts.joined(separator: " ")
  }
}
