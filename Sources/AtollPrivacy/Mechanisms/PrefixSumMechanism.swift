public import AtollNumerics

/// How noise is spread over the rounds of a run of which all prefix sums are published: DP-FTRL.
///
/// A server that publishes a model after each round publishes the sum of all updates so far. Independent noise in
/// each round adds up to a variance that grows with the number of rounds; correlated noise cancels again (P. Kairouz,
/// B. McMahan, S. Song, O. Thakkar, A. Thakurta & Z. Xu, "Practical and private (deep) learning without sampling or
/// shuffling", ICML 2021, arXiv:2103.00039). No sampling of participants is needed; instead, how often each takes
/// part is limited, by ``participation``.
///
/// The mechanism is public and belongs in a task. ``CorrelatedNoise`` carries it out.
public protocol PrefixSumMechanism: Hashable, Codable, Sendable {
  /// How many rounds there are.
  var rounds: Int { get }
  /// Who may take part when. The event holds for nothing else.
  var participation: ParticipationRule { get }
  /// What all rounds together give away, under zero-out.
  ///
  /// - Parameter noiseMultiplier: z, the noise's deviation by the L2 norm of one participant's contribution to one
  ///   round.
  func event(noiseMultiplier: Double) throws(PrivacyError) -> PrivacyEvent
  /// The variance of the noise in each coordinate of the sum of the first so many rounds, in units of σ² = (z·Δ)².
  ///
  /// - Precondition: 1 ≤ count ≤ ``rounds``.
  func variance(ofFirst count: Int) -> Double
}

/// The noise of a ``PrefixSumMechanism``, round by round: a value that is taken up again where it was.
///
/// Whole steps of a grid are added to an exact sum, so that nothing is rounded on the way. What it remembers of
/// earlier draws is a secret, ``memory``: see there what must be kept, when, and what must be erased.
public protocol CorrelatedNoise: Sendable {
  /// How many rounds have got their noise.
  var round: Int { get }
  /// What the rounds to come need of those before.
  var memory: NoiseMemory { get }
  /// Adds the noise of the next round to its exact sum: together with that of all rounds before, it is the noise of
  /// the prefix sum.
  ///
  /// - Throws: ``PrivacyError`` with code `exhausted` when all rounds are over.
  /// - Precondition: the sum has as many elements as the noise.
  mutating func add(to sum: inout RingVector, using coins: inout SecretCoins) throws(PrivacyError)
}

extension CorrelatedNoise {
  static func over(_ rounds: Int) -> PrivacyError {
    PrivacyError(.exhausted, "all \(rounds) rounds of the mechanism have got their noise")
  }
}

/// What correlated noise remembers of its earlier draws, and what must be known of nobody.
///
/// Whoever knows it takes noise away from what was published. It is not `Codable` on purpose, so that it does not get
/// into a checkpoint or a record by the way; ``secretBytes`` is the one way out.
///
/// **What to keep, and when.** The memory after a round belongs to the noised sum of that round. Both are written in
/// one durable step *before* the noised sum is shown to anyone, and with it who took part (``ParticipationBook``).
/// After a crash before that step nothing was shown: the round's noise is drawn anew, from the memory of the round
/// before. After a crash behind it the stored noised sum is published, never one that was computed again: other noise
/// on the same sum, or another sum with the same noise, takes from the guarantee.
///
/// **What to erase.** With that step the memory of the round before has served, and its copy on the disk is
/// overwritten or removed; after the last round so is the last one. (A finished tree leaves an empty memory.)
///
/// > Warning: Copies in the memory of the process are released, not overwritten.
public struct NoiseMemory: Hashable, Sendable {
  /// How many rounds have got their noise.
  public let round: Int
  /// Tells mechanisms apart.
  let signature: UInt64
  let vectors: [RingVector]

  init(round: Int, of mechanism: String, vectors: [RingVector]) {
    self.round = round
    signature = Self.signature(of: mechanism)
    self.vectors = vectors
  }

  static func signature(of mechanism: String) -> UInt64 { ContentHash(of: Array(mechanism.utf8)).prefix }

  /// Refuses a memory that is not that of this mechanism, or not that of so many elements.
  func check(_ mechanism: String, rounds: Int, count: Int) throws(PrivacyError) {
    guard signature == Self.signature(of: mechanism), round <= rounds,
      vectors.allSatisfy({ $0.elements.count == count })
    else {
      throw PrivacyError(.invalid, "the memory of correlated noise is that of another mechanism or model")
    }
  }
}

extension NoiseMemory: CustomStringConvertible, CustomReflectable {
  /// Not what is secret.
  public var description: String { "secret noise after \(round) rounds" }
  /// Nothing, so that logs do not show it.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
