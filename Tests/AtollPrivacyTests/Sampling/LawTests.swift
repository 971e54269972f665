import AtollNumerics
import Foundation
import Testing

@testable import AtollPrivacy

/// p-values below this refuse a law. Those of known seeds never change; of the some sixty of secret coins one is below, by
/// chance, in 16,000 runs. With ATOLL_PRINT_FITS in the environment all are printed.
private let significance = 1e-6

func draw(_ count: Int, _ noise: some IntegerNoise, _ coins: inout SecretCoins) -> [Int64] {
  var samples = [Int64](repeating: 0, count: count)
  noise.add(to: &samples, using: &coins)
  return samples
}

/// A million draws with a known seed, which make the test repeatable, and a million that nobody can repeat.
private func check(_ noise: some IntegerNoise, _ cells: Cells, _ name: String, draws: Int = 1_000_000) {
  var known = SecretCoins(insecureSeed: 20_261_126)
  let fit = GoodnessOfFit(draw(draws, noise, &known), cells)
  #expect(fit.least > significance, "\(name): \(fit)")
  var secret = SecretCoins()
  let again = GoodnessOfFit(draw(draws, noise, &secret), cells)
  #expect(again.least > significance, "\(name), secret: \(again)")
  if ProcessInfo.processInfo.environment["ATOLL_PRINT_FITS"] != nil { print("\(name): \(fit); \(again)") }
}

/// A law by itself, without the noise around it.
struct Sampled<Law: IntegerLaw>: IntegerNoise {
  var table: BlockTable<Law>
  init(_ law: Law, cut: UInt128 = 1 << 32) { table = BlockTable(law, cut: cut) }
  func sample(using coins: inout SecretCoins) -> Int64 { table.sample(using: &coins) }
  func add(to sums: UnsafeMutableBufferPointer<Int64>, using coins: inout SecretCoins) {
    table.add(to: sums, sign: 1, using: &coins)
  }
}

/// Bounds that are true and poor, so that many draws need the exact ones.
struct Blurred<Law: IntegerLaw>: IntegerLaw {
  var law: Law
  var mode: Int64 { law.mode }
  var spread: UInt64 { law.spread }
  func quickBounds(at x: Int64) -> (lower: UInt64, upper: UInt128) {
    let bounds = law.quickBounds(at: x)
    return (bounds.lower - bounds.lower / 16, min(bounds.upper + bounds.upper / 16, 1 << 64))
  }
  func weight(at x: Int128, bits: Int) -> Ball { law.weight(at: x, bits: bits) }
}

private func gaussianLaw(_ sigma: UInt64) -> ExponentialLaw {
  ExponentialLaw(.square, rate: 1, over: 2 * UInt128(sigma) * UInt128(sigma), spread: sigma)
}

@Suite struct `A million draws have the law` {
  @Test(arguments: [(1, 2), (1, 1), (3, 1), (100, 1), (1 << 20, 1)] as [(UInt64, UInt64)])
  func `of the discrete Gaussian`(_ n: UInt64, _ d: UInt64) throws {
    let noise = try DiscreteGaussian(variance: Ratio(UInt128(n) * UInt128(n), d * d))
    check(noise, Laws.gaussian(Double(n) / Double(d)), "Gaussian, σ = \(n)/\(d)")
  }

  @Test(arguments: [(1, 2), (1, 1), (3, 1), (100, 1), (1 << 20, 1)] as [(UInt64, UInt64)])
  func `of the discrete Laplace`(_ n: UInt64, _ d: UInt64) throws {
    let noise = try DiscreteLaplace(scale: Ratio(UInt128(n), d))
    check(noise, Laws.laplace(Double(n) / Double(d)), "Laplace, t = \(n)/\(d)")
  }

  @Test(
    arguments: [(3, 10), (5, 1), (1000, 1), (32_767, 1), (65_537, 2), (1 << 40, 1)] as [(UInt64, UInt64)])
  func `of Poisson`(_ n: UInt64, _ d: UInt64) throws {
    struct Numbers: IntegerNoise {
      var poisson: Poisson
      func sample(using coins: inout SecretCoins) -> Int64 { poisson.sample(using: &coins) }
      func add(to sums: UnsafeMutableBufferPointer<Int64>, using coins: inout SecretCoins) {
        for place in sums.indices { sums[place] &+= sample(using: &coins) }
      }
    }
    let noise = Numbers(poisson: try Poisson(mean: Ratio(UInt128(n), d)))
    check(noise, Laws.poisson(Double(n) / Double(d)), "Poisson, μ = \(n)/\(d)")
  }

  @Test(arguments: [(1, 10), (1, 1), (20, 1), (1000, 1), (40_000, 1), (1 << 40, 1)] as [(UInt64, UInt64)])
  func `of Skellam`(_ n: UInt64, _ d: UInt64) throws {
    let noise = try Skellam(mean: Ratio(UInt128(n), d))
    check(noise, Laws.skellam(Double(n) / Double(d)), "Skellam, μ = \(n)/\(d)")
  }

  /// With fewer draws: each takes microseconds here.
  @Test(arguments: [UInt64(1), 50])
  func `where almost every draw lies in a tail`(_ sigma: UInt64) throws {
    // Blocks end where weights fall below one half.
    let laplace = ExponentialLaw(.absolute, rate: 1, over: UInt128(sigma), spread: sigma)
    let poisson = PoissonLaw(mean: try Ratio(UInt128(sigma)))
    let (cut, width) = (UInt128(1) << 63, Double(sigma))
    check(Sampled(gaussianLaw(sigma), cut: cut), Laws.gaussian(width), "Gaussian tails", draws: 20_000)
    check(Sampled(laplace, cut: cut), Laws.laplace(width), "Laplace tails", draws: 20_000)
    check(Sampled(poisson, cut: cut), Laws.poisson(width), "Poisson tails", draws: 20_000)
  }

  @Test func `where many draws need more bits`() {
    check(Sampled(Blurred(law: gaussianLaw(1))), Laws.gaussian(1), "refined, σ = 1", draws: 100_000)
    check(Sampled(Blurred(law: gaussianLaw(40))), Laws.gaussian(40), "refined, σ = 40", draws: 100_000)
  }
}

@Suite struct `The samplers of Canonne, Kamath and Steinke` {
  @Test func `have the same law of Gaussian and Laplace noise`() throws {
    var reference = ReferenceSampler(coins: SecretCoins(insecureSeed: 4))
    for (n, d) in [(UInt128(1), UInt128(4)), (9, 1), (10_000, 1), (1 << 40, 1)] {
      let samples = (0..<100_000).map { _ in reference.gaussian(n, d) }
      let fit = GoodnessOfFit(samples, Laws.gaussian((Double(n) / Double(d)).squareRoot()))
      #expect(fit.least > significance, "σ² = \(n)/\(d): \(fit)")
    }
    let samples = (0..<100_000).map { _ in reference.laplace(22, 7) }
    let fit = GoodnessOfFit(samples, Laws.laplace(22.0 / 7))
    #expect(fit.least > significance, "\(fit)")
  }

  @Test(arguments: [(1, 1000), (1, 1), (7, 2), (8, 1)] as [(UInt64, UInt64)])
  func `have the same coin with probability exp(-γ)`(_ n: UInt64, _ d: UInt64) throws {
    let coin = Bernoulli(exponentialOfMinus: try Ratio(UInt128(n), d))
    let p = exp(-Double(n) / Double(d))
    var coins = SecretCoins(insecureSeed: 5)
    var reference = ReferenceSampler(coins: SecretCoins(insecureSeed: 6))
    let (draws, fewer) = (1_000_000, 200_000)
    var heads = 0
    for _ in 0..<draws where coin.toss(using: &coins) { heads += 1 }
    var theirs = 0
    for _ in 0..<fewer where reference.exponential(UInt128(n), UInt128(d)) { theirs += 1 }
    for (count, all) in [(heads, Double(draws)), (theirs, Double(fewer))] {
      let fit = GoodnessOfFit.chiSquare(
        [count, Int(all) - count], expected: [all * p, all * (1 - p)], least: 5)
      #expect(fit > significance, "γ = \(n)/\(d): \(count) of \(all)")
    }
  }
}

@Suite struct `The tests find` {
  private func fit(_ samples: [Int64], _ cells: Cells) -> GoodnessOfFit { GoodnessOfFit(samples, cells) }

  @Test(arguments: [UInt64(1), 3, 100, 1 << 20])
  func `noise of half the width`(_ sigma: UInt64) throws {
    var coins = SecretCoins(insecureSeed: 21)
    let noise = try DiscreteGaussian(variance: Ratio(UInt128(sigma) * UInt128(sigma), 4))
    let fit = fit(draw(100_000, noise, &coins), Laws.gaussian(Double(sigma)))
    #expect(fit.chiSquare < significance && fit.kolmogorov < significance)
  }

  @Test(arguments: [UInt64(1), 3, 100])
  func `noise that is off by one`(_ sigma: UInt64) throws {
    var coins = SecretCoins(insecureSeed: 22)
    let noise = try DiscreteGaussian(variance: Ratio(UInt128(sigma) * UInt128(sigma)))
    let samples = draw(1_000_000, noise, &coins).map { $0 + 1 }
    #expect(fit(samples, Laws.gaussian(Double(sigma))).least < significance)
  }

  @Test func `continuous noise that was rounded`() {
    var coins = SecretCoins(insecureSeed: 23)
    let samples = (0..<100_000).map { _ in
      let radius = (-2 * log(Double(coins.nextUInt64() >> 11 | 1) * 0x1p-53)).squareRoot()
      let angle = 2 * Double.pi * Double(coins.nextUInt64() >> 11) * 0x1p-53
      return Int64((0.5 * radius * cos(angle)).rounded())
    }
    let fit = fit(samples, Laws.gaussian(0.5))
    #expect(fit.chiSquare < significance && fit.kolmogorov < significance)
  }

  @Test func `a stream that repeats itself`() throws {
    let noise = try DiscreteGaussian(variance: Ratio(9))
    var samples: [Int64] = []
    for _ in 0..<10 {
      var coins = SecretCoins(insecureSeed: 24)
      samples += draw(10_000, noise, &coins)
    }
    #expect(fit(samples, Laws.gaussian(3)).least < significance)
  }

  @Test func `two participants with one stream`() throws {
    // The sum of independent noise is wider than either's by √2; of equal noise by 2.
    let noise = try DiscreteGaussian(variance: Ratio(10_000))
    func sums(_ seeds: [UInt64]) -> [Int64] {
      var sums = [Int64](repeating: 0, count: 100_000)
      for seed in seeds {
        var coins = SecretCoins(insecureSeed: seed)
        noise.add(to: &sums, using: &coins)
      }
      return sums
    }
    let law = Laws.gaussian(100 * 2.0.squareRoot())
    #expect(fit(sums([25, 26]), law).least > significance)
    #expect(fit(sums([25, 25]), law).least < significance)
  }
}
