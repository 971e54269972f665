import AtollFederation
import AtollLearning
import AtollNumerics

/// Each of a few participants alone and federated: two bars, and a mark for pooling.
///
/// Rows are moved by the style sheet, which has more room beside the bars on a wide page than on a narrow one.
struct SiteBars {
  let comparison: Comparison

  /// More participants become ``SiteChanges``.
  static let most = 12

  private var metric: Metric { comparison.metric }

  var chart: Chart {
    let sites = comparison.sites
    let values = sites.flatMap { [$0.alone, $0.federated, $0.pooled].compactMap { $0?[metric] } }
    let axis = Axis(covering: values + [metric.whole].compactMap(\.self), origin: metric.nothing, count: 6)
    let origin = axis(metric.nothing)
    var marks: [HTML] = []
    for (index, (tick, label)) in zip(axis.ticks, axis.labels).enumerated() {
      let x = axis(tick)
      let style = tick == metric.nothing ? "tall zero" : "tall"
      marks.append("<rect x=\"\(at: 100 * x)%\" width=\"1\" height=\"100%\" class=\"\(style)\"/>")
      // On a narrow page every other label.
      let more = index % 2 == 1 && axis.ticks.count > 4 ? " wide" : ""
      marks.append(
        "<text x=\"\(at: 100 * x)%\" y=\"100%\" dy=\"-8\" text-anchor=\"middle\" class=\"foot\(more)\">\(label)</text>"
      )
    }
    var points: [HTML] = []
    for (index, site) in sites.enumerated() {
      let row = self.row(site, isFirst: index == 0, axis: axis, origin: origin)
      marks.append("<g class=\"row\" style=\"--i:\(index)\">\(row)</g>")
      let reach = site.federated?[metric].map { axis($0) } ?? origin
      points.append(
        "<g class=\"row\" style=\"--i:\(index)\">\(Mark.point(x: (origin + reach) / 2, y: 20, words(of: site)))</g>"
      )
    }
    let longest = values.map { Figure.metric($0).count }.max() ?? 0
    return Chart(
      id: "sites", title: "\(metric.heading) of each participant, alone and federated", summary: summary,
      height: nil, rows: sites.count, marks: HTML(marks), points: points, table: nil, hidesTitle: true,
      style: "sites\(longest > 7 ? " long" : "")\(comparison.hasAlone ? "" : " single")")
  }

  private func row(_ site: Comparison.Site, isFirst: Bool, axis: Axis, origin: Double) -> HTML {
    var marks: [HTML] = [Mark.text(English.shortened(site.name, to: 18), x: 0, y: 0, "who")]
    if site.rows.heldOut > 0 {
      marks.append(Mark.text(Figure.count(site.rows.heldOut, "held-out row"), x: 0, y: 0, "what wide"))
    }
    func bar(_ value: Double, y: Double, _ style: String) -> HTML {
      let end = axis(value)
      return Mark.bar(x: min(origin, end), width: (end - origin).magnitude, y: y, height: 16, style)
    }
    for (value, y, style, name) in [
      (site.alone?[metric], 0.75, "a", "alone"), (site.federated?[metric], 22, "f", "federated"),
    ] {
      guard let value else { continue }
      marks.append(bar(value, y: y, "bar \(style)"))
      // The first pair is labelled: inside the bar, or behind a short one.
      let isLong = axis(value) - origin > 0.35
      if isFirst {
        marks.append(
          Mark.text(
            name, x: isLong ? origin : max(origin, axis(value)), y: y + 12.5, dx: 8,
            isLong ? "on-\(style)" : style))
      }
      marks.append(Mark.text(Figure.metric(value), x: 1, y: y + 12.5, dx: 8, style))
    }
    if let value = site.pooled?[metric] {
      marks.append(Mark.line(x1: axis(value), y1: -3, x2: axis(value), y2: 42, "line p"))
    }
    if let difference = site.difference {
      marks.append(Mark.text(difference.changeText, x: 1, y: 0, "change"))
      marks.append(Mark.text(difference.word, x: 1, y: 0, "word"))
    }
    return HTML(marks)
  }

  private func words(of site: Comparison.Site) -> [String] {
    var lines = [site.name]
    for (name, evaluation) in [
      ("alone", site.alone), ("federated", site.federated), ("pooled", site.pooled),
    ] {
      if let value = evaluation?[metric] { lines.append("\(name) \(Figure.metric(value))") }
    }
    if let difference = site.difference { lines.append("\(difference.text), \(difference.word)") }
    return lines
  }

  private var summary: String {
    "Pairs of bars. "
      + comparison.sites.map { site in
        words(of: site).prefix(3).joined(separator: ", ")
          + (site.difference.map { ": \($0.word)" } ?? "") + "."
      }.joined(separator: " ")
  }
}
