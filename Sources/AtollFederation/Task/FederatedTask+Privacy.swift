package import AtollNumerics
public import AtollPrivacy

extension FederatedTask {
  /// The guarantee that holds after all rounds; nil where none is promised.
  ///
  /// - Throws: `PrivacyError` where no accountant has a proof.
  public var guarantee: PrivacyGuarantee? {
    get throws(PrivacyError) {
      guard let privacy else { return nil }
      return try privacy.guarantee(rounds: federation.rounds)
    }
  }

  /// Whether who is asked in a round is a secret of the server.
  package var keepsCohortsSecret: Bool {
    if case .poisson = federation.cohort { true } else { false }
  }

  /// How the numbers of updates become integers in the first round.
  ///
  /// - Throws: `FixedPointError` when a single contribution cannot be represented.
  package var updateFormat: FixedPoint { get throws { try protection.round(privacy).format } }

  /// How much each participant counts: where participants are protected, all the same.
  var weighting: Weighting {
    privacy?.unit == .participant ? .equal : federation.strategy.weighting
  }
}
