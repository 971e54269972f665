/// Writes a tree as YAML that reads back to the same tree, here and with any YAML 1.1 or 1.2 reader.
///
/// Maps of the two upper levels are written line by line, deeper ones in braces where they fit on the line.
struct YAMLWriter {
  private static let width = 100
  private var lines: [String] = []

  /// The text of a document, with a line end behind its last line.
  static func text(_ value: YAMLValue) -> String {
    var writer = YAMLWriter()
    writer.block(value, indent: 0, level: 0)
    return writer.lines.map { $0 + "\n" }.joined()
  }

  /// On one line, in braces and brackets.
  static func line(_ value: YAMLValue) -> String { flow(value) }

  private mutating func block(_ value: YAMLValue, indent: Int, level: Int) {
    let margin = String(repeating: " ", count: indent)
    switch value.content {
    case .scalar: lines.append(margin + Self.flow(value))
    case .list(let items):
      for item in items {
        // Items of long lists stand in braces whatever their length: none of ours is deep.
        lines.append(margin + "- " + Self.flow(item))
      }
    case .map(let entries):
      for entry in entries { self.entry(entry, margin: margin, indent: indent, level: level) }
    }
  }

  private mutating func entry(_ entry: YAMLValue.Entry, margin: String, indent: Int, level: Int) {
    let start = margin + Self.text(entry.key) + ":"
    let inline = Self.flow(entry.value)
    let fits = start.count + 1 + inline.count <= Self.width
    switch entry.value.content {
    case .map(let entries) where !entries.isEmpty && (level == 0 || !fits):
      lines.append(start)
      block(entry.value, indent: indent + 2, level: level + 1)
    case .list(let items) where !items.isEmpty && !fits:
      lines.append(start)
      block(entry.value, indent: indent + 2, level: level + 1)
    default: lines.append(start + " " + inline)
    }
  }

  private static func flow(_ value: YAMLValue) -> String {
    switch value.content {
    case .scalar(let text, .plain): word(text)
    case .scalar(let text, _): Self.text(text)
    case .list(let items): "[" + items.map(flow).joined(separator: ", ") + "]"
    case .map(let entries):
      "{" + entries.map { text($0.key) + ": " + flow($0.value) }.joined(separator: ", ") + "}"
    }
  }

  /// Numbers, and words that the form of a key knows.
  private static func word(_ word: String) -> String {
    let isBare =
      NumberText(word) != nil || word.utf8.first != UInt8(ascii: "-") && word.utf8.allSatisfy(isBareByte)
    return isBare && !word.isEmpty ? word : quoted(word)
  }

  /// Text stands without quotes only where no reader could take it for something else.
  private static func text(_ text: String) -> String {
    // First a letter, `_` or `/`.
    guard let first = text.utf8.first, first == 47 || first > 57, isBareByte(first) || first == 47,
      text.utf8.last != UInt8(ascii: " "), !reserved.contains(text.lowercased()),
      text.utf8.allSatisfy({ isBareByte($0) || $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "/") })
    else { return quoted(text) }
    return text
  }

  private static let reserved: Set<String> = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"]

  /// Letters, digits, `-`, `.` and `_`.
  private static func isBareByte(_ byte: UInt8) -> Bool {
    (65...90).contains(byte) || (97...122).contains(byte) || (48...57).contains(byte)
      || [45, 46, 95].contains(byte)
  }

  private static func quoted(_ text: String) -> String {
    let escaped = text.replacing("${", with: "$${")
    guard escaped.unicodeScalars.contains(where: isUnseen) else {
      return "'" + escaped.replacing("'", with: "''") + "'"
    }
    return doubleQuoted(escaped)
  }

  private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
    default: false
    }
  }

  private static func doubleQuoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\" + String(scalar)
      case _ where isUnseen(scalar):
        let digits = String(scalar.value, radix: 16)
        quoted += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
