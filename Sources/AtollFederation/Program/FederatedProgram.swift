/// The server-side logic of a task, as a value: what to ask next, and what becomes of the answer.
///
/// The value is the checkpoint. `next()` is pure, so the pending step is never stored: after a crash the decoded value
/// gives the same step again.
///
/// ```swift
/// struct CountRows: FederatedProgram {
///   static let kind = "count-rows"
///   var rows: Int64?
///
///   func next() -> Step<Int64> { rows.map { .finish($0) } ?? .exchange(Exchange(HowManyRows())) }
///
///   mutating func absorb(_ result: ExchangeResult) -> StepReport {
///     rows = result.integers(.rows)[0]
///     return StepReport()
///   }
/// }
/// ```
public protocol FederatedProgram<Outcome>: Codable, Sendable {
  /// What comes of a run.
  associatedtype Outcome: Codable & Sendable

  /// Names the type in a checkpoint. The type itself is made again from the task; the name is a check.
  static var kind: String { get }

  /// The next step. No clock, no chance, no change: asked twice, it gives the same step.
  func next() throws -> Step<Outcome>

  /// Takes the answer to the exchange that `next()` asked for: the only transition, committed as a whole.
  ///
  /// When it throws, the run ends, or the driver goes on with a copy from before.
  mutating func absorb(_ result: ExchangeResult) throws -> StepReport
}

/// What a program wants.
public enum Step<Outcome: Sendable>: Sendable {
  /// Ask this.
  case exchange(Exchange)
  /// The run is over.
  case finish(Outcome)
}

/// What a program has to tell after a step.
public struct StepReport: Sendable {
  /// A finished round, when this step finished one.
  public var round: RoundReport?
  /// One line for the log, such as “scaling fitted”.
  public var note: String?

  public init(round: RoundReport? = nil, note: String? = nil) {
    self.round = round
    self.note = note
  }
}

/// A program that goes on from another one's outcome.
public protocol StartsFrom<Input>: FederatedProgram {
  /// The outcome that the program goes on from.
  associatedtype Input
  /// What must be known before the input is.
  associatedtype Plan: Codable & Sendable

  /// Makes the program once the input is known.
  init(_ plan: Plan, from input: Input) throws
}
