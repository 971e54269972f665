public import AtollFederation
import AtollNumerics

/// How long participants take, and who is away: a function of the seed, in virtual time.
public protocol SimulatedNetwork: Sendable {
  /// Time from the question to the answer; nil when the participant does not answer.
  func delay(of participant: ParticipantID, exchange: Int, seed: UInt64) -> Duration?
}

/// Everyone answers at once.
public struct PerfectNetwork: SimulatedNetwork {
  /// The network has no settings.
  public init() {}

  public func delay(of participant: ParticipantID, exchange: Int, seed: UInt64) -> Duration? { .zero }
}

/// Answers take between the bounds, evenly distributed; some never come.
public struct UnevenNetwork: SimulatedNetwork {
  /// The shortest time from a question to its answer.
  public let fastest: Duration
  /// The longest.
  public let slowest: Duration
  /// Probability that an answer never comes.
  public let loss: Double

  public init(fastest: Duration, slowest: Duration, loss: Double = 0) {
    self.fastest = fastest
    self.slowest = slowest
    self.loss = loss
  }

  public func delay(of participant: ParticipantID, exchange: Int, seed: UInt64) -> Duration? {
    var coins = RandomStream(seed: seed, purpose: .network, round: exchange, participant: participant.name)
    guard coins.uniform() >= loss else { return nil }
    return fastest + (slowest - fastest) * coins.uniform()
  }
}
