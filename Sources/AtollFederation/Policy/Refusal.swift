/// Why a participant does not do what it is asked, before it looks at any data.
public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// The rule that refused: `limits.rounds` of a policy; `approved` where the task is not the one that was approved;
  /// `task` where an instruction is not what the task says; `trainer` where what trains here cannot do what it asks.
  public let rule: String
  /// What was asked for and what is allowed, in one sentence without a full stop: what the server is told.
  public let message: String
  /// The policy's file; nil where no policy refused. It stays here.
  public let file: String?
  /// Line of the rule, or of the section that lacks it, from 1; nil where neither was written.
  public let line: Int?
  /// Column of the rule, from 1.
  public let column: Int?
  /// What changed in a task since it was approved, where that is known.
  public let differences: [TaskDifference]

  /// Without a place: for rules that stand in no file.
  package init(rule: String, _ message: String) { self.init(rule: rule, message, file: nil) }

  init(
    rule: String, _ message: String, file: String?, at spot: Policy.Origin.Spot? = nil,
    differences: [TaskDifference] = []
  ) {
    self.rule = rule
    self.message = message
    self.file = file
    line = spot?.line
    column = spot?.column
    self.differences = differences
  }

  /// The place of the rule, the sentence, and the differences below it.
  public var description: String {
    let place = [file, line.map(String.init), column.map(String.init)].compactMap(\.self)
    let first =
      (place.isEmpty ? "" : place.joined(separator: ":") + ": ") + message
      + (differences.isEmpty ? "" : "; since then:")
    return ([first] + differences.map { "  " + $0.words }).joined(separator: "\n")
  }
}

/// One rule of a policy, and what is asked for against it.
public struct PolicyFinding: Hashable, Sendable {
  /// `limits.rounds`
  public let rule: String
  /// What is asked for: `200 rounds`.
  public let asked: String
  /// What the policy allows: `at most 100`.
  public let allowed: String
  /// Whether it is allowed.
  public let holds: Bool
  /// The policy's file.
  public let file: String
  /// Line of the rule, or of the section that lacks it; nil where neither was written.
  public let line: Int?
  let column: Int?

  /// The refusal of what is not allowed; nil for what is.
  public var refusal: Refusal? {
    guard !holds else { return nil }
    let spot = line.flatMap { line in column.map { Policy.Origin.Spot(line: line, column: $0) } }
    return Refusal(rule: rule, "asked for: \(asked); \(rule) allows \(allowed)", file: file, at: spot)
  }
}
