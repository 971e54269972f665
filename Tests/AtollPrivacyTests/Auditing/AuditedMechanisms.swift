import AtollPrivacy
import Foundation
import Testing

/// Coins of a test, which closures can share.
final class SharedCoins {
  private var coins: SecretCoins
  init(_ seed: UInt64) { coins = SecretCoins(insecureSeed: seed) }

  func draw<Value>(_ body: (inout SecretCoins) throws -> Value) rethrows -> Value { try body(&coins) }

  /// Uniform in (0, 1].
  func uniform() -> Double { draw { Double(($0.nextUInt64() >> 11) + 1) * 0x1p-53 } }

  /// Normal noise as it is made without care: in floating point, by G. E. P. Box & M. E. Muller (1958).
  func boxMuller() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) }
}

/// Claims of mechanisms, as accountants make them.
enum Claim {
  static let delta = 1e-5

  static func epsilon(
    _ kind: PrivacyEvent.Kind, delta: Double = delta, relation: NeighboringRelation = .addOrRemoveOne
  ) throws -> Double {
    try PrivacyAccounting.epsilon(of: PrivacyEvent(kind), delta: delta, relation: relation).epsilon
  }

  static func sampledGaussian(rate: Double, noise: Double) throws -> Double {
    try epsilon(.poissonSampled(rate: rate, PrivacyEvent(.gaussian(noiseMultiplier: noise))))
  }
}

/// A sum of numbers, clipped to 1 in size, with normal noise on a grid: what the product does, in one dimension.
struct GridSum {
  static let bits = 30
  let noise: DiscreteGaussian

  init(multiplier: Double) throws {
    noise = try NoiseGrid(width: multiplier, fractionBits: Self.bits).gaussian()
  }

  func callAsFunction(_ values: [Double], _ coins: SharedCoins) -> Double {
    let sum = values.reduce(0) { $0 + min(1, max(-1, $1)) }
    let steps = Int64(sum * 0x1p30) + coins.draw { noise.sample(using: &$0) }
    return Double(steps) * 0x1p-30
  }
}

/// Tries what accountants say of an event on an input and on its neighbour: it must not be disproved, and what they say of an
/// event that gives away less must be, or the test could not tell.
func tryPromise(
  _ event: PrivacyEvent, butNot better: PrivacyEvent, under relation: NeighboringRelation = .zeroOut,
  delta: Double = 0.05, runs: Int = 40_000, sourceLocation: SourceLocation = #_sourceLocation,
  _ run: (_ isThere: Bool) throws -> [Double]
) throws {
  let finding = try StochasticTester(of: event, delta: delta, relation: relation, runs: runs)
    .test({ try run(true) }, { try run(false) })
  #expect(!finding.disproves, "\(finding)", sourceLocation: sourceLocation)
  try expectBroken(
    better, under: relation, delta: delta, runs: runs, sourceLocation: sourceLocation, run)
}

/// Disproves what accountants say of an event.
@discardableResult
func expectBroken(
  _ event: PrivacyEvent, under relation: NeighboringRelation = .zeroOut, delta: Double = 0.05,
  runs: Int = 40_000, sourceLocation: SourceLocation = #_sourceLocation,
  _ run: (_ isThere: Bool) throws -> [Double]
) throws -> StochasticTester.Finding {
  let tester = try StochasticTester(of: event, delta: delta, relation: relation, runs: runs)
  let finding = try tester.test({ try run(true) }, { try run(false) })
  #expect(finding.disproves, "\(finding), and not \(tester.epsilon)", sourceLocation: sourceLocation)
  return finding
}
