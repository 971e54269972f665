import Foundation

/// The rows that have peers as bars: how many times as fast as the best peer.
enum Plot {
  static func svg(of rows: [Row]) -> String {
    let shown = rows.filter { $0.ratio != nil }
    let (line, left, scale) = (34, 170, 420)
    let longest = max(shown.compactMap(\.ratio).max() ?? 1, 1)
    func x(_ ratio: Double) -> Int { left + Int((ratio / longest * Double(scale)).rounded()) }
    let height = 56 + line * shown.count
    var parts = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 860 \(height)\" font-family=\"sans-serif\" font-size=\"12\">",
      "<rect width=\"860\" height=\"\(height)\" fill=\"white\"/>",
      "<text x=\"12\" y=\"22\" font-size=\"14\">Atoll against the fastest peer on the same work (1 = as fast)</text>",
    ]
    for (place, row) in shown.enumerated() {
      guard let ratio = row.ratio, let best = row.bestPeer else { continue }
      let y = 40 + line * place
      let batch = row.batch.map { ", batch \($0)" } ?? ""
      let name = "\(row.workload), \(row.threads) thread\(row.threads == 1 ? "" : "s")\(batch)"
      let figures =
        "\(TextReport.number(row.figure)) \(row.unit); \(best.peer) \(TextReport.number(best.figure))"
        + (best.recorded ? " (recorded)" : "")
      parts += [
        "<text x=\"12\" y=\"\(y + 16)\">\(escaped(name))</text>",
        "<rect x=\"\(left)\" y=\"\(y + 2)\" width=\"\(x(ratio) - left)\" height=\"12\" fill=\"#1f6f8b\"/>",
        "<text x=\"\(x(ratio) + 6)\" y=\"\(y + 12)\">\(String(format: "%.1f", ratio)) x</text>",
        "<text x=\"\(left)\" y=\"\(y + 26)\" font-size=\"10\" fill=\"#555\">\(escaped(figures))</text>",
      ]
    }
    parts.append(
      "<line x1=\"\(x(1))\" y1=\"36\" x2=\"\(x(1))\" y2=\"\(height - 12)\" stroke=\"#b5502f\" stroke-dasharray=\"3 3\"/>"
    )
    return parts.joined(separator: "\n") + "\n</svg>\n"
  }

  private static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
  }
}
