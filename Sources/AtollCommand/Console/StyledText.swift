/// What a piece of text means. A terminal shows some meanings in colour; without colour the words alone say it.
///
/// Only colours of the terminal's own theme, so that light and dark both work.
enum Style: Sendable {
  case plain
  /// A command's title, a heading, the row of means.
  case strong
  /// Figures of the federated model.
  case federated
  /// Figures of participants alone.
  case alone
  /// The live last line, hints, time left.
  case dim
  /// Who is waited for.
  case waiting
  /// The word `error:` and nothing else.
  case error
  /// The word `warning:` and nothing else.
  case warning
  /// What to type next.
  case next
  /// The sign ✓.
  case good
  /// The sign ✗.
  case bad

  /// Select Graphic Rendition (ECMA-48 §8.3.117); nil where the terminal's own look stays.
  var code: String? {
    switch self {
    case .plain: nil
    case .strong, .waiting, .warning, .next: "1"
    case .federated: "36"
    case .alone: "33"
    case .dim: "2"
    case .error: "1;31"
    case .good: "32"
    case .bad: "31"
    }
  }
}

/// Text whose parts have meanings: `"\("warning:", .warning) \(name) is a date"`.
struct StyledText: Sendable, ExpressibleByStringInterpolation {
  struct Run: Sendable {
    var text: String
    var style: Style
  }

  private(set) var runs: [Run]

  init(_ text: String, _ style: Style = .plain) { runs = text.isEmpty ? [] : [Run(text: text, style: style)] }
  init(stringLiteral value: String) { self.init(value) }
  init(stringInterpolation: Interpolation) { runs = stringInterpolation.text.runs }

  /// Columns of the terminal that the text takes.
  var width: Int { runs.reduce(0) { $0 + $1.text.count } }
  var isEmpty: Bool { runs.isEmpty }
  /// The text alone.
  var plain: String { runs.map(\.text).joined() }

  static func + (left: StyledText, right: StyledText) -> StyledText {
    var sum = left
    sum += right
    return sum
  }

  static func += (left: inout StyledText, right: StyledText) {
    for run in right.runs {
      if let last = left.runs.indices.last, left.runs[last].style == run.style {
        left.runs[last].text += run.text
      } else {
        left.runs.append(run)
      }
    }
  }

  /// The same meanings over other words.
  func mapText(_ transform: (String) -> String) -> StyledText {
    var result = self
    for index in runs.indices { result.runs[index].text = transform(runs[index].text) }
    return result
  }

  struct Interpolation: StringInterpolationProtocol {
    fileprivate var text = StyledText("")

    init(literalCapacity: Int, interpolationCount: Int) {}
    mutating func appendLiteral(_ literal: String) { text += StyledText(literal) }
    mutating func appendInterpolation(_ value: some CustomStringConvertible, _ style: Style = .plain) {
      text += StyledText(value.description, style)
    }
    mutating func appendInterpolation(_ value: StyledText) { text += value }
  }
}

// MARK: - Lines

extension StyledText {
  /// Blanks.
  static func blanks(_ count: Int) -> StyledText { StyledText(String(repeating: " ", count: max(0, count))) }

  /// The text in lines of at most `width` columns, broken at blanks; every line but the first begins with `indent`
  /// blanks. A word that is longer, such as a path, keeps a line of its own; a no-break space is never broken at.
  func wrapped(width: Int, indent: Int = 0) -> [StyledText] {
    guard self.width > width else { return [self] }
    var lines: [StyledText] = []
    var line = StyledText("")
    // Blanks before the next word, which are kept unless the line ends there.
    var gap = StyledText("")
    for piece in pieces {
      guard !piece.isBlank else {
        gap += piece.text
        continue
      }
      let isFirst = line.isEmpty || line.width == indent && line.plain.allSatisfy { $0 == " " }
      if !isFirst, line.width + gap.width + piece.text.width > width {
        lines.append(line)
        line = .blanks(indent)
        gap = StyledText("")
      }
      line += gap + piece.text
      gap = StyledText("")
    }
    return lines + [line]
  }

  /// Words, each with its styles, and the blanks between them. A command to type is one word, so that it can be copied.
  private var pieces: [(text: StyledText, isBlank: Bool)] {
    var pieces: [(text: StyledText, isBlank: Bool)] = []
    for run in runs {
      var rest = run.text[...]
      let isCommand = run.style == .next && run.text.hasPrefix("atoll ")
      while let first = rest.first {
        let isBlank = first == " "
        let part = isCommand ? rest : rest.prefix { ($0 == " ") == isBlank }
        rest = rest.dropFirst(part.count)
        let text = StyledText(String(part), run.style)
        if let last = pieces.indices.last, pieces[last].isBlank == isBlank {
          pieces[last].text += text
        } else {
          pieces.append((text, isBlank))
        }
      }
    }
    return pieces
  }

  /// At most `width` columns; what is cut off shows as the mark.
  func truncated(to width: Int, mark: String = "…") -> StyledText {
    guard self.width > width else { return self }
    var room = max(0, width - mark.count)
    var result = StyledText("")
    for run in runs where room > 0 {
      result += StyledText(String(run.text.prefix(room)), run.style)
      room -= min(room, run.text.count)
    }
    return result + StyledText(mark)
  }

  /// Filled up with blanks on the left or on the right.
  func padded(to width: Int, _ alignment: TextTable.Alignment = .leading) -> StyledText {
    let blanks = StyledText.blanks(width - self.width)
    return alignment == .leading ? self + blanks : blanks + self
  }
}
