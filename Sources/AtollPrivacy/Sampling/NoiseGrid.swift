/// Noise for real numbers, made as noise for multiples of 2^-f.
///
/// Adding rounded real noise to rounded numbers betrays them by the bits that rounding leaves (I. Mironov, "On significance of
/// the least significant bits for differential privacy", CCS 2012; S. Haney, D. Desfontaines, L. Hartman, R. Shrestha & M. Hay,
/// "Precision-based attacks and interval refining", 2022, arXiv:2207.13793). So numbers are put on a public grid before, and what
/// is added are whole steps of it, to an exact sum of integers.
///
/// The width that calibration found, σ or a scale, is counted in steps and rounded up, so that noise is never less than
/// promised. Whether that may be accounted for as continuous noise is the accountant's decision: ``steps`` and ``isFine`` tell.
///
/// > Warning: Putting numbers on the grid can make their sensitivity larger: by half a step in each coordinate where each is
/// > rounded to the nearest. The sensitivity that is accounted for is that of the integers.
public struct NoiseGrid: Hashable, Sendable {
  /// σ, or the scale of Laplace noise, in units of the numbers, as it was promised.
  public let width: Double
  /// f: the grid's step is 2^-f.
  public let fractionBits: Int
  /// The width in steps, rounded up to a multiple of 2^-31; at least `width`·2^f.
  public let steps: Ratio

  /// From this many steps on the grid counts as continuous.
  public static let continuous: UInt64 = 1 << 20

  /// - Throws: ``PrivacyError`` where the width is not a number of 2^-20 to 2^56 steps, or f lies outside -64...64.
  public init(width: Double, fractionBits: Int) throws(PrivacyError) {
    guard (-64...64).contains(fractionBits) else {
      throw PrivacyError(.invalid, "the grid's bits lie within -64...64, not at \(fractionBits)")
    }
    // Powers of two change the exponent only; the one rounding goes up.
    let units = (width * Double(sign: .plus, exponent: fractionBits + 31, significand: 1)).rounded(.up)
    guard width >= Double(sign: .plus, exponent: -fractionBits - 20, significand: 1), units <= 0x1p87 else {
      throw PrivacyError(
        .invalid, "noise is 2^-20 to 2^56 steps wide; \(width) is not, with steps of 2^\(-fractionBits)")
    }
    self.width = width
    self.fractionBits = fractionBits
    steps = try Ratio(UInt128(units), 1 << 31)
  }

  /// Whether the width is at least 2^20 steps. Where it is not, only an accountant for discrete noise is right.
  public var isFine: Bool { steps.numerator >= UInt128(Self.continuous) * UInt128(steps.denominator) }

  /// The square of the width, in steps.
  public var variance: Ratio {
    get throws(PrivacyError) {
      // In lowest terms one of them is small: below 2^53 above, or 1 below, the line.
      try Ratio(steps.numerator * steps.numerator, steps.denominator * steps.denominator)
    }
  }

  /// Gaussian noise of this width.
  public func gaussian() throws(PrivacyError) -> DiscreteGaussian {
    try DiscreteGaussian(variance: variance)
  }

  /// Laplace noise of this scale.
  public func laplace() throws(PrivacyError) -> DiscreteLaplace { try DiscreteLaplace(scale: steps) }

  /// Skellam noise of this width: each Poisson number has half the variance.
  ///
  /// - Throws: ``PrivacyError`` also where the width is above 2^24.5 steps.
  public func skellam() throws(PrivacyError) -> Skellam {
    // The denominator of the variance is at most 2^62.
    let variance = try variance
    let mean = try Ratio(variance.numerator, 2 * variance.denominator)
    return try Skellam(mean: mean)
  }
}

extension NoiseGrid: Codable {
  private enum CodingKeys: String, CodingKey { case width, fractionBits = "fraction_bits" }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      width: values.decode(Double.self, forKey: .width),
      fractionBits: values.decode(Int.self, forKey: .fractionBits))
  }

  /// Writes the promise; the steps follow from it.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(width, forKey: .width)
    try container.encode(fractionBits, forKey: .fractionBits)
  }
}
