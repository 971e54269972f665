/// Why a run cannot go on. The message is one sentence for the person who runs it.
public struct RunFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of failure it is.
  public struct Code: Hashable, Sendable {
    private enum Value {
      case quorum, noWeight, unknownQuery, shape, outOfRange, overflow, diverged, worker, cancelled, resume,
        unfit, budget
    }
    private let value: Value

    /// Too few participants answered in time.
    public static let quorum = Code(value: .quorum)
    /// Nobody had rows.
    public static let noWeight = Code(value: .noWeight)
    /// No worker answers such a question.
    public static let unknownQuery = Code(value: .unknownQuery)
    /// An answer has not the shape that the question asks for.
    public static let shape = Code(value: .shape)
    /// A number of an answer exceeds its bound.
    public static let outOfRange = Code(value: .outOfRange)
    /// A sum could overflow.
    public static let overflow = Code(value: .overflow)
    /// Training left the range of finite numbers.
    public static let diverged = Code(value: .diverged)
    /// A worker failed for a reason of its own.
    public static let worker = Code(value: .worker)
    /// The run was stopped from outside; what is committed is kept.
    public static let cancelled = Code(value: .cancelled)
    /// What is stored does not belong to this run.
    public static let resume = Code(value: .resume)
    /// The model to start from, the contributors to repeat, or the plan of the training do not go with the task's data.
    public static let unfit = Code(value: .unfit)
    /// Going on would give away more than the budget of privacy allows.
    public static let budget = Code(value: .budget)
  }

  /// What kind of failure it is, for programs.
  public let code: Code
  /// What is wrong, one sentence without a full stop.
  public let message: String
  /// What to try, as one clause.
  public let hint: String?
  /// Whose answer it is about, where it is about one.
  public var participant: ParticipantID?
  /// More for whoever is at the participant, such as the last lines of a program of its own. It may tell of data: it never
  /// leaves.
  public let local: [String]

  public init(
    _ code: Code, _ message: String, hint: String? = nil, participant: ParticipantID? = nil,
    local: [String] = []
  ) {
    self.code = code
    self.message = message
    self.hint = hint
    self.participant = participant
    self.local = local
  }

  public var description: String {
    (participant.map { "\($0): " } ?? "") + message + (hint.map { "; try \($0)" } ?? "")
  }
}
