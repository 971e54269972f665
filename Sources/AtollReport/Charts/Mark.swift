/// The marks that charts are made of.
///
/// Charts stretch with the page and their text does not: x is a share of the plot's width, 0...1, which becomes a
/// percentage; y, offsets and sizes are pixels. Colours are classes, so that both themes and print can set them:
/// `f` federated, `a` alone, `p` pooled.
package enum Mark {
  enum Anchor: String { case start, middle, end }

  static func text(
    _ text: String, x: Double, y: Double, dx: Double = 0, anchor: Anchor = .start, _ style: String = ""
  ) -> HTML {
    let shift: HTML = dx == 0 ? "" : " dx=\"\(at: dx)\""
    let turn: HTML = anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\""
    let style: HTML = style.isEmpty ? "" : " class=\"\(style)\""
    return "<text x=\"\(at: 100 * x)%\" y=\"\(at: y)\"\(shift)\(turn)\(style)>\(text)</text>"
  }

  static func line(x1: Double, y1: Double, x2: Double, y2: Double, _ style: String = "rule") -> HTML {
    "<line x1=\"\(at: 100 * x1)%\" y1=\"\(at: y1)\" x2=\"\(at: 100 * x2)%\" y2=\"\(at: y2)\" class=\"\(style)\"/>"
  }

  /// Across the whole plot.
  static func level(_ y: Double, _ style: String = "rule") -> HTML { line(x1: 0, y1: y, x2: 1, y2: y, style) }

  static func circle(x: Double, y: Double, radius: Double, _ style: String) -> HTML {
    "<circle cx=\"\(at: 100 * x)%\" cy=\"\(at: y)\" r=\"\(at: radius)\" class=\"\(style)\"/>"
  }

  static func bar(x: Double, width: Double, y: Double, height: Double, _ style: String) -> HTML {
    """
    <rect x="\(at: 100 * x)%" y="\(at: y)" width="\(at: 100 * max(0, width))%" height="\(at: max(0, height))" \
    class="\(style)"/>
    """
  }

  static func diamond(x: Double, y: Double, radius: Double, _ style: String) -> HTML {
    """
    <svg x="\(at: 100 * x)%" y="\(at: y)" class="at"><path d="M0,\(at: -radius)L\(at: radius),0\
    L0,\(at: radius)L\(at: -radius),0Z" class="\(style)"/></svg>
    """
  }

  /// A curve through points, in a box as wide as the plot and `height` high.
  static func curve(_ points: [(x: Double, y: Double)], height: Double, _ style: String) -> HTML {
    let path = points.map { "\(at: 100 * $0.x),\(at: $0.y)" as HTML }
    var joined: HTML = ""
    for (index, point) in path.enumerated() { joined += index == 0 ? "M\(point)" : "L\(point)" }
    return """
      <svg width="100%" height="\(at: height)" viewBox="0 0 100 \(at: height)" preserveAspectRatio="none" \
      class="at"><path d="\(joined)" class="line \(style)"/></svg>
      """
  }

  /// What hovering and the arrow keys can reach, with what is said there. Not seen until then.
  static func point(x: Double, y: Double, _ lines: [String]) -> HTML {
    """
    <circle class="pt" cx="\(at: 100 * x)%" cy="\(at: y)" r="7" data-tip="\(lines.joined(separator: "\n"))"/>
    """
  }
}
