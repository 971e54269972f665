/// Why a task cannot be used: everything that was found, up to 20 faults at once.
public struct InvalidTask: Error, Hashable, Sendable, CustomStringConvertible {
  /// Most faults that are told at once.
  public static let limit = 20

  /// In the order of the file, those of flags last. Never empty.
  public let problems: [TaskError]
  /// Faults that were found beyond the limit.
  public let omitted: Int

  /// The problems' descriptions, one below the other.
  public var description: String {
    let lines = problems.map(\.description)
    let rest = omitted == 0 ? [] : ["and \(omitted) more \(omitted == 1 ? "fault" : "faults")"]
    return (lines + rest).joined(separator: "\n")
  }
}

/// One fault of a task, with the place it stands at.
public struct TaskError: Error, Hashable, Sendable {
  /// What sort of fault it is.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Value: String {
      case syntax, alias, duplicateKey, unknownKey, notYet, missing, wrongValue, conflict, environment, limit
    }
    private let value: Value
    /// Not YAML, or YAML that a task does not use (several documents, tags, tabs).
    public static let syntax = Code(value: .syntax)
    /// An anchor, an alias or a merge key.
    public static let alias = Code(value: .alias)
    /// A key occurs twice in one map.
    public static let duplicateKey = Code(value: .duplicateKey)
    /// No such key here.
    public static let unknownKey = Code(value: .unknownKey)
    /// A key that this version does not know what to do with yet.
    public static let notYet = Code(value: .notYet)
    /// A key without which there is no task.
    public static let missing = Code(value: .missing)
    /// A value of the wrong type or outside its range.
    public static let wrongValue = Code(value: .wrongValue)
    /// Two values that exclude each other.
    public static let conflict = Code(value: .conflict)
    /// `${NAME}` that cannot be filled in.
    public static let environment = Code(value: .environment)
    /// Too large or too deeply nested.
    public static let limit = Code(value: .limit)

    public var description: String { value.rawValue }
  }

  /// What kind of mistake it is.
  public let code: Code
  /// What is wrong, in one line without a full stop.
  public let message: String
  /// The file's name as it was given.
  public let file: String
  /// Counted from 1; nil when the fault is in a flag.
  public let line: Int?
  /// Counted from 1, in Unicode scalars; nil when the fault is in a flag.
  public let column: Int?
  /// The flag with the fault, as it was typed.
  public let flag: String?
  /// The line at fault.
  public let excerpt: String?
  /// How many scalars of the excerpt are at fault, from `column` on.
  public let length: Int
  /// What to write instead, or where else to look.
  public let suggestion: String?
}

extension TaskError: CustomStringConvertible {
  /// What is wrong and where, then the line with the fault marked, then the suggestion. To be put behind
  /// `error: `.
  public var description: String {
    guard let line, let column, let excerpt else {
      let first = "\(flag ?? file): \(message)"
      return suggestion.map { first + "\n" + $0 } ?? first
    }
    let window = ExcerptWindow(of: excerpt, around: column, length: length)
    let number = String(line)
    let gutter = String(repeating: " ", count: max(0, 9 - number.count))
    let margin = String(repeating: " ", count: max(9, number.count))
    let mark = String(repeating: " ", count: window.offset) + String(repeating: "^", count: window.length)
    let marked = "\(margin) | \(mark)"
    let lines = ["\(file):\(line):\(column): \(message)", "\(gutter)\(number) | \(window.text)"]
    guard let suggestion else { return (lines + [marked]).joined(separator: "\n") }
    // Behind the mark where it fits; else below, where it can be wrapped.
    let fits = marked.count + 1 + suggestion.count <= Self.width
    return (lines + (fits ? [marked + " " + suggestion] : [marked, suggestion])).joined(separator: "\n")
  }

  /// Columns of a terminal that is not told to be wider.
  private static let width = 80
}

/// The part of a line that is shown: all of it, or 88 scalars around the fault.
private struct ExcerptWindow {
  let text: String
  /// Blanks before the mark.
  let offset: Int
  /// Width of the mark, at least 1.
  let length: Int

  private static let width = 88

  init(of line: String, around column: Int, length: Int) {
    // A tab would shift the mark; whatever a terminal could obey was refused before.
    let scalars = line.unicodeScalars.map { $0 == "\t" ? "→" : $0 }
    let start = min(max(column - 1, 0), scalars.count)
    let marked = max(1, min(length, scalars.count - start))
    let first = scalars.count <= Self.width ? 0 : max(0, min(start - 20, scalars.count - Self.width))
    let last = min(scalars.count, first + Self.width)
    var shown = String.UnicodeScalarView(scalars[first..<last])
    if first > 0 { shown.insert("…", at: shown.startIndex) }
    if last < scalars.count { shown.append("…") }
    text = String(shown)
    offset = start - first + (first > 0 ? 1 : 0)
    self.length = max(1, min(marked, last - start))
  }
}
