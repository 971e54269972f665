import AtollPrivacy
import Foundation

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
