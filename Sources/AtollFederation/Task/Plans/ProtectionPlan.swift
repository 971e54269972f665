public import AtollNumerics

/// What happens to an update before it leaves, and how it becomes integers: the same with masks and without.
public struct ProtectionPlan: Hashable, Codable, Sendable {
  /// Largest L2 norm of an update; longer ones are shortened to it. Nil: updates are not clipped.
  public var clip: Double?
  /// Largest magnitude of one number of an update where nothing is clipped; an update beyond it is refused.
  public var range: Double = 8
  /// An update enters the sum as whole multiples of 2^-fractionBits.
  public var fractionBits: Int = 24
  /// Largest weight of a participant.
  public var weightCap: Int = 1 << 20

  /// What holds where a task says nothing.
  public init() {}

  /// No number of an update is larger.
  public var bound: Double { clip ?? range }
}

extension ProtectionPlan {
  /// How the numbers of an update become integers.
  ///
  /// - Throws: `FixedPointError` when a single contribution cannot be represented.
  public var format: FixedPoint {
    get throws(FixedPointError) {
      // No coordinate of a clipped update exceeds the norm, but for the rounding of single precision.
      try FixedPoint(
        fractionBits: fractionBits, bound: clip.map { $0 * (1 + 0x1p-20) } ?? range, weightCap: weightCap)
    }
  }

  /// - Throws: ``RunFailure`` when `clip` is not a positive number.
  public var pipeline: UpdateProtection {
    get throws(RunFailure) {
      guard let clip else { return .none }
      return try UpdateProtection(clip: clip, of: [.update])
    }
  }
}
