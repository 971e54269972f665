import AtollNumerics
import AtollPrivacy

/// What a participant's shuffles depend on. The same coins give the same order of rows on every machine.
public struct TrainingCoins: Hashable, Sendable {
  /// The run's seed.
  public var seed: UInt64
  /// The round, from 0.
  public var round: Int
  /// Whose rows are shuffled.
  public var participant: String
  /// Fixes secret coins too: for tests only, it protects nothing.
  package var insecureSeed: UInt64?

  /// - Parameters:
  ///   - seed: the run's seed.
  ///   - round: the round, from 0.
  ///   - participant: whose rows are shuffled.
  public init(seed: UInt64, round: Int = 0, participant: String = "") {
    self.seed = seed
    self.round = round
    self.participant = participant
  }

  /// Secret coins that everyone may know, of their own for each round and participant.
  func insecureCoins(_ seed: UInt64) -> SecretCoins {
    var stream = RandomStream(seed: seed, purpose: .insecureNoise, round: round, participant: participant)
    return SecretCoins(insecureSeed: stream.next())
  }

  /// The coins of one pass over the rows, from 0.
  func stream(epoch: Int) -> RandomStream {
    RandomStream(seed: seed, purpose: .shuffle, round: round, participant: participant, step: epoch)
  }
}
