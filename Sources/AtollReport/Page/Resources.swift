import AtollNumerics
import CAtollReport
import FoundationEssentials

/// Style sheets and scripts of the pages, as they are compiled in.
package enum Resources {
  /// What every page has: colours, type, charts, tables.
  package static let baseStyle = text(atoll_base_style_start(), atoll_base_style_count)
  /// What the dashboard has besides.
  package static let dashboardStyle = text(atoll_dashboard_style_start(), atoll_dashboard_style_count)
  /// What reads the points of charts out.
  package static let chartScript = text(atoll_report_script_start(), atoll_report_script_count)
  /// What brings the dashboard's parts up to date.
  package static let dashboardScript = text(atoll_dashboard_script_start(), atoll_dashboard_script_count)

  static let style = HTML(
    stringLiteral: baseStyle + text(atoll_report_style_start(), atoll_report_style_count))
  static let script = HTML(stringLiteral: chartScript)

  /// SHA-256 of the script in base64, as a content security policy names it.
  static let scriptHash: String = {
    let hexadecimal = ContentHash(of: Array(script.markup.utf8)).hexadecimal
    let digits = Array(hexadecimal.utf8).map { $0 < 58 ? $0 - 48 : $0 - 87 }
    let bytes = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    return Data(bytes).base64EncodedString()
  }()

  private static func text(_ start: UnsafePointer<UInt8>, _ count: Int) -> String {
    String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }
}
