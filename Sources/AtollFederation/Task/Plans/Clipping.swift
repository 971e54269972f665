import AtollNumerics
import AtollPrivacy

/// How the largest L2 norm of an update is found.
public enum Clipping: Hashable, Codable, Sendable {
  /// It is given.
  case fixed(Double)
  /// It follows a quantile of the norms.
  case adaptive(AdaptiveClipping)

  /// Whether it follows the norms of updates.
  var isAdaptive: Bool { if case .adaptive = self { true } else { false } }

  /// The norm of the first round.
  public var initial: Double {
    switch self {
    case .fixed(let norm): norm
    case .adaptive(let adaptive): adaptive.initial
    }
  }
}

extension Clipping: ExpressibleByFloatLiteral {
  /// A norm that is given.
  public init(floatLiteral norm: Double) { self = .fixed(norm) }
}

/// A clipping norm that follows a quantile of the norms of updates: G. Andrew, O. Thakkar, H. B. McMahan & S. Ramaswamy,
/// "Differentially private learning with adaptive clipping", NeurIPS 2021, arXiv:1905.03871, Algorithm 1.
///
///     C ← C · exp(−η·(b̃ − γ)),  b̃ = (Σ bᵢ + noise of deviation σ_b) / m
///
/// bᵢ tells whether the norm of update i is at most C, and m is the number of participants that is expected. Bits are summed
/// as ±½, which halves their sensitivity; the ½ is added to b̃ again. Deviation: σ_b is 2.5·z, not m/20, so that it does not
/// depend on the number of participants; it costs updates 2 % more noise.
public struct AdaptiveClipping: Hashable, Codable, Sendable {
  /// C of the first round.
  public var initial: Double
  /// γ, the quantile.
  public var quantile: Double
  /// η.
  public var rate: Double

  public init(initial: Double = 0.1, quantile: Double = 0.5, rate: Double = 0.2) {
    self.initial = initial
    self.quantile = quantile
    self.rate = rate
  }

  /// How the noise of a round is split between updates and bits.
  ///
  /// - Parameter total: z of both together.
  /// - Throws: `PrivacyError` where z is no positive number.
  static func noise(total: Double) throws(PrivacyError) -> CentralNoise {
    let deviation = 2.5 * total
    return CentralNoise(
      multiplier: try ClippingNoise.updateNoiseMultiplier(total: total, countDeviation: deviation),
      countDeviation: deviation)
  }

  /// Norms stay within these, whatever the noise says.
  static let norms = 0x1p-20...0x1p20

  /// The norm of the next round.
  ///
  /// - Parameters:
  ///   - norm: that of this round.
  ///   - share: b̃ − ½, the noised mean of the bits.
  func next(after norm: Double, share: Double) -> Double {
    let next = norm * Elementary.exp(-rate * (share + 0.5 - quantile))
    return min(max(next, Self.norms.lowerBound), Self.norms.upperBound)
  }
}
