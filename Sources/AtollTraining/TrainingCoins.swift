import AtollNumerics

/// What a participant's shuffles depend on. The same coins give the same order of rows on every machine.
public struct TrainingCoins: Hashable, Sendable {
  /// The run's seed.
  public var seed: UInt64
  /// The round, from 0.
  public var round: Int
  /// Whose rows are shuffled.
  public var participant: String

  /// - Parameters:
  ///   - seed: the run's seed.
  ///   - round: the round, from 0.
  ///   - participant: whose rows are shuffled.
  public init(seed: UInt64, round: Int = 0, participant: String = "") {
    self.seed = seed
    self.round = round
    self.participant = participant
  }

  /// The coins of one pass over the rows, from 0.
  func stream(epoch: Int) -> RandomStream {
    RandomStream(seed: seed, purpose: .shuffle, round: round, participant: participant, step: epoch)
  }
}
