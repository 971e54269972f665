public import AtollNumerics

/// What a worker has at hand at one participant, for one question.
public struct LocalContext {
  /// Whose rows these are.
  public let participant: ParticipantID
  /// The participant's own rows.
  public let data: LocalData
  /// Number of the exchange that asks.
  public let exchange: Int
  /// The run's seed, for public coins.
  public let seed: UInt64
  /// What the participant remembers from exchange to exchange; changes count when the exchange is committed.
  public var state: LocalState
  /// Sealed messages for this participant.
  public let inbox: [SealedMessage]
  /// Buffers that the thread reuses from participant to participant.
  public let workbench: Workbench
  let cancelled: @Sendable () -> Bool
  /// Fixes secret coins: for tests only, it protects nothing.
  package var insecureSeed: UInt64?

  /// What drivers make for each answer; `cancelled` says whether the run is being stopped.
  public init(
    participant: ParticipantID, data: LocalData, exchange: Int, seed: UInt64,
    state: LocalState = LocalState(),
    inbox: [SealedMessage] = [], workbench: Workbench, cancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    self.participant = participant
    self.data = data
    self.exchange = exchange
    self.seed = seed
    self.state = state
    self.inbox = inbox
    self.workbench = workbench
    self.cancelled = cancelled
  }

  /// Whether the run is being stopped; polled once for each batch.
  public var isCancelled: Bool { cancelled() }

  /// This participant's public coins for a purpose.
  public func coins(for purpose: RandomStream.Purpose, round: Int, step: Int = 0) -> RandomStream {
    RandomStream(seed: seed, purpose: purpose, round: round, participant: participant.name, step: step)
  }
}

/// Things that one thread makes once and uses for every participant it serves, such as a trainer with its buffers.
///
/// Confined to its thread, hence not Sendable.
public final class Workbench {
  private var tools: [(type: ObjectIdentifier, tool: AnyObject)] = []

  /// A bench without tools.
  public init() {}

  /// The tool of that type, made when first asked for.
  public func tool<Tool: AnyObject>(
    _ type: Tool.Type = Tool.self, make: () throws -> Tool
  ) rethrows -> Tool {
    for (kind, tool) in tools where kind == ObjectIdentifier(type) {
      // Safe because it was put there under its own type.
      return unsafeDowncast(tool, to: Tool.self)
    }
    let tool = try make()
    tools.append((ObjectIdentifier(type), tool))
    return tool
  }
}
