public import AtollPrivacy

/// What a task promises of privacy, and how it keeps the promise: everything that its guarantee follows from.
///
/// The relation is always `NeighboringRelation.zeroOut`: a unit is replaced by one that contributes nothing. Who takes
/// part, and how many rows each has, counts as known.
public struct PrivacyPlan: Hashable, Codable, Sendable {
  /// What may be told without noise, outside the guarantee: a task has to say so.
  public enum Exact: String, Hashable, Codable, Sendable, CaseIterable {
    /// Figures of the model on held-out rows.
    case evaluation
    /// What is computed from columns to make examples of rows.
    case preprocessing
  }

  /// Whose data are protected: one row of a participant, or all that it has.
  public let unit: PrivacyUnit
  /// The ε that a run must not exceed; nil: no limit.
  public let epsilon: Double?
  /// The δ at which ε is meant.
  public let delta: Double
  /// z, the noise's standard deviation by the sensitivity.
  public let noiseMultiplier: Double
  /// The probability with which a unit takes part in a sum, by a secret coin; 1 where all do.
  public let samplingRate: Double
  /// Noised sums in one round: steps of training, or 1.
  public let sums: Int
  /// L2 norm to which each record's gradient is clipped; nil where the unit is a participant, whose updates
  /// ``ProtectionPlan/clip`` bounds.
  public let clip: Double?
  /// What is told without noise.
  public let exact: [Exact]
  /// How the noise of rounds is correlated, where participants are protected; nil where each round has noise of its own.
  public let correlation: NoiseCorrelation?

  /// - Parameters:
  ///   - unit: whose data are protected.
  ///   - epsilon: the ε that a run must not exceed; nil: no limit.
  ///   - delta: the δ at which it is meant.
  ///   - noiseMultiplier: z.
  ///   - samplingRate: the probability with which a unit takes part in a sum.
  ///   - sums: noised sums in one round.
  ///   - clip: of each record's gradient.
  ///   - exact: what is told without noise.
  ///   - correlation: how the noise of rounds is correlated.
  /// - Precondition: noise is correlated for participants only, of whom none is sampled.
  public init(
    unit: PrivacyUnit, epsilon: Double? = nil, delta: Double = 1e-5, noiseMultiplier: Double,
    samplingRate: Double = 1, sums: Int = 1, clip: Double? = nil, exact: [Exact] = [],
    correlation: NoiseCorrelation? = nil
  ) {
    precondition(
      correlation == nil || unit == .participant && samplingRate == 1 && sums == 1,
      "noise is correlated over rounds where the server adds it, and nobody is sampled")
    self.unit = unit
    self.epsilon = epsilon
    self.delta = delta
    self.noiseMultiplier = noiseMultiplier
    self.samplingRate = samplingRate
    self.sums = sums
    self.clip = clip
    self.exact = exact
    self.correlation = correlation
  }
}

extension PrivacyPlan {
  /// Which data sets the guarantee tells apart.
  public static let relation = NeighboringRelation.zeroOut

  /// What so many rounds give away. Where their noise is correlated, that is from the first on what all rounds of the run give
  /// away together: a mechanism is accounted for as a whole, and one that stops early has spent it all the same.
  ///
  /// - Throws: `PrivacyError` with code `invalid` where a parameter lies outside its range.
  public func event(rounds: Int) throws(PrivacyError) -> PrivacyEvent {
    if let correlation {
      return rounds > 0 ? try correlation.event(noiseMultiplier: noiseMultiplier) : .nothing
    }
    return try Self.event(
      noiseMultiplier: noiseMultiplier, samplingRate: samplingRate, times: sums * rounds)
  }

  /// So many sums with noise, of units that each takes part in by a secret coin.
  static func event(
    noiseMultiplier: Double, samplingRate: Double, times: Int
  ) throws(PrivacyError) -> PrivacyEvent {
    guard times > 0 else { return .nothing }
    var sum = try PrivacyEvent(.gaussian(noiseMultiplier: noiseMultiplier))
    if samplingRate < 1 { sum = try PrivacyEvent(.poissonSampled(rate: samplingRate, sum)) }
    return times == 1 ? sum : try PrivacyEvent(.repeated(sum, times: times))
  }

  /// The guarantee that holds after so many rounds.
  ///
  /// - Parameters:
  ///   - rounds: how many.
  ///   - delta: the δ at which ε is told; nil for the plan's own.
  /// - Throws: `PrivacyError` where a parameter lies outside its range.
  public func guarantee(rounds: Int, delta: Double? = nil) throws(PrivacyError) -> PrivacyGuarantee {
    try PrivacyAccounting.epsilon(
      of: event(rounds: rounds), delta: delta ?? self.delta, relation: Self.relation, unit: unit)
  }

  /// Whether secret coins of the server say who takes part in a round: then what one round gives away of a participant
  /// cannot be told from what the others do, as those in which it is not asked are part of the promise.
  package var hasSecretCohorts: Bool { unit == .participant && samplingRate < 1 }

  /// Whether what the run gives away is charged as a whole, once, because that of a round cannot be told from it.
  package var isChargedAsWhole: Bool { hasSecretCohorts || correlation != nil }

  /// The noise multiplier of all that one round gives away of a unit that takes part in it.
  package var noiseOfTurn: Double {
    correlation.map { noiseMultiplier / $0.sensitivityOfTurn } ?? noiseMultiplier
  }

  /// What one round gives away of a unit that is known to take part in it.
  ///
  /// - Throws: `PrivacyError` where a parameter lies outside its range.
  package func eventOfCertainRound() throws(PrivacyError) -> PrivacyEvent {
    if let correlation { return try correlation.eventOfTurn(noiseMultiplier: noiseMultiplier) }
    return try Self.event(
      noiseMultiplier: noiseMultiplier, samplingRate: hasSecretCohorts ? 1 : samplingRate, times: sums)
  }

  /// What one round gives away, and within which limits.
  ///
  /// - Throws: `PrivacyError` where a parameter lies outside its range.
  var charge: PrivacyCharge {
    get throws(PrivacyError) {
      var budget: PrivacyBudget?
      if let epsilon {
        budget = try PrivacyBudget(epsilon: epsilon, delta: delta, unit: unit, relation: Self.relation)
      }
      return PrivacyCharge(
        event: try event(rounds: 1), unit: unit, relation: Self.relation, budget: budget,
        coversRun: correlation != nil)
    }
  }
}
