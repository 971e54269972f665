import AtollNumerics
import AtollPrivacy

/// What happens to an update before it leaves, and how it becomes integers: the same with masks and without.
public struct ProtectionPlan: Hashable, Codable, Sendable {
  /// Largest L2 norm of an update; longer ones are shortened to it. Nil: updates are not clipped.
  public var clip: Clipping?
  /// Largest magnitude of one number of an update where nothing is clipped; an update beyond it is refused.
  public var range: Double = 8
  /// An update enters the sum as whole multiples of 2^-fractionBits.
  public var fractionBits: Int = 24
  /// Largest weight of a participant.
  public var weightCap: Int = 1 << 20

  /// What holds where a task says nothing.
  public init() {}
}

/// How the updates of one round are protected.
struct RoundProtection: Hashable, Sendable {
  /// What happens to each, and to their sum.
  let pipeline: UpdateProtection
  /// How their numbers become integers.
  let format: FixedPoint
  /// Whether updates within the norm are counted.
  let isCounting: Bool
}

extension ProtectionPlan {
  /// How updates are protected, and what noise is added to their sum.
  ///
  /// - Parameters:
  ///   - privacy: what the task promises; nil where it promises nothing.
  ///   - norm: the clipping norm of the round; nil for that of the first.
  /// - Throws: `FixedPointError` when a single contribution cannot be represented, ``RunFailure`` where the norm is no
  ///   positive number, `PrivacyError` where there is no lawful noise.
  func round(_ privacy: PrivacyPlan?, norm: Double? = nil) throws -> RoundProtection {
    guard let clip else {
      return RoundProtection(
        pipeline: .none,
        format: try FixedPoint(fractionBits: fractionBits, bound: range, weightCap: weightCap),
        isCounting: false)
    }
    let norm = norm ?? clip.initial
    let isPrivate = privacy?.unit == .participant
    // No coordinate of a clipped update exceeds the norm, but for the rounding of single precision.
    let bound = norm * (1 + 0x1p-20)
    guard let privacy, isPrivate else {
      return RoundProtection(
        pipeline: try UpdateProtection(clip: norm, of: [.update]),
        format: try FixedPoint(fractionBits: fractionBits, bound: bound, weightCap: weightCap),
        isCounting: false
      )
    }
    // Noise is to be 2^20 steps wide at least; and each update counts once, whatever a participant says.
    let finest = CentralNoise.fractionBits(multiplier: privacy.noiseMultiplier, clip: norm)
    let format = try FixedPoint(fractionBits: max(fractionBits, finest), bound: bound)
    let noise =
      if case .adaptive = clip {
        try AdaptiveClipping.noise(total: privacy.noiseMultiplier)
      } else {
        CentralNoise(multiplier: privacy.noiseMultiplier, correlation: privacy.correlation)
      }
    return RoundProtection(
      pipeline: try UpdateProtection(clip: norm, of: [.update], noise: noise), format: format,
      isCounting: noise.countDeviation != nil)
  }
}
