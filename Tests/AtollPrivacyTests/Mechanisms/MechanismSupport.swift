import AtollNumerics
import Testing

@testable import AtollPrivacy

/// Noise of 2^24 steps, f = 24.
func unitNoise(_ noiseMultiplier: Double = 1) throws -> GridGaussian {
  try GridGaussian(sensitivity: 1, noiseMultiplier: noiseMultiplier, fractionBits: 24)
}

/// The noise of the prefix sums of all rounds, in units of σ.
func prefixes(of noise: some CorrelatedNoise, rounds: Int, width: Double, count: Int, seed: UInt64) throws
  -> [[Double]]
{
  var (noise, sum) = (noise, RingVector(zeros: count))
  var coins = SecretCoins(insecureSeed: seed)
  return try (0..<rounds).map { _ in
    try noise.add(to: &sum, using: &coins)
    return sum.elements.map { Double($0) / width }
  }
}

/// How likely so small or so large a spread is where numbers are normal, around 0, and of that variance.
func varianceFit(_ numbers: [Double], _ variance: Double) -> Double {
  let statistic = numbers.reduce(0) { $0 + $1 * $1 } / variance
  let upper = GoodnessOfFit.gammaQ(Double(numbers.count) / 2, statistic / 2)
  return 2 * min(upper, 1 - upper)
}

/// Whole numbers that stand for the exact sum of a round; anything will do.
func someSum(_ round: Int, count: Int) -> [Int64] {
  (0..<count).map { Int64(((round + 1) * 1_234_577 + $0 * 7_919) % 1_000_003) - 500_000 }
}

/// The draws of a law, as a mechanism with the same seed makes them.
func drawn(_ law: DiscreteGaussian, count: Int, _ coins: inout SecretCoins) -> [Int128] {
  var vector = RingVector(zeros: count)
  law.add(to: &vector, using: &coins)
  return vector.elements.map { Int128($0) }
}

/// All sets of rounds that the rule lets one participant have.
func patterns(_ mechanism: some PrefixSumMechanism) throws -> [[Int]] {
  precondition(mechanism.rounds <= 12)
  var patterns: [[Int]] = []
  for bits in 1..<1 << mechanism.rounds {
    let set = (0..<mechanism.rounds).filter { bits >> $0 & 1 == 1 }
    var book = try ParticipationBook<Int>(mechanism.participation)
    let isAllowed = set.allSatisfy { round in (try? book.admit([7], to: round)) != nil }
    if isAllowed { patterns.append(set) }
  }
  return patterns
}

/// The square of the L2 sensitivity of rows·x: the worst of all those patterns, with contributions of ±1.
func squaredSensitivity(_ rows: [[Double]], _ patterns: [[Int]]) -> Double {
  var worst = 0.0
  for set in patterns {
    for signs in 0..<1 << (set.count - 1) {
      var square = 0.0
      for row in rows {
        var change = 0.0
        for (place, round) in set.enumerated() {
          change += signs >> place & 1 == 1 ? -row[round] : row[round]
        }
        square += change * change
      }
      worst = max(worst, square)
    }
  }
  return worst
}

/// z for ε = 1 at δ = 10⁻⁶.
func multiplier(for mechanism: some PrefixSumMechanism) throws -> Double {
  try Calibration.noiseMultiplier(
    epsilon: 1, delta: 1e-6, relation: .zeroOut, accountant: GaussianAccountant()
  ) { noise throws(PrivacyError) in try mechanism.event(noiseMultiplier: noise) }
}

/// The root mean square of the deviations of all prefix sums with that noise, in units of Δ.
func error(of mechanism: some PrefixSumMechanism) throws -> Double {
  let sum = (1...mechanism.rounds).reduce(0) { $0 + mechanism.variance(ofFirst: $1) }
  return try multiplier(for: mechanism) * (sum / Double(mechanism.rounds)).squareRoot()
}
