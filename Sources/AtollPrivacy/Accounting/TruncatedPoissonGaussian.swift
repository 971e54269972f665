import AtollNumerics

/// Normal noise on a Poisson sample of which at most B units are kept (arXiv:2508.15089), under add-or-remove-one.
///
/// Let M be the size of the sample of the others. With M < B nothing is cut: this is Poisson sampling, rate q, shift 1.
/// With M ≥ B, the unit is kept with probability q·B/(M + 1) and then takes the place of another: for given others a shift
/// of norm at most 2 with that probability, against none. Which others are kept does not depend on M, so that only the
/// mean probability counts, p = E[q·B/(M + 1) | M ≥ B] = P(X > B)·B/(n·P(M ≥ B)), X binomial of n trials. Joint convexity
/// of divergences (the event M ≥ B given away) bounds the whole by the mixture of both pairs.
///
/// Google's `dp_accounting` bounds the second pair by one of shift 4, which is looser.
struct TruncatedPoissonGaussian {
  /// One of both pairs, with its weight.
  struct Part {
    let weight: Double
    let rate: Double
    /// 1/z².
    let precision: Double
  }
  let parts: [Part]

  /// Nil unless the event is normal noise on a truncated sample.
  init?(_ event: PrivacyEvent) {
    guard case .truncatedPoissonSampled(let size, let rate, let limit, let inner) = event.kind,
      let precision = inner.gaussianPrecision
    else { return nil }
    let cut = SpecialFunctions.binomialTail(from: limit, count: size - 1, rate: rate)
    let more = SpecialFunctions.binomialTail(from: limit + 1, count: size, rate: rate)
    // Rounding must not lift the rate above q, which it cannot exceed.
    let kept = cut > 0 ? min(rate, more * Double(limit) / (Double(size) * cut)) : 0
    parts = [
      Part(weight: 1 - cut, rate: rate, precision: precision),
      Part(weight: cut, rate: kept, precision: 4 * precision),
    ].filter { $0.weight > 0 }
  }

  /// e^((α − 1)·D) is the mean of both parts'.
  func divergences(_ orders: [Double]) -> [Double] {
    let each = parts.map { part in
      part.rate == 0
        ? orders.map { _ in 0.0 }
        : SampledGaussian(rate: part.rate, precision: part.precision).divergences(orders)
    }
    return orders.indices.map { index in
      let scale = orders[index] - 1
      let largest = each.map { scale * $0[index] }.max() ?? 0
      if largest < 30 {
        // Near 0, where the mean of exponentials would lose digits.
        let excess = zip(parts, each).reduce(0) {
          $0 + $1.0.weight * SpecialFunctions.expm1(scale * $1.1[index])
        }
        return SpecialFunctions.log1p(excess) / scale
      }
      return SpecialFunctions.logSum(
        zip(parts, each).map { Elementary.log($0.weight) + scale * $1[index] }) / scale
    }
  }
}
