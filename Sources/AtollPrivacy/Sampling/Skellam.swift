/// Poisson numbers: P(k) = e^-μ·μ^k/k!.
///
/// Not noise by itself; two of them make ``Skellam``. Of the exact samplers known, those that add up small parts take time
/// that grows with μ, and those that do not need logarithms of factorials (W. Hörmann, "The transformed rejection method for
/// generating Poisson random variables", Insurance: Mathematics and Economics 12, 1993). Here these are enclosed by proven
/// bounds (`PoissonLaw`), so that the law is exact for every μ.
public struct Poisson: Sendable {
  /// μ.
  public let mean: Ratio
  let table: BlockTable<PoissonLaw>

  /// Numbers with mean μ.
  ///
  /// - Throws: ``PrivacyError`` where μ lies outside 2^-40 ... 2^48.
  public init(mean: Ratio) throws(PrivacyError) {
    let (least, most) = (try Ratio(1, 1 << 40), try Ratio(1 << 48))
    guard mean >= least, mean <= most else {
      throw PrivacyError(.invalid, "the mean lies within 2^-40 ... 2^48, not at \(mean)")
    }
    self.mean = mean
    table = BlockTable(PoissonLaw(mean: mean), fineness: 32)
  }

  /// One draw.
  public func sample(using coins: inout SecretCoins) -> Int64 { table.sample(using: &coins) }
}

/// Skellam noise: the difference of two independent Poisson numbers with mean μ, of variance 2μ.
///
/// J. G. Skellam, "The frequency distribution of the difference between two Poisson variates", 1946; for distributed privacy N.
/// Agarwal, P. Kairouz & Z. Liu, "The Skellam mechanism for differentially private federated learning", NeurIPS 2021,
/// arXiv:2110.04995. The sum of the noise of n participants with means μᵢ has exactly the law with mean Σμᵢ, which sums of
/// discrete Gaussian noise do not have. No deviation: two ``Poisson`` numbers, each exact.
public struct Skellam: IntegerNoise {
  private let poisson: Poisson

  /// μ, the mean of either Poisson number; the variance is twice as much.
  public var mean: Ratio { poisson.mean }

  /// Noise of variance 2μ.
  ///
  /// - Throws: ``PrivacyError`` where μ lies outside 2^-40 ... 2^48.
  public init(mean: Ratio) throws(PrivacyError) { poisson = try Poisson(mean: mean) }

  public func sample(using coins: inout SecretCoins) -> Int64 {
    poisson.sample(using: &coins) &- poisson.sample(using: &coins)
  }

  public func add(to sums: UnsafeMutableBufferPointer<Int64>, using coins: inout SecretCoins) {
    poisson.table.add(to: sums, sign: 1, using: &coins)
    poisson.table.add(to: sums, sign: -1, using: &coins)
  }
}
