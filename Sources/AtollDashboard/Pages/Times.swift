import AtollNumerics
import FoundationEssentials

/// Instants in words, in UTC.
enum Times {
  /// `2026-11-26T14:03:22Z`.
  static func full(_ seconds: Int) -> String {
    // Beyond the year 9999 there is nothing to show.
    Date(timeIntervalSince1970: Double(min(max(seconds, 0), 253_402_300_799))).formatted(.iso8601)
  }

  /// `14:03:22`.
  static func clock(_ seconds: Int) -> String { String(full(seconds).dropFirst(11).prefix(8)) }

  /// `2026-11-26`.
  static func date(_ seconds: Int) -> String { String(full(seconds).prefix(10)) }

  /// `2026-11-26 14:03`.
  static func minute(_ seconds: Int) -> String { "\(date(seconds)) \(full(seconds).dropFirst(11).prefix(5))" }

  /// `a moment ago`, `4 min ago`, `2 h ago`, `12 d ago`: coarse, so that a page does not change every second.
  static func ago(_ seconds: Int, now: Int) -> String {
    switch now - seconds {
    case ..<60: "a moment ago"
    case let age where age < 3_600: "\(age / 60)\u{A0}min ago"
    case let age where age < 172_800: "\(age / 3_600)\u{A0}h ago"
    case let age: "\(Figure.grouped(age / 86_400))\u{A0}d ago"
    }
  }
}
