import Testing

@testable import AtollPrivacy

/// Mechanisms on neighbouring inputs. Coins are known, so that what is found never changes; a tester that calls nothing wrong
/// would pass too, therefore each must disprove a claim that is better than the true one.
@Suite struct `What the product promises is not disproved` {
  /// - Parameter share: of ε, that is not enough.
  private func check(
    _ epsilon: Double, _ delta: Double, butNot share: Double, _ first: () -> [Double],
    _ second: () -> [Double]
  ) throws {
    let finding = try StochasticTester(epsilon: epsilon, delta: delta, runs: 100_000).test(first, second)
    #expect(!finding.disproves && finding.epsilon <= epsilon, "\(finding)")
    let better = try StochasticTester(epsilon: epsilon * share, delta: delta, runs: 200_000)
      .test(first, second)
    #expect(better.disproves, "\(better), and not \(epsilon * share)")
  }

  @Test func `by discrete Laplace noise`() throws {
    let (noise, coins) = (try DiscreteLaplace(scale: Ratio(1)), SharedCoins(1))
    func run(_ value: Int) -> [Double] { [Double(value + Int(coins.draw { noise.sample(using: &$0) }))] }
    try check(1, 0, butNot: 0.9, { run(0) }, { run(1) })
  }

  @Test func `by discrete Gaussian noise`() throws {
    let (noise, coins) = (try DiscreteGaussian(variance: Ratio(4)), SharedCoins(2))
    let epsilon = try Claim.epsilon(.discreteGaussian(sigma: 2, sensitivity: 1), delta: 1e-3)
    func run(_ value: Int) -> [Double] { [Double(value + Int(coins.draw { noise.sample(using: &$0) }))] }
    try check(epsilon, 1e-3, butNot: 0.5, { run(0) }, { run(1) })
  }

  @Test func `by normal noise on a grid`() throws {
    let (sum, coins) = (try GridSum(multiplier: 1), SharedCoins(3))
    let epsilon = try Claim.epsilon(.gaussian(noiseMultiplier: 1), delta: 1e-3)
    try check(epsilon, 1e-3, butNot: 0.6, { [sum([0, 0.25], coins)] }, { [sum([1, 0.25], coins)] })
  }

  @Test func `by Laplace noise on a grid`() throws {
    let (noise, coins) = (try NoiseGrid(width: 1, fractionBits: 30).laplace(), SharedCoins(4))
    func run(_ value: Int64) -> [Double] {
      [Double((value << 30) + coins.draw { noise.sample(using: &$0) }) * 0x1p-30]
    }
    try check(1, 0, butNot: 0.9, { run(0) }, { run(1) })
  }

  @Test func `by Skellam noise`() throws {
    let (noise, coins) = (try Skellam(mean: Ratio(2)), SharedCoins(5))
    let epsilon = try Claim.epsilon(.skellam(variance: 4, l1Sensitivity: 1, l2Sensitivity: 1), delta: 1e-3)
    func run(_ value: Int) -> [Double] { [Double(value + Int(coins.draw { noise.sample(using: &$0) }))] }
    // Its accountant knows a bound only.
    try check(epsilon, 1e-3, butNot: 0.4, { run(0) }, { run(1) })
  }

  @Test func `by randomized response`() throws {
    let (response, coins) = (try RandomizedResponse(epsilon: Ratio(1), categories: 4), SharedCoins(6))
    func run(_ category: Int) -> [Double] { [Double(coins.draw { response.answer(category, using: &$0) })] }
    try check(1, 0, butNot: 0.9, { run(0) }, { run(3) })
  }

  @Test func `by unary encoding`() throws {
    let (encoding, coins) = (try UnaryEncoding(epsilon: Ratio(1), categories: 4), SharedCoins(7))
    func run(_ category: Int) -> [Double] {
      coins.draw { encoding.answer(category, using: &$0) }.map { $0 ? 1 : 0 }
    }
    try check(1, 0, butNot: 0.9, { run(0) }, { run(1) })
  }

  @Test func `by normal noise on a sample`() throws {
    let (sum, coins) = (try GridSum(multiplier: 1), SharedCoins(8))
    let coin = try Bernoulli(Ratio(1, 4))
    func run(_ values: [Double]) -> [Double] {
      [sum(values.filter { _ in coins.draw { coin.toss(using: &$0) } }, coins)]
    }
    let epsilon = try Claim.epsilon(
      .poissonSampled(rate: 0.25, PrivacyEvent(.gaussian(noiseMultiplier: 1))), delta: 1e-3)
    try check(epsilon, 1e-3, butNot: 0.3, { run([0, 0, 0]) }, { run([0, 0, 1]) })
  }
}

@Suite struct `A planted fault is disproved` {
  private func disprove(
    _ epsilon: Double, delta: Double = Claim.delta, _ first: () -> [Double], _ second: () -> [Double]
  ) throws -> StochasticTester.Finding {
    let finding = try StochasticTester(epsilon: epsilon, delta: delta, runs: 100_000).test(first, second)
    #expect(finding.disproves, "\(finding), and not \(epsilon)")
    return finding
  }

  @Test func `noise by four`() throws {
    let coins = SharedCoins(11)
    let laplace = try DiscreteLaplace(scale: Ratio(1))
    _ = try disprove(
      0.25, delta: 0, { [Double(coins.draw { laplace.sample(using: &$0) })] },
      { [Double(1 + coins.draw { laplace.sample(using: &$0) })] })
    let sum = try GridSum(multiplier: 0.25)
    let epsilon = try Claim.epsilon(.gaussian(noiseMultiplier: 1))
    _ = try disprove(epsilon, { [sum([0], coins)] }, { [sum([1], coins)] })
  }

  @Test func `noise before clipping`() throws {
    let coins = SharedCoins(12)
    let noise = try GridSum(multiplier: 1)
    // A record may be of any size, and only the noised sum is brought back to it.
    func run(_ value: Double) -> [Double] { [min(1, max(-1, value + noise([], coins)))] }
    _ = try disprove(Claim.epsilon(.gaussian(noiseMultiplier: 1)), { run(0) }, { run(1000) })
  }

  @Test func `the same noise in two releases`() throws {
    let coins = SharedCoins(13)
    let sum = try GridSum(multiplier: 1)
    func run(_ value: Double) -> [Double] {
      // Two sums of which the second does not have the record.
      let noise = sum([], coins)
      return [value + noise, noise]
    }
    let epsilon = try Claim.epsilon(.repeated(PrivacyEvent(.gaussian(noiseMultiplier: 1)), times: 2))
    let finding = try disprove(epsilon, { run(0) }, { run(1) })
    #expect(finding.feature == "element 0 less element 1")
  }

  @Test func `a weight that leaks`() throws {
    let coins = SharedCoins(14)
    let sum = try GridSum(multiplier: 1)
    let epsilon = try Claim.epsilon(.gaussian(noiseMultiplier: 1))
    // Divided by the exact number, instead of by the expected one: the noise tells how many there are.
    func mean(_ values: [Double]) -> [Double] { [sum(values, coins) / Double(values.count)] }
    _ = try disprove(epsilon, { mean([0, 0]) }, { mean([0, 0, 0]) })
    // Weights that multiply after the clipping.
    func weighted(_ values: [(value: Double, weight: Int)]) -> [Double] {
      [sum(values.flatMap { [Double](repeating: $0.value, count: $0.weight) }, coins)]
    }
    _ = try disprove(epsilon, { weighted([(0.5, 1)]) }, { weighted([(0.5, 1), (1, 4)]) })
  }

  @Test func `noise in floating point`() throws {
    let coins = SharedCoins(15)
    let epsilon = try Claim.epsilon(.gaussian(noiseMultiplier: 1))
    let finding = try disprove(epsilon, { [0 + coins.boxMuller()] }, { [1 + coins.boxMuller()] })
    #expect(finding.feature == "the lowest bit of element 0")
    #expect(finding.seldom == 0)
  }

  @Test func `a sample that always has the last one`() throws {
    let coins = SharedCoins(16)
    let sum = try GridSum(multiplier: 1)
    let coin = try Bernoulli(Ratio(1, 20))
    func run(_ values: [Double]) -> [Double] {
      let last = values.count - 1
      let chosen = values.indices.filter { place in place == last || coins.draw { coin.toss(using: &$0) } }
      return [sum(chosen.map { values[$0] }, coins)]
    }
    let epsilon = try Claim.sampledGaussian(rate: 0.05, noise: 1)
    _ = try disprove(epsilon, { run([0, 0, 0, 0]) }, { run([0, 0, 0, 1]) })
  }
}

@Suite struct `A stochastic tester` {
  @Test func `calls a right claim wrong no more often than it says`() throws {
    // At 80 % and at the true ε of a coin: the event with the larger chance has exactly that ratio.
    let coins = SharedCoins(21)
    let response = try RandomizedResponse(epsilon: Ratio(1))
    var wrong = 0
    for _ in 0..<400 {
      let finding = try StochasticTester(epsilon: 1, delta: 0, runs: 400, confidence: 0.8).test(
        { coins.draw { response.answer(0, using: &$0) } }, { coins.draw { response.answer(1, using: &$0) } })
      if finding.disproves { wrong += 1 }
    }
    #expect(wrong <= 80, "\(wrong) of 400")
  }

  @Test func `tells of δ what it must`() throws {
    // Reveals its input once in a hundred times.
    let coins = SharedCoins(22)
    let coin = try Bernoulli(Ratio(1, 100))
    func run(_ value: Int) -> Int { coins.draw { coin.toss(using: &$0) } ? value : 0 }
    #expect(
      try StochasticTester(epsilon: 1, delta: 1e-3, runs: 50_000).test({ run(1) }, { run(2) }).disproves)
    #expect(
      try !StochasticTester(epsilon: 1, delta: 0.01, runs: 50_000).test({ run(1) }, { run(2) }).disproves)
  }

  @Test func `looks at outputs that are no numbers, and at none`() throws {
    let tester = try StochasticTester(epsilon: 1, delta: 0, runs: 1000)
    #expect(tester.test({ [.nan, .infinity] }, { [0, -.infinity] }).disproves)
    #expect(!tester.test({ [.nan, .infinity] }, { [.nan, .infinity] }).disproves)
    #expect(!tester.test({ [Double]() }, { [] }).disproves)
  }

  @Test func `refuses claims that are none`() {
    #expect(throws: PrivacyError.self) { try StochasticTester(epsilon: -1, delta: 0) }
    #expect(throws: PrivacyError.self) { try StochasticTester(epsilon: .infinity, delta: 0) }
    #expect(throws: PrivacyError.self) { try StochasticTester(epsilon: 1, delta: 1) }
    #expect(throws: PrivacyError.self) { try StochasticTester(epsilon: 1, delta: 0, runs: 3) }
    #expect(throws: PrivacyError.self) { try StochasticTester(epsilon: 1, delta: 0, confidence: 1) }
  }

  @Test func `finds the lowest bit of a number`() {
    #expect((1.0).lowestBit == 0 && (-3.0).lowestBit == 0 && (4.0).lowestBit == 2 && (0.75).lowestBit == -2)
    #expect((1 + 0x1p-52).lowestBit == -52 && Double.leastNonzeroMagnitude.lowestBit == -1074)
    #expect((0.0).lowestBit == 2000 && Double.nan.lowestBit == 2000)
  }
}
