/// Gaussian noise for vectors of whole grid steps, wide enough to be accounted for as normal noise.
///
/// σ = z·Δ, counted in steps 2^-f and rounded up (``NoiseGrid``). Discrete Gaussian noise on every coordinate of a
/// vector is zero-concentrated with the ρ of normal noise (C. L. Canonne, G. Kamath & T. Steinke 2020,
/// arXiv:2004.00010, Theorem 4); where σ is at least 2^20 steps, it counts as normal noise here, and narrower noise
/// is refused.
public struct GridGaussian: Hashable, Sendable {
  /// Δ, the L2 norm by which one unit changes the sum of whole numbers, in units of the numbers.
  public let sensitivity: Double
  /// z, σ by the sensitivity.
  public let noiseMultiplier: Double
  /// σ, and f.
  public let grid: NoiseGrid

  /// - Parameters:
  ///   - sensitivity: Δ under the relation of the guarantee, rounding to the grid included; above 0.
  ///   - noiseMultiplier: z, above 0.
  ///   - fractionBits: f; the grid's step is 2^-f.
  /// - Throws: ``PrivacyError``: `invalid` for parameters out of range; `unsupported` where σ is below 2^20 steps.
  public init(sensitivity: Double, noiseMultiplier: Double, fractionBits: Int) throws(PrivacyError) {
    guard sensitivity > 0, noiseMultiplier > 0 else {
      throw PrivacyError(
        .invalid, "sensitivity and noise multiplier are above 0, not \(sensitivity) and \(noiseMultiplier)")
    }
    // The product may have been rounded down.
    let grid = try NoiseGrid(width: (noiseMultiplier * sensitivity).nextUp, fractionBits: fractionBits)
    guard grid.isFine else {
      throw PrivacyError(
        .unsupported,
        """
        noise of deviation \(grid.width) is \(grid.steps.double) steps of 2^-\(fractionBits) wide; \
        normal noise takes 2^20: more fraction bits
        """)
    }
    self.sensitivity = sensitivity
    self.noiseMultiplier = noiseMultiplier
    self.grid = grid
  }

  /// f: the grid's step is 2^-f.
  public var fractionBits: Int { grid.fractionBits }

  /// One release of a sum with this noise.
  public var event: PrivacyEvent {
    get throws(PrivacyError) { try PrivacyEvent(.gaussian(noiseMultiplier: noiseMultiplier)) }
  }

  /// What names it and nothing else.
  var signature: String {
    "Δ \(sensitivity.bitPattern) z \(noiseMultiplier.bitPattern) f \(fractionBits)"
  }
}

extension GridGaussian: Codable {
  private enum CodingKeys: String, CodingKey {
    case sensitivity, noiseMultiplier = "noise_multiplier", fractionBits = "fraction_bits"
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      sensitivity: values.decode(Double.self, forKey: .sensitivity),
      noiseMultiplier: values.decode(Double.self, forKey: .noiseMultiplier),
      fractionBits: values.decode(Int.self, forKey: .fractionBits))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(sensitivity, forKey: .sensitivity)
    try container.encode(noiseMultiplier, forKey: .noiseMultiplier)
    try container.encode(fractionBits, forKey: .fractionBits)
  }
}
