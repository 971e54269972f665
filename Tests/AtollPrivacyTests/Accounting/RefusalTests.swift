import AtollPrivacy
import Testing

/// An accountant that guesses is worse than none.
@Suite struct `Accountants refuse what they have no proof for` {
  static let gaussian = try! PrivacyEvent(.gaussian(noiseMultiplier: 1))  // Safe because 1 is above 0.

  @Test func `events under relations that they are not meant for`() throws {
    let fixed = try PrivacyEvent(.fixedSizeSampled(sourceSize: 1000, sampleSize: 10, Self.gaussian))
    let cases: [(PrivacyEvent, Set<NeighboringRelation>)] = [
      (try sampledGaussian(0.1, 1, 10), [.addOrRemoveOne, .zeroOut]),
      (try repeated(fixed, 3), [.replaceOne]),
      (
        try PrivacyEvent(.truncatedPoissonSampled(datasetSize: 1000, rate: 0.01, limit: 20, Self.gaussian)),
        [.addOrRemoveOne]
      ),
      (try PrivacyEvent(.treeAggregation(noiseMultiplier: 1, steps: [8])), [.zeroOut]),
      (try PrivacyEvent(.randomizedResponse(noise: 0.5, categories: 3)), [.replaceOne, .zeroOut]),
      (Self.gaussian, Set(NeighboringRelation.allCases)),
      (try PrivacyEvent(.composed([fixed, Self.gaussian])), [.replaceOne]),
    ]
    for (event, lawful) in cases {
      for relation in NeighboringRelation.allCases {
        if lawful.contains(relation) {
          #expect(try PrivacyAccounting.epsilon(of: event, delta: 1e-5, relation: relation).epsilon > 0)
        } else {
          let error = #expect(throws: PrivacyError.self) {
            try PrivacyAccounting.epsilon(of: event, delta: 1e-5, relation: relation)
          }
          #expect(error?.code == .unsupported)
          #expect(error?.message.contains("\(relation)") == true)
        }
      }
    }
  }

  @Test func `mechanisms without analysis, by name`() throws {
    let skellam = try PrivacyEvent(.skellam(variance: 100, l1Sensitivity: 4, l2Sensitivity: 2))
    let sampledSkellam = try PrivacyEvent(.poissonSampled(rate: 0.1, skellam))
    let mixed = try PrivacyEvent(
      .poissonSampled(rate: 0.1, PrivacyEvent(.composed([Self.gaussian, PrivacyEvent(.laplace(scale: 1))]))))
    func refusal(_ accountant: any PrivacyAccountant, _ event: PrivacyEvent) -> PrivacyError? {
      #expect(throws: PrivacyError.self) {
        try accountant.epsilon(of: event, delta: 1e-5, relation: .addOrRemoveOne)
      }
    }
    for (accountant, event, word) in [
      (LossDistributionAccountant.standard as any PrivacyAccountant, skellam, "skellam"),
      (RenyiAccountant.standard, sampledSkellam, "poissonSampled of skellam"),
      (RenyiAccountant.standard, mixed, "poissonSampled of composed"),
      (ConcentratedAccountant(), try sampledGaussian(0.1, 1, 1), "poissonSampled of gaussian"),
      (PureAccountant(), Self.gaussian, "gaussian"), (GaussianAccountant(), skellam, "skellam"),
    ] {
      let error = refusal(accountant, event)
      #expect(error?.code == .unsupported)
      #expect(error?.message.contains(word) == true, "\(error as Any)")
    }
    let tree = try PrivacyEvent(
      .poissonSampled(rate: 0.1, PrivacyEvent(.treeAggregation(noiseMultiplier: 1, steps: [8]))))
    #expect(throws: PrivacyError.self) {
      try PrivacyAccounting.epsilon(of: tree, delta: 1e-5, relation: .zeroOut)
    }
  }

  @Test func `what has no bound has an infinite ε`() throws {
    for event in [
      PrivacyEvent.nonPrivate, try PrivacyEvent(.composed([Self.gaussian, .nonPrivate])),
      try PrivacyEvent(.poissonSampled(rate: 0.1, .nonPrivate)),
    ] {
      for method in PrivacyAccounting.Method.allCases {
        #expect(
          try PrivacyAccounting.epsilon(of: event, delta: 1e-5, method: method).epsilon == .infinity)
      }
      #expect(try PrivacyAccounting.delta(of: event, epsilon: 3).delta == 1)
    }
  }

  @Test func `nothing costs nothing`() throws {
    let never = try sampledGaussian(0, 1, 10)
    for event in [PrivacyEvent.nothing, never] {
      for method in [PrivacyAccounting.Method.tightest, .pld, .rdp] {
        #expect(try PrivacyAccounting.epsilon(of: event, delta: 1e-5, method: method).epsilon == 0)
      }
    }
  }

  @Test func `a δ of 0 is for bounded losses`() throws {
    let laplace = try repeated(PrivacyEvent(.laplace(scale: 10)), 3)
    let guarantee = try PrivacyAccounting.epsilon(of: laplace, delta: 0)
    #expect(abs(guarantee.epsilon - 0.3) < 1e-9)
    #expect(try PrivacyAccounting.epsilon(of: Self.gaussian, delta: 0).epsilon == .infinity)
    for delta in [-1e-9, 1, 2, .nan] {
      #expect(throws: PrivacyError.self) { try PrivacyAccounting.epsilon(of: Self.gaussian, delta: delta) }
    }
    #expect(throws: PrivacyError.self) { try PrivacyAccounting.delta(of: Self.gaussian, epsilon: -1) }
  }

  @Test func `extreme parameters are answered or refused, in no time`() throws {
    for noise in [0x1p-256, 1e-9, 1e-3, 1e6, 0x1p256] {
      for rate in [1e-300, 1e-9, 0.5, 1] {
        for steps in [1, 1 << 40] {
          let event = try sampledGaussian(rate, noise, steps)
          let renyi = try RenyiAccountant.standard.epsilon(of: event, delta: 1e-5, relation: .addOrRemoveOne)
            .upper
          #expect(renyi >= 0)
          let tightest = try PrivacyAccounting.epsilon(of: event, delta: 1e-5)
          #expect(tightest.epsilon <= renyi && tightest.epsilon >= tightest.epsilonLower ?? 0)
        }
      }
      let fixed = try PrivacyEvent(
        .fixedSizeSampled(
          sourceSize: 1 << 40, sampleSize: 3, PrivacyEvent(.gaussian(noiseMultiplier: noise))))
      #expect(try PrivacyAccounting.epsilon(of: fixed, delta: 1e-5, relation: .replaceOne).epsilon >= 0)
    }
    let narrow = try PrivacyEvent(
      .poissonSampled(rate: 0.1, PrivacyEvent(.discreteGaussian(sigma: 1e-9, sensitivity: 1))))
    #expect(try PrivacyAccounting.epsilon(of: narrow, delta: 1e-5).epsilon > 1e6)
  }

  @Test func `a statement says what it rests on`() throws {
    let guarantee = try PrivacyAccounting.epsilon(
      of: sampledGaussian(0.01, 1, 100), delta: 1e-5, unit: .participant)
    #expect(guarantee.accountant == "privacy loss distribution")
    #expect(guarantee.unit == .participant && guarantee.relation == .addOrRemoveOne)
    #expect(guarantee.assumptions.count == 2)
    #expect(guarantee.assumptions[0].contains("secret coin"))
    #expect(try #require(guarantee.epsilonLower) <= guarantee.epsilon)
    #expect("\(guarantee)".contains("per participant"))
  }
}
