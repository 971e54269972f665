import AtollNumerics

/// Divergences with a formula.
enum RenyiDivergence {
  /// Laplace noise with b by sensitivity 1/loss (Mironov 2017, Proposition 6):
  /// D_α = log(α/(2α−1) · e^((α−1)ε) + (α−1)/(2α−1) · e^(−αε)) / (α−1), here with e^((α−1)ε) outside of the logarithm.
  static func laplace(loss: Double, order: Double) -> Double {
    let rest = (order - 1) * SpecialFunctions.expm1(loss * (1 - 2 * order)) / (2 * order - 1)
    return loss + SpecialFunctions.log1p(rest) / (order - 1)
  }

  /// Skellam noise (Agarwal, Kairouz & Liu 2021, arXiv:2110.04995, Theorem 3.5), proven for whole orders:
  /// D_α ≤ α·Δ₂²/(2μ) + min(((2α−1)·Δ₂² + 6·Δ₁)/(4μ²), 3·Δ₁/(2μ)).
  ///
  /// Between two whole orders (α − 1)·D_α lies below the chord, as it is convex in α (van Erven & Harremoës 2014,
  /// Corollary 2); it is 0 at α = 1.
  static func skellam(variance: Double, l1: Double, l2: Double, order: Double) -> Double {
    func scaled(_ whole: Double) -> Double {
      if whole == 1 { return 0 }
      let square = l2 * l2
      let correction = min(
        ((2 * whole - 1) * square + 6 * l1) / (4 * variance * variance), 3 * l1 / (2 * variance))
      return (whole - 1) * (whole * square / (2 * variance) + correction)
    }
    return interpolated(order, scaled) / (order - 1)
  }

  /// A bound of a convex function of the order from its values at whole orders: the chord.
  static func interpolated(_ order: Double, _ value: (Double) -> Double) -> Double {
    let below = order.rounded(.down)
    let part = order - below
    return part == 0 ? value(below) : (1 - part) * value(below) + part * value(below + 1)
  }
}
