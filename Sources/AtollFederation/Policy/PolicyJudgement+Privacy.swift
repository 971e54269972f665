import AtollNumerics
package import AtollPrivacy

extension PolicyJudgement {
  /// What a task promises of privacy, held against what the policy demands.
  ///
  /// ε is that of all rounds that will happen, at the policy's own δ: a task that names a larger one gains nothing by it.
  mutating func judge(privacyOf task: FederatedTask) {
    guard let demanded = policy.privacy else { return }
    guard let plan = task.privacy else {
      return require("privacy.without", "no promise of privacy", isAllowed: demanded.without)
    }
    judge(unit: plan.unit, noise: plan.noiseOfTurn)
    if !plan.exact.isEmpty {
      let words = plan.exact.map(\.rawValue)
      require(
        "privacy.exact", "\(words.joined(separator: " and ")) without noise", words, in: demanded.exact.named)
    }
    let rounds = task.roundsWithinBudget
    let spent = Result { () throws(PrivacyError) in try plan.guarantee(rounds: rounds, delta: demanded.delta)
    }
    for (rule, limit) in [
      ("privacy.most-epsilon", demanded.mostEpsilon),
      ("privacy.most-epsilon-in-all", demanded.mostEpsilonInAll),
    ] {
      let asked: String
      var epsilon = Double.infinity
      switch spent {
      case .success(let guarantee):
        epsilon = guarantee.epsilon
        asked =
          "ε \(epsilon.ceiled(digits: 3)) at δ \(demanded.delta.brief) after \(Figure.count(rounds, "round"))"
      case .failure(let error): asked = "an ε that nobody can tell: \(error.message)"
      }
      find(rule, asked, allowed: limit.words { $0.brief }, holds: limit.allows(epsilon))
    }
  }

  /// What an instruction to train shows of a promise. How often it will come is not in it: that the task says.
  mutating func judge(privacyOf instruction: Instruction) {
    guard let demanded = policy.privacy else { return }
    if let noise = instruction.query.demand.recordNoise {
      judge(unit: .record, noise: noise)
    } else if let noise = instruction.protection.noise {
      judge(unit: .participant, noise: noise.ofTurn)
    } else {
      require("privacy.without", "no promise of privacy", isAllowed: demanded.without)
    }
  }

  private mutating func judge(unit: PrivacyUnit, noise: Double) {
    guard let demanded = policy.privacy else { return }
    require("privacy.units", "a promise per \(unit.rawValue)", [unit.rawValue], in: demanded.units.named)
    find(
      "privacy.least-noise", "noise multiplier \(noise.brief)",
      allowed: "no less than \(demanded.leastNoise.brief)",
      // Noise that two sums share is rounded where it is put together again.
      holds: noise >= demanded.leastNoise * (1 - 0x1p-40))
  }
}

extension Policy {
  /// The budget of a data set over its life; nil where the policy sets none.
  ///
  /// - Throws: `PrivacyError` where the policy allows nothing at all.
  package func budget(of unit: PrivacyUnit) throws(PrivacyError) -> PrivacyBudget? {
    guard let privacy, case .atMost(let most) = privacy.mostEpsilonInAll else { return nil }
    return try PrivacyBudget(
      epsilon: most, delta: privacy.delta, unit: unit, relation: PrivacyPlan.relation)
  }

  /// The refusal of a charge that would go beyond the budget of a data set, or of which nobody can tell whether it would.
  ///
  /// - Parameter error: what the ledger says of it.
  package func refusal(ofCharge error: PrivacyError) -> Refusal {
    let rule = "privacy.most-epsilon-in-all"
    let limit = privacy?.mostEpsilonInAll ?? .any
    return Refusal(
      rule: rule, "\(error.message); \(rule) allows \(limit.words { "ε \($0.brief)" })", file: origin.file,
      at: origin.place(of: rule))
  }
}
