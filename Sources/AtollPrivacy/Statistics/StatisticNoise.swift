import AtollNumerics

/// How much noise a statistic takes, and so what it costs: Laplace noise for ε, or Gaussian noise for a noise
/// multiplier.
public struct StatisticNoise: Hashable, Sendable {
  /// Which law, with what is spent of it in all.
  enum Law: Hashable, Sendable {
    /// ε.
    case laplace(Double)
    /// z.
    case gaussian(Double)
  }
  let law: Law

  /// Laplace noise: pure ε.
  ///
  /// - Parameter epsilon: ε in nats, 2^-10 to 2^6.
  /// - Throws: ``PrivacyError`` with code `invalid` for an ε out of range.
  public static func laplace(epsilon: Double) throws(PrivacyError) -> StatisticNoise {
    guard epsilon >= 0x1p-10, epsilon <= 0x1p6 else {
      throw PrivacyError(.invalid, "the ε of a statistic is 2^-10 to 64, not \(epsilon)")
    }
    return StatisticNoise(law: .laplace(epsilon))
  }

  /// Gaussian noise.
  ///
  /// - Parameter noiseMultiplier: z, the deviation by the L2 sensitivity, 2^-5 to 2^10.
  /// - Throws: ``PrivacyError`` with code `invalid` for a z out of range.
  public static func gaussian(noiseMultiplier: Double) throws(PrivacyError) -> StatisticNoise {
    guard noiseMultiplier >= 0x1p-5, noiseMultiplier <= 0x1p10 else {
      throw PrivacyError(
        .invalid, "the noise multiplier of a statistic is 2^-5 to 1024, not \(noiseMultiplier)")
    }
    return StatisticNoise(law: .gaussian(noiseMultiplier))
  }

  /// The part of it that one of several releases gets: of ε by that factor; of 1/z² by that factor, as normal noise
  /// adds up.
  func share(_ part: Double) -> StatisticNoise {
    switch law {
    case .laplace(let epsilon): StatisticNoise(law: .laplace(epsilon * part))
    case .gaussian(let noise): StatisticNoise(law: .gaussian(noise / part.squareRoot()))
    }
  }

  /// The noise of a whole number that one row changes by so much at most.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid` where the width is out of the samplers' range.
  func noise(sensitivity: Int) throws(PrivacyError) -> DrawnNoise {
    // Rounded up: to the next double, and by the grid to a multiple of 2^-31.
    switch law {
    case .laplace(let epsilon):
      let grid = try NoiseGrid(width: (Double(sensitivity) / epsilon).nextUp, fractionBits: 0)
      return .laplace(try grid.laplace())
    case .gaussian(let noise):
      let grid = try NoiseGrid(width: (Double(sensitivity) * noise).nextUp, fractionBits: 0)
      return .gaussian(try grid.gaussian())
    }
  }

  /// Releasing a count, which one row changes by 1: exactly, as the discrete law that it is.
  var countEvent: PrivacyEvent {
    get throws(PrivacyError) {
      switch law {
      case .laplace(let epsilon):
        try PrivacyEvent(.discreteLaplace(lambda: epsilon, sensitivity: 1))
      case .gaussian(let noise): try PrivacyEvent(.discreteGaussian(sigma: noise, sensitivity: 1))
      }
    }
  }

  /// Releasing sums in fine steps, each with its share of the whole.
  func event(shares: [Double]) throws(PrivacyError) -> PrivacyEvent {
    switch law {
    // Σ 1/zᵢ² = 1/z²: together they are one vector.
    case .gaussian(let noise): return try PrivacyEvent(.gaussian(noiseMultiplier: noise))
    case .laplace(let epsilon):
      var events: [PrivacyEvent] = []
      for share in shares { events.append(try PrivacyEvent(.laplace(scale: 1 / (epsilon * share)))) }
      return events.count == 1 ? events[0] : try PrivacyEvent(.composed(events))
    }
  }
}

/// The noise of one number.
enum DrawnNoise: Sendable {
  case laplace(DiscreteLaplace)
  case gaussian(DiscreteGaussian)

  func sample(using coins: inout SecretCoins) -> Int64 {
    switch self {
    case .laplace(let noise): noise.sample(using: &coins)
    case .gaussian(let noise): noise.sample(using: &coins)
    }
  }

  func add(to numbers: inout [Int64], using coins: inout SecretCoins) {
    switch self {
    case .laplace(let noise): noise.add(to: &numbers, using: &coins)
    case .gaussian(let noise): noise.add(to: &numbers, using: &coins)
    }
  }

  /// σ² from above.
  var variance: Double {
    switch self {
    case .laplace(let noise): 2 * noise.scale.double * noise.scale.double
    case .gaussian(let noise): noise.variance.double
    }
  }

  /// A whole number that the noise's size exceeds with at most that probability.
  func reach(missing: Double) -> Double {
    switch self {
    case .laplace(let noise):
      // P(|X| > h) = 2·q^(h+1)/(1 + q) with q = e^(-1/t).
      let scale = noise.scale.double
      let least = scale * Elementary.log(2 / (missing * (1 + Elementary.exp(-1 / scale))))
      return max(0, least.rounded(.up) - 1)
    case .gaussian(let noise):
      // P(|X| > h) is at most that of a normal number: weights from h + 1 on add up to no more than their integral
      // from h on, all of them to √(2π)·σ at least (by Poisson's summation).
      return (noise.variance.double.squareRoot() * SpecialFunctions.normalReach(missing: missing)).rounded(
        .up)
    }
  }
}

extension SpecialFunctions {
  /// What the size of a standard normal number exceeds with that probability, up to some 10⁻¹⁵.
  static func normalReach(missing: Double) -> Double {
    lastTrue(0, 40) { 2 * normalTail($0) >= missing }
  }
}
