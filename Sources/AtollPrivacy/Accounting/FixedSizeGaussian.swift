import AtollNumerics

/// Rényi divergence of normal noise on a sample of fixed size drawn without replacement, under replace-one
/// (Wang, Balle & Kasiviswanathan 2019, arXiv:1808.00087, Theorem 27 with the moments of normal noise).
///
/// For whole α, A ≤ 1 + Σ_{i=2…α} C(α, i)·γ^i·B_i with B₂ = min(4·(e^{1/z²} − 1), 2·e^{1/z²}) and
/// B_i = min(4·√(M_{2⌊i/2⌋}·M_{2⌈i/2⌉}), 2·e^{i(i−1)/(2z²)}), M_k = E_Q[(P/Q − 1)^k]. Other orders lie below the chord
/// (their Corollary 10).
///
/// Deviation: M_k, forward differences in the paper, are integrated directly, as their terms are not negative for even k;
/// above order 64 only the second bound is taken.
struct FixedSizeGaussian {
  let rate: Double
  /// 1/z².
  let precision: Double

  private static let momentLimit = 64

  func divergences(_ orders: [Double]) -> [Double] {
    if rate == 1 { return orders.map { $0 * precision / 2 } }
    let highest = Int(orders.max()?.rounded(.up) ?? 2)
    let bounds = self.bounds(upTo: highest)
    func scaled(_ order: Double) -> Double {
      if order == 1 { return 0 }
      let sum = SpecialFunctions.logSum(
        (2...Int(order)).map { i in
          SpecialFunctions.logBinomial(Int(order), i) + Double(i) * Elementary.log(rate) + bounds[i]
        })
      return sum > 36 ? sum : SpecialFunctions.log1p(Elementary.exp(sum))
    }
    return orders.map { RenyiDivergence.interpolated($0, scaled) / ($0 - 1) }
  }

  /// log B_i for i = 0…highest (0 and 1 are not used).
  private func bounds(upTo highest: Int) -> [Double] {
    // With hardly any noise the second bound is the smaller one anyway.
    let limit = precision <= 100 ? min(highest, Self.momentLimit) : 1
    let moments = limit < 2 ? [] : stride(from: 0, through: limit + 1, by: 2).map(logMoment)
    return (0...highest).map { i in
      let simple = Elementary.log(2) + Double(i) * Double(i - 1) / 2 * precision
      guard i >= 2, i <= limit else { return simple }
      return min(simple, 2 * Elementary.log(2) + 0.5 * (moments[i / 2] + moments[(i + 1) / 2]))
    }
  }

  /// log E_Q[(P/Q − 1)^k] for even k, by the trapezoidal rule over the outcome in deviations.
  private func logMoment(_ k: Int) -> Double {
    if k == 0 { return 0 }
    let shift = precision.squareRoot()
    let step = min(0.125, 0.125 / shift)
    let count = Int((24 + Double(k) * shift) / step)
    return SpecialFunctions.logSum(
      (0...count).map { index in
        let w = Double(index) * step - 12
        let loss = shift * w - precision / 2
        let logDistance =
          loss > 36 ? loss : Elementary.log(SpecialFunctions.expm1(loss).magnitude)
        return Double(k) * logDistance - w * w / 2 - 0.918938533204672741780 + Elementary.log(step)
      })
  }
}
