public import AtollFederation
public import AtollNumerics
public import AtollWire
public import FoundationEssentials

/// What a participant is asked to do, before any of its data are read.
public struct Ask: Sendable {
  /// The run.
  public let run: RunID
  /// What is learnt, and how.
  public let task: FederatedTask
  /// `FederatedTask.contentHash`, computed here from the task itself.
  public let taskHash: ContentHash
  /// Number of the exchange, from 0.
  public let exchange: Int
  /// The kind of question.
  public let kind: String
  /// The question, as JSON; models are named by hash.
  public let query: Data
  /// The bytes of models that would be received.
  public let modelBytes: Int
  /// What happens to the answer before it leaves.
  public let protection: UpdateProtection
}

extension Ask {
  /// Why a participant does not answer.
  public struct Refusal: Hashable, Sendable {
    /// The rule that refuses, in one sentence; the server is told.
    public let reason: String

    public init(_ reason: String) { self.reason = reason }
  }
}

/// What has left, for the data owner's files.
public struct Departure: Sendable {
  /// Where it went.
  public let server: ServerAddress
  /// SHA-256 of the federation's authority.
  public let federation: ContentHash
  /// The run.
  public let run: RunID
  /// SHA-256 of its task.
  public let task: ContentHash
  /// Number of the exchange, from 0.
  public let exchange: Int
  /// The kind of question that it answers.
  public let kind: String
  /// SHA-256 of what left; of nothing for a refusal.
  public let answer: ContentHash
  /// Of what left, in bytes.
  public let size: Int
  /// What became of it.
  public let outcome: Outcome

  /// What became of an answer.
  public enum Outcome: String, Sendable {
    /// It was handed over; whether it counts is not known yet.
    case sent
    /// It is in the sum.
    case committed
    /// It is not in the sum.
    case discarded
  }
}

/// What a participant does for its owner, from outside the session: its data, its consent, its files.
public struct ParticipantDelegate: Sendable {
  /// The participant's own rows for a task, read when they are first needed.
  public var data: @Sendable (FederatedTask) throws -> LocalData
  /// Whether it answers; nil for yes. Asked for every question, before any data are read.
  public var consent: @Sendable (Ask) -> Ask.Refusal?
  /// Told of everything that leaves.
  public var departed: @Sendable (Departure) throws -> Void
  /// Told of what happens.
  public var observe: @Sendable (ParticipantEvent) -> Void

  public init(
    data: @escaping @Sendable (FederatedTask) throws -> LocalData,
    consent: @escaping @Sendable (Ask) -> Ask.Refusal?,
    departed: @escaping @Sendable (Departure) throws -> Void = { _ in },
    observe: @escaping @Sendable (ParticipantEvent) -> Void = { _ in }
  ) {
    self.data = data
    self.consent = consent
    self.departed = departed
    self.observe = observe
  }
}

/// What happens at a participant.
public enum ParticipantEvent: Sendable {
  /// The stream to the server is open; by so much is the server's clock ahead of this one.
  case joined(server: ServerAddress, participant: ParticipantID, clockAhead: Duration)
  /// The server is away: the next try, and when.
  case waiting(server: ServerAddress, reason: String, attempt: Int, delay: Duration)
  /// A task arrived.
  case task(RunID, FederatedTask, ContentHash)
  /// Something is asked; the exchange closes after so long.
  case asked(RunID, exchange: Int, kind: String, timeLeft: Duration)
  /// An answer is ready, and kept until it is settled.
  case answered(RunID, exchange: Int, kind: String, bytes: Int)
  /// Nothing leaves: why.
  case declined(RunID, exchange: Int, kind: String, reason: String, byPolicy: Bool)
  /// The server does not take an answer.
  case refused(RunID, exchange: Int, reason: String)
  /// What became of an answer.
  case settled(RunID, exchange: Int, isCommitted: Bool)
  /// A run is over.
  case ended(RunID, RunStatus, reason: String)
}
