import AtollNumerics

/// What came of looking at one thing.
struct Check: Sendable {
  enum Verdict: String, Sendable { case ok, warning, problem }

  /// What was looked at: `certificate`.
  var subject: String
  var verdict: Verdict
  /// What was found, and what it means.
  var finding: String
  /// What to do, where something is to be done.
  var mend: String?
  /// How the command ends because of it, where it is a problem.
  var status = ExitStatus.done

  static func ok(_ subject: String, _ finding: String) -> Check {
    Check(subject: subject, verdict: .ok, finding: finding)
  }

  static func warning(_ subject: String, _ finding: String, mend: String?) -> Check {
    Check(subject: subject, verdict: .warning, finding: finding, mend: mend)
  }

  static func problem(_ subject: String, _ status: ExitStatus, _ finding: String, mend: String? = nil)
    -> Check
  {
    Check(subject: subject, verdict: .problem, finding: finding, mend: mend, status: status)
  }

  /// What an error means for a subject.
  static func failed(_ subject: String, _ error: any Error) -> Check {
    let failure = Failure(error)
    let words = failure.faults.first?.first ?? "\(error)"
    return .problem(subject, failure.status, words, mend: failure.attempts.first)
  }
}

/// Checks as they are made, each told at once.
struct Diagnosis {
  let console: Console
  private(set) var checks: [Check] = []

  init(_ console: Console) { self.console = console }

  mutating func add(_ check: Check) {
    checks.append(check)
    var fields: [String: JSON] = [
      "check": .string(check.subject), "verdict": .string(check.verdict.rawValue),
      "finding": .string(check.finding),
    ]
    fields["mend"] = check.mend.map { .string($0) }
    console.emit("check", fields)
    let sign: StyledText =
      switch check.verdict {
      case .ok: "\("ok", .good)     "
      case .warning: "\("warning", .warning)"
      case .problem: "\("problem", .bad)"
      }
    console.print("\(sign)  \(check.subject, .strong): \(check.finding)", indent: 9)
    if let mend = check.mend { console.print("         \("try", .dim)  \(mend, .next)", indent: 14) }
  }

  /// Says what a step waits for, and until when.
  func begin(_ step: String, seconds: Int) {
    console.show(live: StyledText("\(step), for up to \(seconds) s", .dim))
  }

  /// - Throws: ``Failure`` with the status of the first problem.
  func conclude() throws {
    console.show(live: nil)
    let problems = checks.filter { $0.verdict == .problem }
    let warnings = checks.count { $0.verdict == .warning }
    guard let first = problems.first else {
      return console.print(
        warnings == 0
          ? "\(Figure.count(checks.count, "check")), all ok."
          : "\(Figure.count(checks.count, "check")), \(Figure.count(warnings, "warning")), no problem.")
    }
    throw Failure(
      first.status,
      "\(Figure.count(problems.count, "problem")): "
        + problems.map(\.subject).joined(separator: ", "))
  }
}
