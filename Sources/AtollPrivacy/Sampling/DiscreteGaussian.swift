/// Discrete Gaussian noise: P(x) ∝ e^(-x²/2σ²) over the integers.
///
/// The law is that of C. L. Canonne, G. Kamath & T. Steinke, "The discrete Gaussian for differential privacy", NeurIPS 2020,
/// arXiv:2004.00010, Definition 1. Deviation: their Algorithm 3 needs dozens of comparisons of fractions for a sample; here
/// `BlockTable` samples the same law, as exactly. The tests hold the two against each other.
public struct DiscreteGaussian: IntegerNoise {
  /// σ², which is the variance's bound from above: that of the discrete law is a little less where σ is small.
  public let variance: Ratio
  private let table: BlockTable<ExponentialLaw>

  /// Noise with parameter σ².
  ///
  /// - Throws: ``PrivacyError`` where σ² lies outside 2^-40 ... 2^112.
  public init(variance: Ratio) throws(PrivacyError) {
    let (least, most) = (try Ratio(1, 1 << 40), try Ratio(1 << 112))
    guard variance >= least, variance <= most else {
      throw PrivacyError(.invalid, "σ² lies within 2^-40 ... 2^112, not at \(variance)")
    }
    self.variance = variance
    // The largest power of two that is not above σ, or 1: its square is not above σ².
    let quotient = variance.numerator / UInt128(variance.denominator)
    let digits = max(0, 127 - quotient.leadingZeroBitCount) / 2
    let law = ExponentialLaw(
      .square, rate: variance.denominator, over: 2 * variance.numerator, spread: 1 << UInt64(digits))
    table = BlockTable(law)
  }

  public func sample(using coins: inout SecretCoins) -> Int64 { table.sample(using: &coins) }

  public func add(to sums: UnsafeMutableBufferPointer<Int64>, using coins: inout SecretCoins) {
    table.add(to: sums, sign: 1, using: &coins)
  }
}
