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

  /// How many of so many participants are asked in a round; where that is secret, how many are expected.
  func cohortSize(of population: Int) -> Int {
    guard privacy?.correlation != nil, let share = federation.cohort.share else {
      return federation.cohort.count(of: population)
    }
    return share.roundedDown(of: population)
  }

  /// Refuses a population of which each participant's turn would come sooner than the guarantee counts on.
  ///
  /// - Throws: ``RunFailure`` with code `.unfit`.
  package func checkTurns(of population: Int) throws(RunFailure) {
    guard let correlation = privacy?.correlation, let share = federation.cohort.share else { return }
    let between = share.separation(of: population)
    guard between >= correlation.separation else {
      throw RunFailure(
        .unfit,
        "with \(Figure.count(population, "participant")) and \(share.roundedDown(of: population)) of them in a round, the turns of one are \(Figure.count(between, "round")) apart, and the task counts on \(correlation.separation)",
        hint: "a smaller federation.cohort, or a smaller privacy.separation and its noise")
    }
  }

  /// Why no program of a participant's own may train by the task; nil where one may.
  package var reasonAgainstExternalTrainers: String? {
    guard privacy?.unit == .record else { return nil }
    return
      "a program of your own cannot promise privacy for each record: nobody can check what noise it adds; the task wants Atoll's own trainer"
  }

  /// How many rounds there will be: all of them, or those after which the next would exceed the task's own ε.
  package var roundsWithinBudget: Int {
    guard let privacy, let epsilon = privacy.epsilon else { return federation.rounds }
    func fits(_ rounds: Int) -> Bool {
      guard let guarantee = try? privacy.guarantee(rounds: rounds) else { return false }
      return guarantee.epsilon <= epsilon
    }
    if fits(federation.rounds) { return federation.rounds }
    var (low, high) = (0, federation.rounds)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if fits(middle) { low = middle } else { high = middle }
    }
    return low
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
