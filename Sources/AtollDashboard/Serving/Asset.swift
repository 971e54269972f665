import AtollReport
import Crypto
import FoundationEssentials

/// A file that pages load, at a path that has its hash: it may be kept for ever, and a new one has another path.
struct Asset: Sendable {
  let path: String
  let type: String
  let content: String

  private init(_ name: String, _ suffix: String, type: String, _ content: String) {
    let digest = SHA256.hash(data: Data(content.utf8)).prefix(8)
    let hash = digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    path = "/assets/\(name)-\(hash).\(suffix)"
    self.type = type
    self.content = content
  }

  static let style = Asset(
    "style", "css", type: "text/css; charset=utf-8",
    Resources.baseStyle + Chart.rooms + Resources.dashboardStyle)
  static let charts = Asset("charts", "js", type: "text/javascript; charset=utf-8", Resources.chartScript)
  static let script = Asset("live", "js", type: "text/javascript; charset=utf-8", Resources.dashboardScript)

  static let all = [style, charts, script]
}
