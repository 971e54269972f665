import AtollNumerics

/// Normal noise, and whatever reduces to it, exactly.
///
/// δ(ε) = Φ(μ/2 − ε/μ) − e^ε · Φ(−μ/2 − ε/μ) with μ = 1/z (Balle & Wang 2018, arXiv:1805.06530, Theorem 8). Compositions
/// of normal mechanisms are one with μ² = Σ μ².
public struct GaussianAccountant: PrivacyAccountant {
  public let name = "Gaussian, exact (Balle-Wang)"

  /// It has no settings.
  public init() {}

  public func epsilon(
    of event: PrivacyEvent, delta: Double, relation: NeighboringRelation
  ) throws(PrivacyError) -> PrivacyBounds {
    try checkDelta(delta)
    let mean = try mean(of: event, relation: relation)
    let epsilon = Self.epsilon(mean: mean, delta: delta)
    return PrivacyBounds(upper: epsilon, lower: epsilon)
  }

  public func delta(
    of event: PrivacyEvent, epsilon: Double, relation: NeighboringRelation
  ) throws(PrivacyError) -> PrivacyBounds {
    try checkEpsilon(epsilon)
    let delta = Self.delta(mean: try mean(of: event, relation: relation), epsilon: epsilon)
    return PrivacyBounds(upper: delta, lower: delta)
  }

  /// The smallest noise multiplier of one release with that ε and δ, up to 10⁻¹² and never below.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid` unless 0 < ε < ∞ and 0 < δ < 1.
  public static func noiseMultiplier(epsilon: Double, delta: Double) throws(PrivacyError) -> Double {
    try checkEpsilon(epsilon)
    try checkDelta(delta)
    guard delta > 0, epsilon > 0, epsilon < .infinity else {
      throw PrivacyError(
        .invalid, "normal noise needs a finite ε and a δ above 0, not \(epsilon) and \(delta)")
    }
    return 1 / lastTrue(0, 0x1p40) { Self.delta(mean: $0, epsilon: epsilon) <= delta }
  }

  private func mean(of event: PrivacyEvent, relation: NeighboringRelation) throws(PrivacyError) -> Double {
    try event.check(relation)
    if event.hasNonPrivatePart { return .infinity }
    guard let precision = event.gaussianPrecision else { throw .unsupported(event, by: name) }
    return precision.squareRoot()
  }

  /// δ at ε of a normal distribution against the same one moved by `mean` standard deviations.
  static func delta(mean: Double, epsilon: Double) -> Double {
    if mean == 0 { return 0 }
    if mean == .infinity || epsilon == .infinity { return epsilon == .infinity ? 0 : 1 }
    let (a, b) = (epsilon / mean - mean / 2, epsilon / mean + mean / 2)
    // e^ε times the density at b is the density at a, so that e^ε·Φ(−b) neither overflows nor vanishes.
    let far =
      b < 1
      ? Elementary.exp(epsilon) * SpecialFunctions.normalTail(b)
      : 0.398942280401432677940 * Elementary.exp(-a * a / 2) * SpecialFunctions.millsRatio(b)
    return max(0, SpecialFunctions.normalTail(a) - far)
  }

  /// ε at δ, rounded up.
  static func epsilon(mean: Double, delta: Double) -> Double {
    if Self.delta(mean: mean, epsilon: 0) <= delta { return 0 }
    // The tail of mass δ ends 40 standard deviations out at most, where masses vanish in double precision.
    let end = mean * mean / 2 + 40 * mean
    guard delta > 0, end < .infinity else { return .infinity }
    return -lastTrue(-end, 0) { Self.delta(mean: mean, epsilon: -$0) <= delta }
  }
}

/// The largest x of [low, high] with a property that `low` has and that is lost somewhere on the way, by bisection to
/// the last bit that halving can tell.
func lastTrue(_ low: Double, _ high: Double, _ holds: (Double) -> Bool) -> Double {
  var (low, high) = (low, high)
  for _ in 0..<200 {
    let middle = low + (high - low) / 2
    guard middle > low, middle < high else { break }
    if holds(middle) { low = middle } else { high = middle }
  }
  return low
}
