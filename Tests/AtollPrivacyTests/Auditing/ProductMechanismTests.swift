import AtollNumerics
import Testing

@testable import AtollPrivacy

/// Answers that participants make private themselves, on any two of their inputs.
@Suite(.serialized) struct `What a participant answers keeps its promise` {
  @Test func `by normal noise on a vector`() throws {
    let coins = SharedCoins(31)
    func answers(noise: Double) throws -> (event: PrivacyEvent, run: (Bool) throws -> [Double]) {
      let local = try LocalGaussian(clippingNorm: 1, noiseMultiplier: noise, fractionBits: 24)
      return (
        try local.event,
        { isThere in
          try coins.draw { try local.answer([0, isThere ? 10 : -10, 0], using: &$0) }.elements.map(
            Double.init)
        }
      )
    }
    let right = try answers(noise: 1)
    try tryPromise(
      right.event, butNot: answers(noise: 1.4).event, under: .replaceOne, runs: 10_000, right.run)
    // Noise for what one vector may be, where two of them are twice as far apart.
    try expectBroken(right.event, under: .replaceOne, runs: 10_000, answers(noise: 0.5).run)
  }

  @Test func `unless noise comes before clipping`() throws {
    let coins = SharedCoins(32)
    // Noise of deviation 2, as a norm of 1 takes it; only what has it is shortened.
    let local = try LocalGaussian(clippingNorm: 1024, noiseMultiplier: 0x1p-10, fractionBits: 30)
    let clipping = try GridClipping(norm: 1, fractionBits: 30)
    try expectBroken(PrivacyEvent(.gaussian(noiseMultiplier: 1)), under: .replaceOne, runs: 2000) { isThere in
      let noised = try coins.draw { try local.answer([isThere ? 1000 : -1000, 0], using: &$0) }
      return try clipping.clip(noised.elements.map { Float($0) * 0x1p-30 }).elements.map(Double.init)
    }
  }

  @Test(arguments: [NeighboringRelation.replaceOne, .zeroOut])
  func `by randomized response, three times`(_ relation: NeighboringRelation) throws {
    let coins = SharedCoins(33)
    let response = try RandomizedResponse(epsilon: Ratio(1, 2), categories: 4)
    func run(_ isThere: Bool) -> [Double] {
      (0..<3).map { _ in
        coins.draw {
          // Who has no category answers at random.
          guard isThere || relation == .replaceOne else { return Double($0.below(4)) }
          return Double(response.answer(isThere ? 0 : 3, using: &$0))
        }
      }
    }
    let better = try RandomizedResponse(epsilon: Ratio(1, 4), categories: 4).event
    try tryPromise(
      PrivacyEvent(.repeated(response.event, times: 3)), butNot: PrivacyEvent(.repeated(better, times: 3)),
      under: relation, delta: 0, runs: 60_000, run)
    try expectBroken(response.event, under: relation, delta: 0, run)
  }

  @Test func `by unary encoding, twice`() throws {
    let coins = SharedCoins(34)
    let encoding = try UnaryEncoding(epsilon: Ratio(1, 2), categories: 3)
    func run(_ isThere: Bool) -> [Double] {
      (0..<2).flatMap { _ in
        coins.draw { encoding.answer(isThere ? 0 : 2, using: &$0) }.map { $0 ? 1.0 : 0 }
      }
    }
    // Three quarters of what both answers tell.
    let better = try UnaryEncoding(epsilon: Ratio(3, 4), categories: 3).event
    try tryPromise(
      PrivacyEvent(.repeated(encoding.event, times: 2)), butNot: better, under: .replaceOne, delta: 0,
      runs: 60_000, run)
    try expectBroken(encoding.event, under: .replaceOne, delta: 0, run)
  }
}

/// Sums of several rounds with noise that is correlated over them: all that is published, together.
@Suite(.serialized) struct `Correlated noise keeps its promise` {
  private static let unit = 0x1p24

  private func noise(_ multiplier: Double = 1) throws -> GridGaussian {
    try GridGaussian(sensitivity: 1, noiseMultiplier: multiplier, fractionBits: 24)
  }

  /// The noised sums of each round, of one participant's contributions.
  private func sums(
    _ contributions: [Double], _ mechanism: some CorrelatedNoise, _ coins: SharedCoins
  ) throws -> [Double] {
    var mechanism = mechanism
    return try contributions.map { try Self.sum($0, &mechanism, coins) }
  }

  private static func sum(
    _ contribution: Double, _ mechanism: inout some CorrelatedNoise, _ coins: SharedCoins
  ) throws -> Double {
    var sum = RingVector([Int64(contribution * unit)])
    try coins.draw { try mechanism.add(to: &sum, using: &$0) }
    return Double(sum.elements[0]) / unit
  }

  /// Sums of the rounds up to each.
  private func prefixes(_ sums: [Double]) -> [Double] {
    sums.indices.map { sums[...$0].reduce(0, +) }
  }

  @Test func `of trees`() throws {
    let coins = SharedCoins(41)
    let trees = try TreeAggregation(steps: [2], epochs: 2)
    let mechanism = try TreeNoise(trees, noise: noise(), count: 1)
    try tryPromise(
      trees.event(noiseMultiplier: 1), butNot: trees.event(noiseMultiplier: 1.4)
    ) { try prefixes(sums($0 ? [1, 0, 1, 0] : [0, 0, 0, 0], mechanism, coins)) }
  }

  @Test func `of a tree, but not for whoever takes part twice, nor for a round that is shown and drawn anew`()
    throws
  {
    let coins = SharedCoins(42)
    let tree = try TreeAggregation(steps: [4])
    let mechanism = try TreeNoise(tree, noise: noise(), count: 1)
    try tryPromise(
      tree.event(noiseMultiplier: 1), butNot: tree.event(noiseMultiplier: 1.5)
    ) { try prefixes(sums($0 ? [1, 0, 0, 0] : [0, 0, 0, 0], mechanism, coins)) }
    try expectBroken(tree.event(noiseMultiplier: 1)) {
      try prefixes(sums($0 ? [1, 1, 1, 1] : [0, 0, 0, 0], mechanism, coins))
    }
    // A server shows the sum of its one round, dies before it is kept, draws it anew, and so on.
    let leaf = try TreeAggregation(steps: [1])
    let single = try TreeNoise(leaf, noise: noise(), count: 1)
    try expectBroken(leaf.event(noiseMultiplier: 1)) { isThere in
      try (0..<3).map { _ in try sums([isThere ? 1 : 0], single, coins)[0] }
    }
  }

  @Test func `of a tree, but not where one memory's noise goes on two sums`() throws {
    let coins = SharedCoins(43)
    let tree = try TreeAggregation(steps: [2])
    var began = try TreeNoise(tree, noise: noise(), count: 1)
    let first = try Self.sum(0, &began, coins)
    let memory = began.memory
    let finding = try expectBroken(tree.event(noiseMultiplier: 1), runs: 2000) { isThere in
      let seed = coins.draw { $0.nextUInt64() }
      return try [first]
        + [0, isThere ? 1 : 0].map { contribution in
          var resumed = try TreeNoise(tree, noise: noise(), count: 1, resuming: memory)
          return try Self.sum(contribution, &resumed, SharedCoins(seed))
        }
    }
    #expect(finding.feature == "element 1 less element 2")
  }

  @Test func `of banded matrices, but not for whoever takes part too soon again`() throws {
    let coins = SharedCoins(44)
    let matrix = try BandedMatrix(rounds: 4, bands: 2, separation: 2, participations: 2)
    let mechanism = try BandedNoise(matrix, noise: noise(), count: 1)
    // C times what is published has independent noise: so the most can be told from it.
    func told(_ contributions: [Double]) throws -> [Double] {
      let sums = try sums(contributions, mechanism, coins)
      return sums.indices.map { $0 == 0 ? sums[0] : sums[$0] + sums[$0 - 1] / 2 }
    }
    let silent = [0.0, 0, 0, 0]
    try tryPromise(
      matrix.event(noiseMultiplier: 1), butNot: matrix.event(noiseMultiplier: 1.3)
    ) { try told($0 ? [1, 0, 1, 0] : silent) }
    try expectBroken(matrix.event(noiseMultiplier: 1), delta: 0.15) { try told($0 ? [1, 1, 0, 0] : silent) }
  }
}

/// Private statistics, from rows to the answer.
@Suite(.serialized) struct `Private statistics keep their promise` {
  private static let budgets = [
    try! StatisticNoise.laplace(epsilon: 3), try! StatisticNoise.gaussian(noiseMultiplier: 0.5),
  ]
  private static let bounds = try! ValueBounds(-1, 1)
  /// Rows of others.
  private static let values = [-0.5, 0, 0, 0.5, 0.25, -0.25]

  /// - Parameter share: of the budget, that is not enough for what is told.
  private func check<S: PrivateStatistic>(
    _ noise: StatisticNoise, butNot share: Double, row: S.Row, others: [S.Row], seed: UInt64,
    _ make: (StatisticNoise) throws -> S, _ numbers: (S.Answer) throws -> [Double]
  ) throws {
    let coins = SharedCoins(seed)
    let statistic = try make(noise)
    let sums = (
      there: statistic.contribution(of: others + [row]), gone: statistic.contribution(of: others)
    )
    // What holds under zero-out holds where the row is removed, for the same ε.
    for relation in statistic.relations {
      #expect(
        try Claim.epsilon(statistic.event.kind, delta: 0.05, relation: relation)
          == Claim.epsilon(statistic.event.kind, delta: 0.05, relation: .zeroOut))
    }
    try tryPromise(statistic.event, butNot: make(noise.share(share)).event, runs: 4000) { isThere in
      try numbers(
        coins.draw {
          try statistic.release(isThere ? sums.there : sums.gone, confidence: 0.9, using: &$0)
        })
    }
  }

  private func ends(_ estimate: PrivateEstimate) -> [Double] {
    [estimate.value, estimate.interval.lowerBound, estimate.interval.upperBound]
  }

  @Test(arguments: budgets)
  func `counts`(_ noise: StatisticNoise) throws {
    try check(noise, butNot: 0.2, row: true, others: [true, false], seed: 51) {
      PrivateCount(noise: $0)
    } _: {
      [$0.value]
    }
  }

  @Test(arguments: budgets)
  func `histograms`(_ noise: StatisticNoise) throws {
    try check(noise, butNot: 0.2, row: 1, others: [0, 1, 2, 2], seed: 52) {
      try PrivateHistogram(bins: 3, noise: $0)
    } _: {
      $0.map(\.value)
    }
  }

  @Test(arguments: budgets)
  func `sums`(_ noise: StatisticNoise) throws {
    try check(noise, butNot: 0.35, row: -5, others: Self.values, seed: 53) {
      PrivateSum(bounds: Self.bounds, noise: $0)
    } _: {
      [$0.value]
    }
  }

  @Test(arguments: budgets)
  func `means of rows whose number is known`(_ noise: StatisticNoise) throws {
    try check(noise, butNot: 0.35, row: 5, others: Self.values, seed: 54) {
      try PrivateMean(bounds: Self.bounds, rows: .known(7), noise: $0)
    } _: {
      [$0.value]
    }
  }

  @Test(arguments: budgets)
  func `means`(_ noise: StatisticNoise) throws {
    try check(noise, butNot: 0.2, row: 5, others: Self.values, seed: 55) {
      try PrivateMean(bounds: Self.bounds, noise: $0)
    } _: {
      ends($0)
    }
  }

  @Test(arguments: budgets)
  func `variances`(_ noise: StatisticNoise) throws {
    try check(noise, butNot: 0.1, row: 5, others: [0, 0], seed: 56) {
      try PrivateVariance(bounds: Self.bounds, noise: $0)
    } _: {
      ends($0)
    }
  }

  @Test(arguments: budgets)
  func `quantiles`(_ noise: StatisticNoise) throws {
    try check(noise, butNot: 0.2, row: 0.9, others: Self.values, seed: 57) {
      try PrivateQuantiles(bounds: Self.bounds, levels: 2, noise: $0)
    } _: {
      $0.cumulative
    }
  }

  @Test func `but not where one sum is released twice`() throws {
    let coins = SharedCoins(58)
    let statistic = try PrivateSum(bounds: Self.bounds, noise: .gaussian(noiseMultiplier: 1))
    try expectBroken(statistic.event, under: .addOrRemoveOne, delta: 0.1, runs: 8000) { isThere in
      let sums = statistic.contribution(of: isThere ? [1] : [])
      return try (0..<2).map { _ in try coins.draw { try statistic.release(sums, using: &$0) }.value }
    }
  }

  @Test func `but not where a row is replaced, which moves two counts`() throws {
    let coins = SharedCoins(59)
    let statistic = try PrivateHistogram(bins: 2, noise: Self.budgets[0])
    try expectBroken(statistic.event, under: .replaceOne, runs: 6000) { isThere in
      let sums = statistic.contribution(of: [isThere ? 0 : 1])
      return try coins.draw { try statistic.release(sums, using: &$0) }.map(\.value)
    }
  }

  @Test func `but not where the number of rows that is known is that of rows which are there`() throws {
    let coins = SharedCoins(60)
    func statistic(_ rows: Int) throws -> PrivateMean {
      try PrivateMean(bounds: ValueBounds(-100, 100), rows: .known(rows), noise: Self.budgets[1])
    }
    let values: [Double] = [0, 0]
    try expectBroken(statistic(3).event, runs: 4000) { isThere in
      let rows = isThere ? values + [0] : values
      let mean = try statistic(rows.count)
      return ends(
        try coins.draw { try mean.release(mean.contribution(of: rows), confidence: 0.9, using: &$0) })
    }
  }
}
