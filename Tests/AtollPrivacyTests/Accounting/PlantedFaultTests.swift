import AtollPrivacy
import Testing

/// Errors that accountants have had, put in on purpose: each gives an ε outside of what the oracle's tolerances allow, so
/// that the tests beside the oracle would see it.
@Suite struct `Planted faults of accounting are seen` {
  private func renyi(_ event: PrivacyEvent, _ delta: Double, _ relation: NeighboringRelation) throws -> Double
  {
    try RenyiAccountant.standard.epsilon(of: event, delta: delta, relation: relation).upper
  }

  @Test(arguments: ["dp-s-00", "dp-s-01", "dp-s-05", "dp-s-07"])
  func `one step more or less`(_ id: String) throws {
    let setting = AccountingOracle.named(id)
    let expected = try #require(setting.expected?.rdpExact?.epsilon)
    for steps in [setting.steps! - 1, setting.steps! + 1] {
      let wrong = try renyi(sampledGaussian(setting.q!, setting.z!, steps), setting.delta!, setting.relation)
      #expect(distance(wrong, expected) > 1e-5)
    }
  }

  @Test(arguments: ["dp-s-26", "dp-s-27"])
  func `fixed-size samples taken for Poisson samples`(_ id: String) throws {
    let setting = AccountingOracle.named(id)
    let expected = try #require(setting.expected?.rdp?.epsilon)
    let rate = Double(setting.sampleSize!) / Double(setting.sourceSize!)
    let wrong = try renyi(sampledGaussian(rate, setting.z!, setting.steps!), setting.delta!, .addOrRemoveOne)
    #expect(distance(wrong, expected) > 0.05)
    // On the side that promises too much.
    #expect(wrong < expected)
  }

  @Test(arguments: ["dp-s-26", "dp-s-27"])
  func `noise by the clipping norm taken for noise by the sensitivity of a replacement`(_ id: String) throws {
    let setting = AccountingOracle.named(id)
    let expected = try #require(setting.expected?.rdp?.epsilon)
    let wrong = try renyi(
      repeated(
        PrivacyEvent(
          .fixedSizeSampled(
            sourceSize: setting.sourceSize!, sampleSize: setting.sampleSize!,
            PrivacyEvent(.gaussian(noiseMultiplier: setting.z! * 2)))), setting.steps!),
      setting.delta!, setting.relation)
    #expect(distance(wrong, expected) > 0.05)
  }

  @Test(arguments: ["dp-s-30", "dp-s-31"])
  func `zero-out taken for replace-one`(_ id: String) throws {
    let setting = AccountingOracle.named(id)
    let expected = try #require(setting.expected?.pld?.epsilon)
    let wrong = try LossDistributionAccountant.standard.epsilon(
      of: setting.event, delta: setting.delta!, relation: .zeroOut
    ).upper
    #expect(wrong < expected * 0.995 - 0.005)
  }

  @Test(arguments: ["dp-s-01", "dp-s-05"])
  func `sampling forgotten, or taken twice`(_ id: String) throws {
    let setting = AccountingOracle.named(id)
    let expected = try #require(setting.expected?.prv)
    let pld = LossDistributionAccountant.standard
    let none = try pld.epsilon(
      of: sampledGaussian(1, setting.z!, setting.steps!), delta: setting.delta!, relation: .addOrRemoveOne)
    #expect(none.upper > expected.upper!)
    let twice = try pld.epsilon(
      of: repeated(
        PrivacyEvent(
          .poissonSampled(
            rate: setting.q!,
            PrivacyEvent(
              .poissonSampled(rate: setting.q!, PrivacyEvent(.gaussian(noiseMultiplier: setting.z!)))))),
        setting.steps!), delta: setting.delta!, relation: .addOrRemoveOne)
    #expect(twice.upper < expected.lower!)
  }

  @Test(arguments: ["dp-s-19"])
  func `discrete noise taken for normal noise`(_ id: String) throws {
    let setting = AccountingOracle.named(id)
    let lower = try #require(setting.expected?.pld?.epsilonLower)
    let noise = setting.sigma! / Double(setting.sensitivity!)
    let wrong = try GaussianAccountant().epsilon(
      of: sampledGaussian(1, noise, setting.steps!), delta: setting.delta!, relation: .addOrRemoveOne
    ).upper
    #expect(wrong < lower)
  }

  @Test(arguments: ["dp-s-23", "dp-s-24"])
  func `a tree one level too low`(_ id: String) throws {
    let setting = AccountingOracle.named(id)
    let expected = try #require(setting.expected?.rdp?.epsilon)
    let halved = setting.stepCounts!.values.map { $0 / 2 }
    let wrong = try renyi(
      repeated(
        PrivacyEvent(.treeAggregation(noiseMultiplier: setting.z!, steps: halved)), setting.epochs!),
      setting.delta!, .zeroOut)
    #expect(distance(wrong, expected) > 0.01)
  }
}
