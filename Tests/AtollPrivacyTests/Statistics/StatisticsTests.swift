import AtollNumerics
import Foundation
import Testing

@testable import AtollPrivacy

private func bounds() throws -> ValueBounds { try ValueBounds(-2, 3) }

/// The noise that a release with those coins draws, one number after the other.
private func draws(
  _ noise: StatisticNoise, shares: Int, _ sensitivities: [Int], seed: UInt64
) throws -> [Double] {
  var coins = SecretCoins(insecureSeed: seed)
  return try sensitivities.map {
    Double(try noise.share(1 / Double(shares)).noise(sensitivity: $0).sample(using: &coins))
  }
}

@Suite struct `Statistics with noise` {
  private let step = 1 << 28
  // Safe because both are within their ranges.
  private static let noises = [
    try! StatisticNoise.laplace(epsilon: 0.8), try! StatisticNoise.gaussian(noiseMultiplier: 2),
  ]

  @Test func `change by no more than their sensitivity, by trying all neighbours`() throws {
    let (noise, step) = (Self.noises[0], Int64(step))
    #expect(sensitivities(PrivateCount(noise: noise), [true, false]) == [1])
    #expect(sensitivities(PrivateSum(bounds: try bounds(), noise: noise), values) == [step])
    #expect(sensitivities(try PrivateMean(bounds: bounds(), noise: noise), values) == [1, step])
    #expect(sensitivities(try PrivateMean(bounds: bounds(), rows: .known(3), noise: noise), values) == [step])
    #expect(
      sensitivities(try PrivateVariance(bounds: bounds(), noise: noise), values) == [1, step, step / 2])
    let histogram = try PrivateHistogram(bins: 3, noise: noise)
    #expect(sensitivities(histogram, [-1, 0, 1, 2, 3]) == [1, 1, 1])
    // One row, one bin: L1 and L2 norm of the change are 1.
    for row in [-1, 0, 1, 2, 3] {
      #expect(histogram.contribution(of: [row]).elements.reduce(0, +) == 1)
    }
  }

  @Test(arguments: noises)
  func `are their formula, with the noise that was drawn`(_ noise: StatisticNoise) throws {
    let (column, unit) = ([-5, -1, 0.25, 2, 2.5, 7], 1 / Double(step))
    var coins = SecretCoins(insecureSeed: 91)
    let count = PrivateCount(noise: noise)
    let counted = try count.release(count.contribution(of: column.map { $0 > 0 }), using: &coins)
    #expect(counted.value == 4 + (try draws(noise, shares: 1, [1], seed: 91)[0]))

    coins = SecretCoins(insecureSeed: 92)
    let sum = PrivateSum(bounds: try bounds(), noise: noise)
    let summed = try sum.release(sum.contribution(of: column), using: &coins)
    let draw = try draws(noise, shares: 1, [step], seed: 92)[0]
    #expect(abs(summed.value - (-2 - 1 + 0.25 + 2 + 2.5 + 3 + 3 * draw * unit)) < 1e-6)

    // Places between -1 and 1 of -2, -1, 0.25, 2, 2.5 and 3.
    let places = [-1, -0.6, -0.1, 0.6, 0.8, 1]
    coins = SecretCoins(insecureSeed: 93)
    let mean = try PrivateMean(bounds: bounds(), noise: noise)
    let found = try mean.release(mean.contribution(of: column), using: &coins)
    let pair = try draws(noise, shares: 2, [step, step], seed: 93)
    let quotient = (places.reduce(0, +) + pair[1] * unit) / max(1, 6 + pair[0] * unit)
    #expect(abs(found.value - (0.5 + 2.5 * min(max(quotient, -1), 1))) < 1e-6)

    coins = SecretCoins(insecureSeed: 94)
    let variance = try PrivateVariance(bounds: bounds(), rows: .known(6), noise: noise)
    let spread = try variance.release(variance.contribution(of: column), using: &coins)
    let two = try draws(noise, shares: 2, [step, step / 2], seed: 94)
    let (first, second) = (
      (places.reduce(0, +) + two[0] * unit) / 6,
      (places.reduce(0) { $0 + $1 * $1 } + two[1] * unit) / 6
    )
    #expect(abs(spread.value - 6.25 * min(max(second - first * first, 0), 1)) < 1e-6)

    coins = SecretCoins(insecureSeed: 95)
    let histogram = try PrivateHistogram(bins: 3, noise: noise)
    let bins = try histogram.release(histogram.contribution(of: [0, 0, 2, 9, -3]), using: &coins)
    var counts: [Int64] = [3, 0, 2]
    var same = SecretCoins(insecureSeed: 95)
    try noise.noise(sensitivity: 1).add(to: &counts, using: &same)
    #expect(bins.map(\.value) == counts.map(Double.init))
  }

  @Test func `cost what was asked for`() throws {
    let (laplace, gaussian) = (Self.noises[0], Self.noises[1])
    func check(_ make: (StatisticNoise) throws -> some PrivateStatistic) throws {
      let statistic = try make(laplace)
      for relation in statistic.relations {
        let pure = try PureAccountant().epsilon(of: statistic.event, delta: 0, relation: relation).upper
        #expect(abs(pure - 0.8) < 1e-12)
        let normal = try PrivacyAccounting.epsilon(of: make(gaussian).event, delta: 1e-6, relation: relation)
        let exact = GaussianAccountant.epsilon(mean: 0.5, delta: 1e-6)
        // Counts have discrete noise, which gives away hardly more or less.
        #expect(abs(normal.epsilon - exact) < 0.02 * exact, "\(statistic)")
      }
    }
    try check { PrivateCount(noise: $0) }
    try check { PrivateSum(bounds: try bounds(), noise: $0) }
    try check { try PrivateMean(bounds: bounds(), noise: $0) }
    try check { try PrivateMean(bounds: bounds(), rows: .known(9), noise: $0) }
    try check { try PrivateVariance(bounds: bounds(), noise: $0) }
    try check { try PrivateHistogram(bins: 7, noise: $0) }
    try check { try PrivateQuantiles(bounds: bounds(), levels: 6, noise: $0) }
    // What keeps the number of rows public holds for zero-out only.
    #expect(try PrivateMean(bounds: bounds(), rows: .known(9), noise: laplace).relations == [.zeroOut])
  }

  /// Noise of a release is wide enough for what its event says, whatever was rounded.
  @Test(arguments: [0.001, 0.1, 1.0 / 3, 1, 7.7, 64])
  func `have at least the noise that their event says`(_ epsilon: Double) throws {
    for sensitivity in [1, step, step / 2] {
      guard
        case .laplace(let noise) = try StatisticNoise.laplace(epsilon: epsilon).noise(
          sensitivity: sensitivity)
      else { return #expect(Bool(false)) }
      let scale = noise.scale.double
      #expect(scale >= Double(sensitivity) / epsilon && scale < Double(sensitivity) / epsilon * (1 + 1e-6))
      let multiplier = max(epsilon, 0.04)
      guard
        case .gaussian(let normal) = try StatisticNoise.gaussian(noiseMultiplier: multiplier).noise(
          sensitivity: sensitivity)
      else { return #expect(Bool(false)) }
      let deviation = normal.variance.double.squareRoot() / Double(sensitivity)
      #expect(deviation >= multiplier * (1 - 1e-15) && deviation < multiplier * (1 + 1e-6))
      // Sums are noised in steps so fine that they count as real numbers, however small the noise.
      if sensitivity > 1 { #expect(min(scale, deviation * Double(sensitivity)) >= 0x1p20) }
    }
  }

  @Test(arguments: noises)
  func `are without bias, and hold the truth as often as they say`(_ noise: StatisticNoise) throws {
    var coins = SecretCoins(insecureSeed: 96)
    let (column, releases) = ((0..<40).map { Double($0 % 13) / 4 - 1 }, 4000)
    let exact = column.reduce(0, +)
    let mean = exact / 40
    let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 40
    func check<Statistic: PrivateStatistic>(
      _ statistic: Statistic, _ rows: [Statistic.Row], _ truth: Double, confidence: Double,
      unbiased: Bool = false
    ) throws where Statistic.Answer == PrivateEstimate {
      let sums = statistic.contribution(of: rows)
      let answers = try (0..<releases).map { _ in
        try statistic.release(sums, confidence: confidence, using: &coins)
      }
      let misses = answers.count { !$0.interval.contains(truth) }
      #expect(mayMiss(misses, of: releases, confidence: confidence), "\(statistic): \(misses)")
      guard unbiased else { return }
      let average = answers.reduce(0) { $0 + $1.value } / Double(releases)
      let spread = answers.reduce(0) { $0 + ($1.value - truth) * ($1.value - truth) } / Double(releases)
      #expect(abs(average - truth) < 5.5 * (spread / Double(releases)).squareRoot(), "\(statistic)")
      // Where nothing is put within bounds, an interval is not wider than it must be: half the confidence would be
      // missed.
      #expect(!mayMiss(misses, of: releases, confidence: 1 - (1 - confidence) / 2), "\(statistic): \(misses)")
    }
    for confidence in [0.5, 0.9] {
      let answers = (0..<31).map { $0 < 25 }
      try check(
        PrivateSum(bounds: bounds(), noise: noise), column, exact, confidence: confidence, unbiased: true)
      try check(PrivateCount(noise: noise), answers, 25, confidence: confidence)
      try check(PrivateMean(bounds: bounds(), noise: noise), column, mean, confidence: confidence)
      try check(
        PrivateMean(bounds: bounds(), rows: .known(40), noise: noise), column, mean, confidence: confidence)
      try check(PrivateVariance(bounds: bounds(), noise: noise), column, variance, confidence: confidence)
      try check(
        PrivateVariance(bounds: bounds(), rows: .known(40), noise: noise), column, variance,
        confidence: confidence)
    }
  }

  @Test func `of nothing, of one row and of rows at the bounds are answers`() throws {
    var coins = SecretCoins(insecureSeed: 97)
    let strong = try StatisticNoise.laplace(epsilon: 64)
    let (mean, variance) = (
      try PrivateMean(bounds: bounds(), noise: strong), try PrivateVariance(bounds: bounds(), noise: strong)
    )
    for rows in [[], [Double.nan]] {
      let middle = try mean.release(mean.contribution(of: rows), using: &coins)
      #expect(middle.interval.lowerBound >= -2 && middle.interval.upperBound <= 3)
      #expect(middle.interval.contains(middle.value))
      let spread = try variance.release(variance.contribution(of: rows), using: &coins)
      #expect(spread.value >= 0 && spread.value <= 6.25 && spread.interval.contains(spread.value))
    }
    #expect(mean.contribution(of: [.nan, .infinity]).elements == [1, 1 << 28])
    for (rows, expected, width) in [([3.0], 3.0, 0.0), ([-9, -9], -2, 0), ([-2, 3], 0.5, 6.25)] {
      let many = [[Double]](repeating: rows, count: 500).flatMap { $0 }
      let average = try mean.release(mean.contribution(of: many), using: &coins)
      #expect(abs(average.value - expected) < 0.01 && average.value >= -2 && average.value <= 3)
      let spread = try variance.release(variance.contribution(of: many), using: &coins)
      #expect(abs(spread.value - width) < 0.02 && spread.value >= 0)
    }
    // Bounds whose distance is not a number of double precision.
    let wide = PrivateSum(bounds: try ValueBounds(-0x1p499, 0x1p499), noise: strong)
    #expect(wide.contribution(of: [.infinity, 0x1p498]).elements == [3 << 27])
  }

  @Test func `are refused what makes no sense`() throws {
    for (lower, upper) in [(1.0, 1.0), (2, 1), (.nan, 1), (-.infinity, 1), (0, 0x1p500)] {
      #expect(throws: PrivacyError.self) { try ValueBounds(lower, upper) }
    }
    for epsilon in [0, -1, 65, .nan, .infinity] as [Double] {
      #expect(throws: PrivacyError.self) { try StatisticNoise.laplace(epsilon: epsilon) }
    }
    for noise in [0, 0.01, 1025, .nan] as [Double] {
      #expect(throws: PrivacyError.self) { try StatisticNoise.gaussian(noiseMultiplier: noise) }
    }
    let noise = Self.noises[0]
    for rows in [0, -1, 1 << 35] {
      #expect(throws: PrivacyError.self) {
        try PrivateMean(bounds: bounds(), rows: .known(rows), noise: noise)
      }
    }
    #expect(throws: PrivacyError.self) { try PrivateHistogram(bins: 0, noise: noise) }
    for edges in [[], [1], [1, 1], [2, 1], [0, .nan], [0, .infinity]] as [[Double]] {
      #expect(throws: PrivacyError.self) { try NumericBins(edges: edges) }
    }
    var coins = SecretCoins(insecureSeed: 98)
    let count = PrivateCount(noise: noise)
    #expect(throws: PrivacyError.self) { try count.release(RingVector([1, 2]), using: &coins) }
    for confidence in [0, 1, -1, .nan] as [Double] {
      #expect(throws: PrivacyError.self) {
        try count.release(RingVector([1]), confidence: confidence, using: &coins)
      }
    }
  }

  /// Against the laws themselves, summed up.
  @Test func `have noise that exceeds its reach as seldom as is said`() throws {
    for missing in [0.5, 0.1, 0.05, 1e-3, 1e-6] {
      for width in [0.04, 0.3, 0.8, 1, 2.5, 20, 150] {
        let laplace = try StatisticNoise.laplace(epsilon: min(1 / width, 25)).noise(sensitivity: 1)
        let normal = try StatisticNoise.gaussian(noiseMultiplier: width).noise(sensitivity: 1)
        let scale = max(width, 1.0 / 25)
        let (far, near) = (laplace.reach(missing: missing), normal.reach(missing: missing))
        #expect(massBeyond(far) { exp(-$0 / scale) } <= missing * (1 + 1e-9))
        #expect(massBeyond(near) { exp(-$0 * $0 / (2 * width * width)) } <= missing)
        // No wider than needed: a step less misses more, for Laplace noise; two, for Gaussian noise.
        if far > 0 { #expect(massBeyond(far - 1) { exp(-$0 / scale) } > missing * (1 - 1e-9)) }
        if near > 1 { #expect(massBeyond(near - 2) { exp(-$0 * $0 / (2 * width * width)) } > missing) }
      }
    }
  }

  @Test func `count in bins between public edges`() throws {
    let bins = try NumericBins(edges: [0, 1, 10, 11])
    let found = [-5, 0, 0.99, 1, 9.9, 10, 11, 12, -.infinity, .infinity].map { bins.bin(of: $0) }
    #expect(found == [0, 0, 0, 1, 1, 2, 2, 2, 0, 2])
    #expect(bins.count == 3 && bins.bin(of: .nan) == nil)
  }
}
