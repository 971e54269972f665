extension TaskSchema {
  /// The listing of `atoll task schema`: every key with its legal values, its default and what it is for.
  ///
  /// - Parameter width: columns of the terminal; text is wrapped at blanks, under its own column.
  public static func listing(width: Int = 80) -> String {
    listing(
      of: rows,
      head: """
        A task file is YAML. In brackets stands what holds where a key is not written.
        Lines with “·” are the words a value may be; one with keys of its own is written {kind: fedprox, mu: 0.1}.
        """, width: width)
  }

  /// The same for any file that forms read.
  static func listing(of rows: [Row], head: String, width: Int) -> String {
    let width = max(60, width)
    var lines: [String] = []
    for row in rows {
      if row.level == 0, !lines.isEmpty { lines.append("") }
      let margin = String(repeating: " ", count: 2 * row.level)
      let head = margin + (row.isKind ? "· " : "") + row.name
      let start = max(26, head.count + 2)
      let text =
        [row.meaning, row.type].filter { !$0.isEmpty }.joined(separator: "; ") + row.standardInBrackets
      for (number, line) in wrapped(text, width: width - start).enumerated() {
        let indent = number == 0 ? head + String(repeating: " ", count: start - head.count) : blanks(start)
        lines.append(indent + line)
      }
    }
    let wrappedHead = head.split(separator: "\n").flatMap { wrapped(String($0), width: width) }
    return (wrappedHead + [""] + lines).joined(separator: "\n") + "\n"
  }

  private static func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }
}

extension TaskSchema.Row {
  fileprivate var standardInBrackets: String {
    if isRequired { return " (must be given)" }
    return standard.isEmpty ? "" : " (\(standard))"
  }
}

/// The text in lines of at most `width` characters, broken at blanks; a longer word has a line of its own. A
/// no-break space becomes a blank where no line ends.
func wrapped(_ text: String, width: Int) -> [String] {
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ") {
    if !line.isEmpty, line.count + 1 + word.count > width {
      lines.append(line)
      line = ""
    }
    line += line.isEmpty ? word : " " + word
  }
  return (lines + [line]).map { $0.replacing("\u{A0}", with: " ") }
}
