public import AtollFederation
public import AtollNumerics
public import AtollStore
public import AtollWire

/// What a participant takes from whoever runs it, and tells it: its rows, and what happens.
public struct ParticipantDelegate: Sendable {
  /// The participant's own rows for a task: read when the first question about it has passed the owner's consent.
  public var data: @Sendable (FederatedTask) throws -> LocalData
  /// Told of what happens.
  public var observe: @Sendable (ParticipantEvent) -> Void

  public init(
    data: @escaping @Sendable (FederatedTask) throws -> LocalData,
    observe: @escaping @Sendable (ParticipantEvent) -> Void = { _ in }
  ) {
    self.data = data
    self.observe = observe
  }
}

/// What happens at a participant.
public enum ParticipantEvent: Sendable {
  /// The stream to the server is open; by so much is the server's clock ahead of this one.
  case joined(server: ServerAddress, participant: ParticipantID, clockAhead: Duration)
  /// The server is away: the next try, and when.
  case waiting(server: ServerAddress, reason: String, attempt: Int, delay: Duration)
  /// A task arrived; signed by this operator, empty where nobody signed it.
  case task(RunID, FederatedTask, ContentHash, signedBy: String)
  /// Something is asked; the exchange closes after so long.
  case asked(RunID, exchange: Int, kind: String, timeLeft: Duration)
  /// An answer is ready, and kept until it is settled.
  case answered(RunID, exchange: Int, kind: String, bytes: Int)
  /// An answer is about to leave: once for each answer, however often it is offered.
  case leaving(Receipt)
  /// The server receives an answer, from this byte on: after a break the rest only.
  case sending(RunID, exchange: Int, from: Int, of: Int)
  /// Nothing leaves: why, and whether the owner's consent is what lacks.
  case declined(RunID, exchange: Int, kind: String, reason: String, byPolicy: Bool)
  /// The server does not take an answer.
  case refused(RunID, exchange: Int, reason: String)
  /// What became of an answer.
  case settled(RunID, exchange: Int, isCommitted: Bool)
  /// Something that an owner should know, although nothing ends.
  case warned(String)
  /// A run is over.
  case ended(RunID, RunStatus, reason: String)
}
