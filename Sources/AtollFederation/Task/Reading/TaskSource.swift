import AtollLearning

/// A fault before it is given its line of the file.
struct Problem: Error, Sendable {
  var code: TaskError.Code
  var message: String
  var place: Place
  var suggestion: String?

  init(_ code: TaskError.Code, _ message: String, at place: Place, suggestion: String? = nil) {
    self.code = code
    self.message = message
    self.place = place
    self.suggestion = suggestion
  }
}

/// The text of a task file, after all checks that need no YAML: size, encoding, characters nobody can see,
/// tabs.
struct TaskSource: Sendable {
  /// Largest task file, in bytes.
  static let largest = 1 << 20

  let name: String
  /// What the file is, for messages: `task`.
  let subject: String
  /// Without a byte order mark.
  let text: String
  let lines: [Substring]

  /// A source of a flag, or of a file whose bytes are known to be UTF-8.
  init(text: String, name: String, subject: String = "task") {
    self.name = name
    self.subject = subject
    self.text = text
    var lines: [Substring] = []
    var start = text.unicodeScalars.startIndex
    var index = start
    let scalars = text.unicodeScalars
    while index < scalars.endIndex {
      let next = scalars.index(after: index)
      if scalars[index] == "\n" || scalars[index] == "\r" {
        lines.append(Substring(scalars[start..<index]))
        let isPair = scalars[index] == "\r" && next < scalars.endIndex && scalars[next] == "\n"
        start = isPair ? scalars.index(after: next) : next
        index = start
      } else {
        index = next
      }
    }
    lines.append(Substring(scalars[start...]))
    self.lines = lines
  }

  /// - Throws: ``InvalidTask`` when the bytes are too many or not UTF-8.
  static func reading(
    _ bytes: some Collection<UInt8>, name: String, subject: String = "task"
  ) throws(InvalidTask) -> TaskSource {
    guard bytes.count <= largest else {
      let problem = Problem(
        .limit, "the file has more than \(grouped(largest)) bytes, the most that a \(subject) may have",
        at: .none)
      throw TaskSource(text: "", name: name).invalid([problem])
    }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let content = bytes.starts(with: mark) ? bytes.dropFirst(3) : bytes.dropFirst(0)
    if let text = String(validating: content, as: UTF8.self) {
      return TaskSource(text: text, name: name, subject: subject)
    }
    let source = TaskSource(text: String(decoding: content, as: UTF8.self), name: name)
    let line = source.lines.firstIndex { $0.unicodeScalars.contains("\u{FFFD}") } ?? 0
    let column = source.lines[line].unicodeScalars.prefix { $0 != "\u{FFFD}" }.count + 1
    throw source.invalid([
      Problem(
        .syntax, "the file is not UTF-8 text", at: .file(line: line + 1, column: column, length: 1),
        suggestion: "save it as UTF-8")
    ])
  }

  /// Characters and indentation that would be misread by a person or by YAML.
  func characterProblems() -> [Problem] {
    var problems: [Problem] = []
    for (number, line) in lines.enumerated() where problems.count < InvalidTask.limit {
      if let column = line.unicodeScalars.enumerated().first(where: { Self.isForbidden($0.element) }) {
        problems.append(
          Problem(
            .syntax, "an invisible character, \(column.element.codePoint), stands here",
            at: .file(line: number + 1, column: column.offset + 1, length: 1), suggestion: "remove it"))
      }
      let indentation = line.unicodeScalars.prefix { $0 == " " || $0 == "\t" }
      let rest = line.unicodeScalars.dropFirst(indentation.count)
      if let tab = indentation.firstIndex(of: "\t"), let first = rest.first, first != "#" {
        let column = indentation.distance(from: indentation.startIndex, to: tab) + 1
        problems.append(
          Problem(
            .syntax, "a tab indents this line; YAML is indented by blanks only",
            at: .file(line: number + 1, column: column, length: 1), suggestion: "put two blanks in its place")
        )
      }
    }
    return problems
  }

  /// Control characters, other line ends, zero-width marks and those that turn the direction of writing.
  static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D: false
    case 0x00...0x1F, 0x7F...0x9F, 0xFEFF, 0xFFFE, 0xFFFF, 0x2028...0x202E, 0x200B, 0x200E, 0x200F,
      0x2060...0x2069:
      true
    default: false
    }
  }

  /// Gives the problem its line of the text.
  func error(_ problem: Problem) -> TaskError {
    func make(_ line: Int?, _ column: Int?, _ flag: String?, _ excerpt: String?, _ length: Int) -> TaskError {
      TaskError(
        code: problem.code, message: problem.message, file: name, line: line, column: column, flag: flag,
        excerpt: excerpt, length: length, suggestion: problem.suggestion)
    }
    switch problem.place {
    case .none: return make(1, 1, nil, lines.first.map { String($0) } ?? "", 1)
    case .flag(let flag): return make(nil, nil, flag, nil, 0)
    case .file(let line, let column, let length):
      // What is missing at the end of the file is marked behind its last character.
      let row = min(max(line, 1), lines.count)
      let text = lines[row - 1]
      let place =
        row == line ? min(max(column, 1), text.unicodeScalars.count + 1) : text.unicodeScalars.count + 1
      return make(row, place, nil, String(text), quotedLength(in: text, at: place) ?? length)
    }
  }

  /// A quoted scalar is marked with its quotes, to the end of its line at most.
  private func quotedLength(in line: Substring, at column: Int) -> Int? {
    let rest = line.unicodeScalars.dropFirst(column - 1)
    guard let quote = rest.first, quote == "'" || quote == "\"" else { return nil }
    var length = 1
    var isEscaped = false
    for scalar in rest.dropFirst() {
      length += 1
      if scalar == quote, !isEscaped { break }
      isEscaped = scalar == "\\" && !isEscaped && quote == "\""
    }
    return length
  }

  /// The problems, in the order of the file and without repetitions.
  func invalid(_ problems: [Problem]) -> InvalidTask {
    let ordered = problems.enumerated().sorted { left, right in
      let places = (left.element.place.order, right.element.place.order)
      return places.0 == places.1 ? left.offset < right.offset : places.0 < places.1
    }
    var seen: Set<TaskError> = []
    var errors: [TaskError] = []
    var index = 0
    while index < ordered.count, errors.count < InvalidTask.limit {
      let error = error(ordered[index].element)
      if seen.insert(error).inserted { errors.append(error) }
      index += 1
    }
    return InvalidTask(problems: errors, omitted: ordered.count - index)
  }
}

extension Place {
  /// Line and column; flags behind the file.
  fileprivate var order: (Int, Int) {
    switch self {
    case .none: (0, 0)
    case .file(let line, let column, _): (line, column)
    case .flag: (.max, .max)
    }
  }
}

extension Unicode.Scalar {
  /// `U+202E`
  fileprivate var codePoint: String {
    let digits = String(value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
