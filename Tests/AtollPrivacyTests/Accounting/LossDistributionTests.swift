import AtollNumerics
import Testing

@testable import AtollPrivacy

@Suite struct `Loss distributions against other ways` {
  static let accountant = LossDistributionAccountant.standard

  @Test func `compositions of normal noise are exact within their bounds`() throws {
    for (noise, steps) in [(1.0, 1), (3.0, 7), (20.0, 1000), (100.0, 14_062), (0.4, 1)] {
      let event = try repeated(PrivacyEvent(.gaussian(noiseMultiplier: noise)), steps)
      // A composition of normal mechanisms is one; here its parts are composed by Fourier transforms.
      let bins = LossSource.normal(precision: 1 / (noise * noise), rate: 1).bins(step: 1e-4)
      let above = LossComposition(.init([(bins.pessimistic(), steps)]), pessimistic: true)
      let below = LossComposition(.init([(bins.optimistic(), steps)]), pessimistic: false)
      for delta in [0.1, 1e-3, 1e-6, 1e-9, 1e-13] {
        let (upper, lower) = (above.epsilon(delta: delta), below.epsilon(delta: delta))
        let exact = try GaussianAccountant().epsilon(of: event, delta: delta, relation: .addOrRemoveOne).upper
        #expect(lower <= exact && exact <= upper, "\(noise) \(steps) \(delta)")
        #expect(upper - lower < 1e-4 * exact + 1e-6, "\(noise) \(steps) \(delta)")
      }
    }
  }

  /// δ of the discrete Laplace mechanism composed with itself, by summing binomials of outcomes: with sensitivity 1 the loss
  /// is ±λ. Computed with 50 digits: ε = 3.1729027340191896526 (λ = 0.1, 50 steps, δ = 10⁻⁶) and, with sensitivity 2,
  /// 9.9988541204123691183 (λ = 0.5, 10 steps, δ = 10⁻⁵).
  @Test func `losses on the grid are exact`() throws {
    for (lambda, sensitivity, steps, delta, exact) in [
      (0.1, 1, 50, 1e-6, 3.1729027340191896526), (0.5, 2, 10, 1e-5, 9.9988541204123691183),
    ] {
      let event = try repeated(
        PrivacyEvent(.discreteLaplace(lambda: lambda, sensitivity: sensitivity)), steps)
      let found = try Self.accountant.epsilon(of: event, delta: delta, relation: .addOrRemoveOne)
      #expect(found.upper >= exact && found.upper < exact * (1 + 1e-9))
      #expect(try #require(found.lower) <= exact && found.lower! > exact * (1 - 1e-9))
    }
  }

  /// δ(ε) of normal noise after Laplace noise is E[δ_normal(ε − L)] over the Laplace mechanism's loss L: half of the mass
  /// lies at 1/b, e^(−1/b)/2 at −1/b, and the density e^((L − 1/b)/2)/4 between.
  @Test func `normal and Laplace noise together, against direct integration`() throws {
    let (noise, scale) = (1.0, 1.5)
    let end = 1 / scale
    func normal(_ epsilon: Double) -> Double {
      let near = SpecialFunctions.normalTail(noise * epsilon - 0.5 / noise)
      return near - Elementary.exp(epsilon) * SpecialFunctions.normalTail(noise * epsilon + 0.5 / noise)
    }
    func direct(_ epsilon: Double) -> Double {
      // Simpson's rule.
      let count = 2000
      let width = 2 * end / Double(count)
      var sum = 0.0
      for i in 0...count {
        let loss = -end + Double(i) * width
        let weight = i == 0 || i == count ? 1.0 : i % 2 == 1 ? 4 : 2
        sum += weight * Elementary.exp((loss - end) / 2) / 4 * normal(epsilon - loss)
      }
      return sum * width / 3 + normal(epsilon - end) / 2 + normal(epsilon + end) * Elementary.exp(-end) / 2
    }
    let event = try PrivacyEvent(
      .composed([
        PrivacyEvent(.gaussian(noiseMultiplier: noise)), PrivacyEvent(.laplace(scale: scale)),
      ]))
    let distribution = try Self.accountant.distribution(of: event, relation: .addOrRemoveOne)
    for epsilon in [0, 0.5, 1, 2, 4, 5] {
      let found = try distribution.delta(epsilon: epsilon)
      let expected = direct(epsilon)
      #expect(found.upper >= expected * (1 - 1e-10), "\(epsilon)")
      #expect(try #require(found.lower) <= expected * (1 + 1e-10), "\(epsilon)")
      #expect(found.upper - found.lower! < 1e-4 * expected, "\(epsilon)")
    }
  }

  /// Both directions of one sampled step have closed forms: δ = q·δ₀(ε₀) for a unit removed, where ε₀ is the plain loss.
  @Test func `one sampled step equals its closed form`() throws {
    for (rate, noise) in [(0.01, 1.0), (0.3, 0.6)] {
      let distribution = try Self.accountant.distribution(
        of: sampledGaussian(rate, noise, 1), relation: .addOrRemoveOne)
      for epsilon in [0.01, 0.1, 0.5, 1, 2] {
        let plain = SampledLoss(rate: rate).plain(of: epsilon)
        let removed = rate * GaussianAccountant.delta(mean: 1 / noise, epsilon: plain)
        let found = try distribution.delta(epsilon: epsilon)
        // The direction of a unit added is never the worse one for a single step.
        #expect(found.upper >= removed * (1 - 1e-11), "\(rate) \(epsilon)")
        #expect(try #require(found.lower) <= removed * (1 + 1e-11), "\(rate) \(epsilon)")
        #expect(found.upper - found.lower! < 1e-3 * removed, "\(rate) \(epsilon)")
      }
    }
  }

  @Test func `a coarser grid is looser on both sides, and still right`() throws {
    let event = try sampledGaussian(0.02, 0.8, 200)
    let fine = try Self.accountant.epsilon(of: event, delta: 1e-6, relation: .addOrRemoveOne)
    for interval in [1e-3, 1e-2] {
      let coarse = try LossDistributionAccountant(interval: interval).epsilon(
        of: event, delta: 1e-6, relation: .addOrRemoveOne)
      #expect(coarse.upper > fine.lower! && coarse.lower! < fine.upper)
    }
    #expect(throws: PrivacyError.self) { try LossDistributionAccountant(interval: 0) }
  }

  @Test func `tiny rates, many steps, little noise`() throws {
    for (rate, noise, steps, delta) in [
      (1e-4, 1.0, 100_000, 1e-6), (1e-3, 0.3, 100, 1e-5), (0.01, 0.15, 2, 1e-6), (1e-5, 1, 1_000_000, 1e-6),
    ] {
      let event = try sampledGaussian(rate, noise, steps)
      let found = try Self.accountant.epsilon(of: event, delta: delta, relation: .addOrRemoveOne)
      let renyi = try RenyiAccountant.standard.epsilon(of: event, delta: delta, relation: .addOrRemoveOne)
      #expect(found.upper < renyi.upper, "\(rate) \(noise) \(steps)")
      // The last does not fit on a fine grid, and says that it does not know.
      if rate > 1e-5 { #expect(try #require(found.lower) > found.upper * 0.95, "\(rate) \(noise) \(steps)") }
    }
  }

  @Test func `a sum of losses beyond what doubles exponentiate is not lost`() throws {
    // Mean 5,811, deviation 108.
    let event = try sampledGaussian(1, 1.1, 14_062)
    let bins = LossSource.normal(precision: 1 / 1.21, rate: 1).bins(step: 1e-2)
    let exact = try GaussianAccountant().epsilon(of: event, delta: 1e-5, relation: .addOrRemoveOne).upper
    let upper = LossComposition(.init([(bins.pessimistic(), 14_062)]), pessimistic: true).epsilon(delta: 1e-5)
    let lower = LossComposition(.init([(bins.optimistic(), 14_062)]), pessimistic: false).epsilon(delta: 1e-5)
    #expect(lower < exact && exact < upper && distance(upper, lower) < 1e-3)
  }
}
