/// A chart with its caption and its table: one figure of the page.
package struct Chart {
  /// Unique on the page.
  let id: String
  package let title: String
  /// Smaller, below the title.
  var note: String?
  /// What the chart shows, in a sentence.
  package let summary: String
  /// Pixels; nil where the style sheet decides by the number of rows.
  let height: Double?
  var rows = 0
  /// Room for labels beside the plot, in pixels.
  var left = 0.0
  var right = 0.0
  let marks: HTML
  /// In the order in which the arrow keys walk them.
  let points: [HTML]
  let table: DataTable?
  /// Whether the heading above says what the title would.
  var hidesTitle = false
  /// More classes of the plot.
  var style = ""
  var isCard = true

  /// Pixels of a character of chart text, on the safe side.
  static let character = 7.0

  var html: HTML {
    figure("class=\"plot \(style)\" style=\"--left:\(at: left)px;--right:\(at: right)px;--n:\(rows)\"")
  }

  /// Without a style of its own, which a page's content security policy may forbid: room beside the plot comes from
  /// the classes of ``rooms``.
  package var plainHTML: HTML { figure("class=\"plot \(style) l\(Self.room(left)) r\(Self.room(right))\"") }

  /// Rooms beside a plot, in steps of a character.
  private static func room(_ pixels: Double) -> Int {
    min(max(0, Int((pixels / character).rounded(.up))), mostRoom)
  }

  private static let mostRoom = 48

  /// The style sheet that ``plainHTML`` needs.
  package static let rooms = (0...mostRoom).map { room in
    // Seven sixteenths: the text of charts grows with the page.
    let thousandths = room * 4_375
    let size = "\(thousandths / 10_000).\(String(thousandths % 10_000 + 10_000).dropFirst())rem"
    return ".l\(room){--left:\(size)}.r\(room){--right:\(size)}\n"
  }.joined()

  private func figure(_ plot: HTML) -> HTML {
    let caption: HTML = """
      <figcaption\(hidesTitle ? " class=\"hidden\"" : "")>\(title)\
      \(note.map { "<small>\($0)</small>" } ?? "")</figcaption>
      """
    return """
      <figure\(isCard ? " class=\"card\"" : "")>\(caption)
      <div \(plot) \
      data-title="\(title)"><svg role="img" aria-labelledby="\(id)-title \(id)-desc"\
      \(height.map { " height=\"\(at: $0)\"" } ?? "")>\
      <title id="\(id)-title">\(title)</title><desc id="\(id)-desc">\(summary)</desc>
      \(marks)
      \(points)</svg></div>
      \(table.map(\.folded) ?? "")</figure>
      """
  }

  /// Labels at the right end of lines, moved apart so that none touches another.
  ///
  /// - Parameter range: where their baselines may lie.
  static func apart(_ labels: [(y: Double, text: String, style: String)], in range: ClosedRange<Double>)
    -> [(y: Double, text: String, style: String)]
  {
    let gap = 15.0
    var labels = labels.sorted { $0.y < $1.y }
    for index in labels.indices {
      let least = index == 0 ? range.lowerBound : labels[index - 1].y + gap
      labels[index].y = max(labels[index].y, least)
    }
    for index in labels.indices.reversed() {
      let most = index == labels.count - 1 ? range.upperBound : labels[index + 1].y - gap
      labels[index].y = min(labels[index].y, most)
    }
    return labels
  }
}
