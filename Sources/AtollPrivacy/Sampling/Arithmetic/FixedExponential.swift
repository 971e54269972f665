/// e^-x in units of 2^-64, with a proven bound of the error: the fast half of a comparison whose slow half is ``Ball``.
///
/// With x = a/16 + ρ, 0 ≤ ρ < 1/16: a table of e^(-a/16), times 1 - ρ(1 - ρ/2(1 - … (1 - ρ/12))).
///
/// **Bound.** Write 1 for 2^64 - 1 units and drop fractions at each step: vᵢ = 2^64 - 1 - ⌊ρ·vᵢ₊₁/i⌋, v₁₃ = 2^64 - 1. If
/// vᵢ = 2^64·Vᵢ + εᵢ with the exact Vᵢ = 1 - ρVᵢ₊₁/i, then εᵢ = -1 + θ - ρεᵢ₊₁/i for a θ in 0..<1, so |εᵢ| ≤ 1 + |εᵢ₊₁|/16 <
/// 1.07 and ε₁ lies in -1.07...0.07. Ending at V₁₃ = 1 changes V₁ by less than 2^-84. The table's numbers are too small by 0 to
/// 1. Their product, its fraction dropped, is too small by at most 1.07 + 1 + 1 and too large by at most 0.07:
///
///     p - 1 ≤ 2^64·e^-x ≤ p + 4.
enum FixedExponential {
  /// Bounds of 2^64·e^-x for every x in `units`·2^-64 ... (`units` + `slack`)·2^-64: e^-x falls more slowly than x grows.
  static func bounds(_ units: UInt128, slack: UInt64) -> (lower: UInt64, upper: UInt128) {
    let place = units >> 60
    // 2^64·e^-45 < 1.
    guard place < UInt128(table.count) else { return (0, 1) }
    let product = approximation(UInt64(truncatingIfNeeded: units), table[Int(place)])
    return (product < 1 + slack ? 0 : product - 1 - slack, UInt128(product) + 4)
  }

  private static func approximation(_ units: UInt64, _ factor: UInt64) -> UInt64 {
    let rho = units & (1 << 60 - 1)
    var sum = UInt64.max
    for divisor in stride(from: UInt64(12), through: 1, by: -1) {
      sum = .max - rho.multipliedFullWidth(by: sum).high / divisor
    }
    return factor.multipliedFullWidth(by: sum).high
  }

  /// ⌊2^64·e^(-a/16)⌋ for a/16 below 45, with 2^64 - 1 for 1.
  private static let table: [UInt64] = {
    let bits = 192
    // Safe because 1/16 is a ratio of positive integers.
    let step = Ball(try! Ratio(1, 16), bits: bits).exponentialOfNegative
    var power = Ball.one(bits: bits)
    return (0..<16 * 45).map { place in
      defer { power = power * step }
      if place == 0 { return .max }
      let lower = power.lower >> (bits - 64)
      precondition(lower == power.upper >> (bits - 64), "192 bits tell the integer part")
      // Safe because the power is below 1.
      return UInt64(lower.asUInt128!)
    }
  }()
}
