import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What whoever reads a stream can show.
struct Terminal: Sendable {
  /// Columns.
  var width = 80
  /// A person looks at it: lines may be rewritten in place.
  var isInteractive = false
  var hasColour = false
  /// Signs beyond ASCII can be shown.
  var hasUnicode = true

  /// Narrower terminals are written to as if they were this wide: their own wrapping is no worse than ours.
  static let narrowest = 40

  init() {}

  /// - Parameters:
  ///   - descriptor: of the stream.
  ///   - environment: `COLUMNS`, `NO_COLOR`, `TERM`, and the locale in `LC_ALL`, `LC_CTYPE` or `LANG`.
  ///   - allowsColour: false where the user forbids it.
  init(
    of descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment,
    allowsColour: Bool = true
  ) {
    func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    isInteractive = isatty(descriptor) == 1 && variable("TERM") != "dumb"
    hasColour = isInteractive && allowsColour && variable("NO_COLOR") == nil
    // The first that is set wins, as in setlocale(3).
    let locale = variable("LC_ALL") ?? variable("LC_CTYPE") ?? variable("LANG") ?? "C"
    hasUnicode = locale.lowercased().replacing("-", with: "").contains("utf8")
    if let columns = variable("COLUMNS").flatMap({ Int($0) }), columns > 0 {
      width = columns
    } else {
      var size = winsize()
      if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { width = Int(size.ws_col) }
    }
    width = min(max(width, Self.narrowest), 10_000)
  }

  /// Whether the wider tables fit, which have more columns.
  var isWide: Bool { width >= 120 }
  /// Columns that running text fills: longer lines are hard to read.
  var textWidth: Int { min(width, 100) }

  /// The text as this terminal can show it, without anything that a terminal would obey.
  ///
  /// To be called before text is measured, since a sign may become a word.
  func spell(_ text: StyledText) -> StyledText {
    text.mapText { text in
      let shown = text.unicodeScalars.contains(where: Self.isControl) ? Self.harmless(text) : text
      guard !hasUnicode, !shown.utf8.allSatisfy({ $0 < 0x80 }) else { return shown }
      return shown.reduce(into: "") { $0 += Self.spellings[$1] ?? String($1) }
    }
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  /// Names come from files: none may move the cursor or write the title of the window.
  private static func harmless(_ text: String) -> String {
    String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\t" ? " " : isControl($0) ? "\u{FFFD}" : $0 })
    )
  }

  private static let spellings: [Character: String] = [
    "ε": "epsilon", "δ": "delta", "·": "-", "…": "...", "−": "-", "–": "-", "±": "+-", "✓": "ok", "✗": "no",
    "“": "\"", "”": "\"", "’": "'", "×": "x", "→": "->", "²": "^2", "½": "1/2", "‖": "|", "Σ": "sum",
    "≤": "<=", "≥": ">=", "\u{FFFD}": "?",
  ]

  /// The text as this terminal can show it, on one line of so many columns at most.
  func truncated(_ text: StyledText, to width: Int) -> StyledText {
    spell(text).truncated(to: width, mark: hasUnicode ? "…" : "...")
  }

  /// What is sent for a line: styles become escape sequences where there is colour, no-break spaces blanks.
  func render(_ text: StyledText) -> String {
    guard hasColour else { return text.plain.replacing("\u{A0}", with: " ") }
    return text.runs.map { run in
      guard let code = run.style.code else { return run.text }
      return "\u{1B}[\(code)m\(run.text)\u{1B}[0m"
    }.joined().replacing("\u{A0}", with: " ")
  }
}
