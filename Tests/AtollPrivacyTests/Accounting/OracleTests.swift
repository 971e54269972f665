import AtollPrivacy
import Testing

/// Every figure of the oracle, within the tolerances that it states.
@Suite struct `Accountants beside the oracle` {
  @Test(arguments: AccountingOracle.settings.filter { $0.expected?.rdp != nil })
  fileprivate func `Rényi: equal to exact divergences or to dp-accounting`(_ setting: AccountingOracle.Case)
    throws
  {
    let found = try RenyiAccountant.standard.epsilon(
      of: setting.event, delta: setting.delta!, relation: setting.relation
    ).upper
    let library = try #require(setting.expected?.rdp?.epsilon)
    let reference = setting.expected?.rdpExact?.epsilon ?? library
    #expect(distance(found, reference) < 1e-6)
    #expect(found < library * (1 + 1e-6))
  }

  @Test(arguments: AccountingOracle.settings.filter { $0.expected?.pld != nil })
  fileprivate func `Loss distributions: between the lower bound and dp-accounting's ε`(
    _ setting: AccountingOracle.Case
  ) throws {
    let expected = try #require(setting.expected)
    let pld = try #require(expected.pld)
    let epsilon = try #require(pld.epsilon ?? pld.epsilonUpper)
    let lower =
      expected.exact?.epsilon ?? expected.prv?.lower ?? pld.epsilonLower ?? pld.epsilonPrivacyBucketsLower
      ?? epsilon * 0.995 - 0.005
    let found = try #require(AccountingOracle.lossDistributions[setting.id!])
    // Of discrete Laplace noise dp-accounting's lower figures lie 10⁻¹⁰ above the truth (`LossDistributionTests` has it),
    // of closed forms a last digit may be rounded.
    #expect(found.upper >= lower * (expected.exact == nil ? 1 - 1e-10 : 1 - 1e-15))
    #expect(found.upper <= epsilon * 1.005 + 0.005)
  }

  @Test(arguments: AccountingOracle.settings.filter { $0.expected?.pld != nil })
  fileprivate func `Loss distributions: the lower bound is one, and near`(
    _ setting: AccountingOracle.Case
  ) throws {
    let pld = try #require(setting.expected?.pld)
    let epsilon = try #require(pld.epsilon ?? pld.epsilonUpper)
    let found = try #require(AccountingOracle.lossDistributions[setting.id!])
    let lower = try #require(found.lower)
    #expect(lower <= found.upper)
    #expect(lower <= setting.expected?.exact?.epsilon ?? epsilon)
    #expect(found.upper - lower < 1e-3 * found.upper)
    if let prv = setting.expected?.prv {
      #expect(lower >= prv.lower! && found.upper <= prv.upper!)
    }
  }

  @Test(arguments: AccountingOracle.settings.filter { $0.expected?.exact != nil })
  fileprivate func `the tightest accountant is exact where there is a closed form`(
    _ setting: AccountingOracle.Case
  ) throws {
    let guarantee = try PrivacyAccounting.epsilon(
      of: setting.event, delta: setting.delta!, relation: setting.relation)
    let exact = try #require(setting.expected?.exact?.epsilon)
    // Of one Laplace mechanism there is a loss distribution, which rounds up by what double precision needs.
    #expect(guarantee.epsilon >= exact * (1 - 1e-14))
    #expect(distance(guarantee.epsilon, exact) < 1e-9)
  }

  @Test(arguments: AccountingOracle.settings.filter { $0.expected?.pureComposition != nil })
  fileprivate func `pure losses add up`(_ setting: AccountingOracle.Case) throws {
    let found = try PureAccountant().epsilon(
      of: setting.event, delta: setting.delta!, relation: setting.relation)
    #expect(distance(found.upper, try #require(setting.expected?.pureComposition?.epsilon)) < 1e-12)
  }

  @Test(arguments: AccountingOracle.settings.filter { $0.expected?.zcdpRho != nil })
  fileprivate func `zero-concentration of discrete noise`(_ setting: AccountingOracle.Case) throws {
    let (event, delta) = (try setting.event, try #require(setting.delta))
    // Sampling at rate 1 is none, but an accountant of unsampled noise may not know.
    let plain = try repeated(
      PrivacyEvent(.discreteGaussian(sigma: setting.sigma!, sensitivity: setting.sensitivity!)),
      setting.steps!)
    let rho = try ConcentratedAccountant().rho(of: plain, relation: setting.relation)
    #expect(distance(rho, try #require(setting.expected?.zcdpRho)) < 1e-12)
    let converted = try #require(setting.expected?.rdpFromZcdp?.epsilon)
    let concentrated = try PrivacyEvent(.zeroConcentrated(rho: rho))
    for event in [concentrated, plain] {
      let found = try RenyiAccountant.standard.epsilon(of: event, delta: delta, relation: setting.relation)
      #expect(distance(found.upper, converted) < 1e-9)
    }
    // All orders are at least as good as some, and this bound is nowhere below the exact one.
    let all = try ConcentratedAccountant().epsilon(of: plain, delta: delta, relation: setting.relation).upper
    #expect(all <= converted)
    #expect(all > converted * 0.999)
    // Divergences of the discrete noise itself are a little smaller than ρα.
    let exact = try RenyiAccountant.standard.epsilon(of: event, delta: delta, relation: setting.relation)
      .upper
    #expect(exact <= converted * (1 + 1e-12))
  }

  @Test(arguments: AccountingOracle.loaded.epsilon.filter { $0.expected?.noiseMultiplierRdp != nil })
  fileprivate func `calibrated noise of sampled rounds`(_ setting: AccountingOracle.Case) throws {
    let (epsilon, delta) = (try #require(setting.targetEpsilon), try #require(setting.delta))
    let (rate, steps) = (try #require(setting.q), try #require(setting.steps))
    func noise(_ accountant: any PrivacyAccountant) throws -> Double {
      try Calibration.noiseMultiplier(epsilon: epsilon, delta: delta, accountant: accountant) {
        z throws(PrivacyError) in
        try PrivacyEvent(
          .repeated(
            PrivacyEvent(.poissonSampled(rate: rate, PrivacyEvent(.gaussian(noiseMultiplier: z)))),
            times: steps))
      }
    }
    let renyi = try noise(RenyiAccountant.standard) / #require(setting.expected?.noiseMultiplierRdp)
    #expect(renyi > 0.995 && renyi < 1.0005)
    let loss = try noise(LossDistributionAccountant.standard)
    #expect(distance(loss, try #require(setting.expected?.noiseMultiplierPld)) < 1e-3)
    #expect(
      try LossDistributionAccountant.standard.epsilon(
        of: sampledGaussian(rate, loss, steps), delta: delta, relation: .addOrRemoveOne
      ).upper <= epsilon)
  }

  @Test(arguments: AccountingOracle.loaded.epsilon.filter { $0.expected?.sigmaPerUnitSensitivity != nil })
  fileprivate func `calibrated noise of one normal mechanism`(_ setting: AccountingOracle.Case) throws {
    let (epsilon, delta) = (try #require(setting.targetEpsilon), try #require(setting.delta))
    let expected = try #require(setting.expected?.sigmaPerUnitSensitivity)
    let closed = try GaussianAccountant.noiseMultiplier(epsilon: epsilon, delta: delta)
    #expect(distance(closed, expected) < 1e-6)
    let searched = try Calibration.noiseMultiplier(
      epsilon: epsilon, delta: delta, accountant: GaussianAccountant(), tolerance: 1e-6
    ) { z throws(PrivacyError) in try PrivacyEvent(.gaussian(noiseMultiplier: z)) }
    #expect(searched >= closed * (1 - 1e-12) && searched < closed * (1 + 1e-6))
  }

  @Test(arguments: AccountingOracle.loaded.rdpValues)
  fileprivate func `divergence of one step at one order`(_ setting: AccountingOracle.Case) throws {
    let found = try RenyiAccountant.standard.divergence(
      of: setting.event, order: setting.order!, relation: setting.relation)
    let expected = try #require(setting.rdpOneStep)
    #expect(distance(found, expected) < 1e-6 || abs(found - expected) < 1e-13)
  }

  @Test func `adaptive clipping splits its noise`() throws {
    #expect(AccountingOracle.loaded.adaptiveClippingNoiseSplit.count == 3)
    for split in AccountingOracle.loaded.adaptiveClippingNoiseSplit {
      let found = try ClippingNoise.updateNoiseMultiplier(total: split.z, countDeviation: split.sigmaB)
      #expect(distance(found, split.zDelta) < 1e-12)
    }
    #expect(throws: PrivacyError.self) {
      try ClippingNoise.updateNoiseMultiplier(total: 1, countDeviation: 0.5)
    }
  }

  @Test func `no case is left out`() {
    #expect(AccountingOracle.loaded.epsilon.count == 36)
    #expect(AccountingOracle.loaded.rdpValues.count == 31)
    #expect(AccountingOracle.loaded.rdpOrders == RenyiAccountant.defaultOrders)
    for setting in AccountingOracle.loaded.epsilon {
      let expected = setting.expected
      let figures: [Any?] = [
        expected?.rdp, expected?.pld, expected?.exact, expected?.noiseMultiplierRdp,
        expected?.sigmaPerUnitSensitivity,
      ]
      #expect(figures.contains { $0 != nil }, "\(setting)")
    }
  }
}
