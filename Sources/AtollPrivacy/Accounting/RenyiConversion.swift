import AtollNumerics

/// From Rényi divergences to (ε, δ) (Canonne, Kamath & Steinke 2020, arXiv:2004.00010, Proposition 12; Balle et al. 2020,
/// arXiv:1905.09982, Theorem 21).
enum RenyiConversion {
  /// Below, the bound is not stable and never the best.
  static let smallestOrder = 1.01

  /// ε at δ from the divergence of one order.
  static func epsilon(order: Double, divergence: Double, delta: Double) -> Double {
    if divergence <= 0 { return 0 }
    if delta <= 0 || divergence == .infinity { return .infinity }
    // δ ≤ √(1 − e^−KL) (Bretagnolle & Huber 1979), and the divergence bounds KL.
    if delta * delta + SpecialFunctions.expm1(-divergence) > 0 { return 0 }
    guard order > smallestOrder else { return .infinity }
    return max(
      0, divergence + SpecialFunctions.log1p(-1 / order) - Elementary.log(delta * order) / (order - 1))
  }

  /// log δ at ε from the divergence of one order.
  static func logDelta(order: Double, divergence: Double, epsilon: Double) -> Double {
    if divergence <= 0 { return -.infinity }
    if divergence == .infinity { return 0 }
    let total = 0.5 * SpecialFunctions.log1p(-Elementary.exp(-divergence))
    guard order > smallestOrder else { return total }
    let bound =
      (order - 1) * (divergence - epsilon + SpecialFunctions.log1p(-1 / order)) - Elementary.log(order)
    return min(total, bound)
  }
}
