/// Discrete Laplace noise: P(x) ∝ e^(-|x|/t) over the integers; also known as two-sided geometric.
///
/// A. Ghosh, T. Roughgarden & M. Sundararajan, "Universally utility-maximizing privacy mechanisms", STOC 2009,
/// arXiv:0811.2841. With scale t = sensitivity/ε a sum of integers is ε-differentially private. Deviation from Algorithm 2 of
/// Canonne, Kamath & Steinke (arXiv:2004.00010), whose law it is: `BlockTable` samples it.
public struct DiscreteLaplace: IntegerNoise {
  /// t.
  public let scale: Ratio
  private let table: BlockTable<ExponentialLaw>

  /// Noise with scale t.
  ///
  /// - Throws: ``PrivacyError`` where t lies outside 2^-20 ... 2^56.
  public init(scale: Ratio) throws(PrivacyError) {
    let (least, most) = (try Ratio(1, 1 << 20), try Ratio(1 << 56))
    guard scale >= least, scale <= most else {
      throw PrivacyError(.invalid, "the scale lies within 2^-20 ... 2^56, not at \(scale)")
    }
    self.scale = scale
    let law = ExponentialLaw(
      .absolute, rate: scale.denominator, over: scale.numerator,
      spread: max(1, UInt64(scale.numerator / UInt128(scale.denominator))))
    table = BlockTable(law)
  }

  public func sample(using coins: inout SecretCoins) -> Int64 { table.sample(using: &coins) }

  public func add(to sums: UnsafeMutableBufferPointer<Int64>, using coins: inout SecretCoins) {
    table.add(to: sums, sign: 1, using: &coins)
  }
}
