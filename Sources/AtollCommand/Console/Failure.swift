/// How a command ends. Numbers of sysexits.h where one fits; scripts rely on them.
enum ExitStatus: Int32, Sendable {
  case done = 0
  /// The run failed: it diverged, or too few participants answered.
  case runFailed = 1
  /// The command was typed wrongly.
  case usage = 64
  /// A file, a task, a table or a model is missing, malformed, or does not fit the others.
  case badInput = 65
  /// A server did not answer in time.
  case unreachable = 69
  /// A fault of Atoll itself.
  case bug = 70
  /// A full or read-only disk.
  case cannotWrite = 73
  /// Something is busy now and will be free.
  case tryLater = 75
  /// The other side understood, and refused.
  case refused = 76
  /// A policy of the data owner, or the lack of an approval, does not allow it.
  case refusedByOwner = 77
  case interrupted = 130
}

/// Why a command ends, for a person: what happened, what was not done, what to type next.
struct Failure: Error, Sendable {
  var status: ExitStatus
  /// What happened: at least one line; lines that begin with a blank are kept as they are, the others wrapped.
  var faults: [[String]]
  /// What was not done because of it.
  var undone: String?
  /// What to type or to change next.
  var attempts: [String]
  /// For programs: `file`, `line`, `column`, and what else is known.
  var details: [String: JSON]

  init(
    _ status: ExitStatus, _ message: String, undone: String? = nil, try attempts: [String] = [],
    details: [String: JSON] = [:]
  ) {
    self.status = status
    faults = [message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)]
    self.undone = undone
    self.attempts = attempts
    self.details = details
  }

  /// The same failure with what a command knows better: what it did not do, and what to try first.
  func adding(undone: String? = nil, try attempts: [String] = []) -> Failure {
    var failure = self
    failure.undone = failure.undone ?? undone
    failure.attempts = attempts + failure.attempts
    return failure
  }

  /// The text on standard error.
  func lines(for terminal: Terminal) -> [StyledText] {
    let margin = 7
    func wrapped(_ text: StyledText) -> [StyledText] {
      terminal.spell(text).wrapped(width: terminal.textWidth, indent: margin)
    }
    var lines: [StyledText] = []
    for fault in faults {
      lines += wrapped("\("error:", .error) \(fault.first ?? "")")
      for line in fault.dropFirst() {
        lines += line.hasPrefix(" ") ? [terminal.spell("\(line)")] : wrapped(.blanks(margin) + "\(line)")
      }
    }
    if let undone { lines += wrapped(.blanks(margin) + "\(undone)") }
    for (index, attempt) in attempts.enumerated() {
      lines += wrapped("\(index == 0 ? "try    " : "       ")\(attempt, .next)")
    }
    return lines
  }

  /// The fields of the event `error`.
  var fields: [String: JSON] {
    var fields = details
    fields["code"] = .integer(Int(status.rawValue))
    fields["message"] = .string(faults.map { $0.joined(separator: "\n") }.joined(separator: "\n"))
    if let undone { fields["not_done"] = .string(undone) }
    if !attempts.isEmpty { fields["try"] = .array(attempts.map { .string($0) }) }
    return fields
  }
}
