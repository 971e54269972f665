/// A chart with its caption and its table: one figure of the page.
struct Chart {
  /// Unique on the page.
  let id: String
  let title: String
  /// Smaller, below the title.
  var note: String?
  /// What the chart shows, in a sentence.
  let summary: String
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
    let caption: HTML = """
      <figcaption\(hidesTitle ? " class=\"hidden\"" : "")>\(title)\
      \(note.map { "<small>\($0)</small>" } ?? "")</figcaption>
      """
    return """
      <figure\(isCard ? " class=\"card\"" : "")>\(caption)
      <div class="plot \(style)" style="--left:\(at: left)px;--right:\(at: right)px;--n:\(rows)" \
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
