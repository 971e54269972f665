/// Markup. Whatever text is put into it is escaped, so that a name from outside can be read and never obeyed.
///
/// Only what stands in the source is markup: `"<b>\(name)</b>"` escapes the name, also inside a quoted attribute.
/// Attributes are always quoted.
package struct HTML: Sendable, Hashable {
  package private(set) var markup: String

  /// Parts one after the other.
  package init(_ parts: [HTML]) { markup = parts.map(\.markup).joined() }

  package static func + (left: HTML, right: HTML) -> HTML { HTML([left, right]) }
  package static func += (left: inout HTML, right: HTML) { left.markup += right.markup }

  package var isEmpty: Bool { markup.isEmpty }
}

extension HTML: ExpressibleByStringInterpolation {
  package init(stringLiteral markup: String) { self.markup = markup }
  package init(stringInterpolation: Interpolation) { markup = stringInterpolation.markup }

  package struct Interpolation: StringInterpolationProtocol {
    fileprivate var markup = ""

    package init(literalCapacity: Int, interpolationCount: Int) {
      markup.reserveCapacity(2 * literalCapacity)
    }

    package mutating func appendLiteral(_ literal: String) { markup += literal }
    // A literal in an interpolation, as in `isHit ? "hit" : "miss"`, is markup like the one around it.
    @_disfavoredOverload
    package mutating func appendInterpolation(_ text: String) { HTML.escape(text, into: &markup) }
    package mutating func appendInterpolation(_ number: Int) { markup += "\(number)" }
    package mutating func appendInterpolation(_ html: HTML) { markup += html.markup }
    package mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { markup += part.markup } }
    /// A coordinate: two digits after the point are a hundredth of a pixel, or of a percent.
    package mutating func appendInterpolation(at number: Double) { markup += HTML.coordinate(number) }
  }
}

extension HTML {
  fileprivate static func escape(_ text: String, into markup: inout String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": markup += "&amp;"
      case "<": markup += "&lt;"
      case ">": markup += "&gt;"
      case "\"": markup += "&quot;"
      case "'": markup += "&#39;"
      case "\n", "\t": markup.unicodeScalars.append(scalar)
      // Controls are no text, and marks of direction can make a name read like another.
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{200E}", "\u{200F}", "\u{202A}"..."\u{202E}",
        "\u{2066}"..."\u{2069}", "\u{FFFE}", "\u{FFFF}":
        markup += "\u{FFFD}"
      default: markup.unicodeScalars.append(scalar)
      }
    }
  }

  fileprivate static func coordinate(_ number: Double) -> String {
    let hundredths = Int((min(max(number, -1e6), 1e6) * 100).rounded())
    let (whole, part) = (hundredths.magnitude / 100, hundredths.magnitude % 100)
    let digits = part == 0 ? "" : part % 10 == 0 ? ".\(part / 10)" : part < 10 ? ".0\(part)" : ".\(part)"
    return (hundredths < 0 ? "-" : "") + "\(whole)" + digits
  }
}
