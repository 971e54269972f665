/// How adaptive clipping splits its noise (Andrew, Thakkar, McMahan & Ramaswamy 2021, arXiv:1905.03871, Theorem 1).
///
/// A round gives away two sums: of clipped updates, with noise multiplier z_Δ, and of bits b_i − 1/2 (whether the norm is
/// below the clipping norm), with noise of deviation σ_b, whose sensitivity is 1/2. Together they are one normal mechanism
/// of noise multiplier z when z⁻² = z_Δ⁻² + (2σ_b)⁻².
public enum ClippingNoise {
  /// z_Δ = (z⁻² − (2σ_b)⁻²)^(−1/2).
  ///
  /// - Parameters:
  ///   - total: z, the noise multiplier that both sums together shall have.
  ///   - countDeviation: σ_b, the standard deviation of the noise on the sum of bits.
  /// - Throws: ``PrivacyError`` with code `invalid` when 2σ_b does not exceed z: the bits alone would give away more.
  public static func updateNoiseMultiplier(
    total: Double, countDeviation: Double
  ) throws(PrivacyError) -> Double {
    guard total > 0, total < .infinity, countDeviation < .infinity, 2 * countDeviation > total else {
      throw PrivacyError(
        .invalid,
        "noise on the count has a deviation above half of the noise multiplier \(total), not \(countDeviation)"
      )
    }
    let count = 2 * countDeviation
    // In the form that loses no digits when both are near each other.
    return total * count / ((count - total) * (count + total)).squareRoot()
  }

  /// z = (z_Δ⁻² + (2σ_b)⁻²)^(−1/2): the other way round.
  ///
  /// - Parameters:
  ///   - updates: z_Δ, above 0.
  ///   - countDeviation: σ_b, above 0.
  public static func totalNoiseMultiplier(updates: Double, countDeviation: Double) -> Double {
    let count = 2 * countDeviation
    return updates * count / (updates * updates + count * count).squareRoot()
  }
}
