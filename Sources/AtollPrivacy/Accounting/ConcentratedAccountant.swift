import AtollNumerics

/// Zero-concentrated differential privacy: D_α ≤ ρ·α for every α > 1, and ρ adds up (Bun & Steinke 2016,
/// arXiv:1605.02065, Lemma 2.3). For noise without sampling.
///
/// ρ is 1/(2z²) of normal noise (Proposition 1.6), Δ²/(2σ²) of the discrete Gaussian (Canonne, Kamath & Steinke 2020,
/// Theorem 4) and ε²/2 of what has pure ε (Proposition 1.4). ε at δ is the least of `RenyiConversion` over all orders.
public struct ConcentratedAccountant: PrivacyAccountant {
  public let name = "zero-concentrated"

  /// It has no settings.
  public init() {}

  public func epsilon(
    of event: PrivacyEvent, delta: Double, relation: NeighboringRelation
  ) throws(PrivacyError) -> PrivacyBounds {
    try checkDelta(delta)
    let rho = try rho(of: event, relation: relation)
    if rho == 0 { return PrivacyBounds(upper: 0) }
    guard rho < .infinity, delta > 0 else { return PrivacyBounds(upper: .infinity) }
    // Near the best order of the simpler bound ρα + log(1/δ)/(α − 1).
    let best = 1 + (-Elementary.log(delta) / rho).squareRoot()
    return PrivacyBounds(
      upper: Self.least(around: best) {
        RenyiConversion.epsilon(order: $0, divergence: rho * $0, delta: delta)
      })
  }

  public func delta(
    of event: PrivacyEvent, epsilon: Double, relation: NeighboringRelation
  ) throws(PrivacyError) -> PrivacyBounds {
    try checkEpsilon(epsilon)
    let rho = try rho(of: event, relation: relation)
    if rho == 0 { return PrivacyBounds(upper: 0) }
    guard rho < .infinity else { return PrivacyBounds(upper: 1) }
    let best = max(1.5, (epsilon + rho) / (2 * rho))
    let logDelta = Self.least(around: best) {
      RenyiConversion.logDelta(order: $0, divergence: rho * $0, epsilon: epsilon)
    }
    return PrivacyBounds(upper: min(1, Elementary.exp(logDelta)))
  }

  /// ρ of the event.
  ///
  /// - Throws: ``PrivacyError`` with code `unsupported` for sampled events, which zero-concentration does not amplify.
  public func rho(of event: PrivacyEvent, relation: NeighboringRelation) throws(PrivacyError) -> Double {
    try event.check(relation)
    if event.hasNonPrivatePart { return .infinity }
    var sum = 0.0
    for leaf in try event.leaves() {
      guard let rho = leaf.event.concentration(relation) else { throw .unsupported(leaf.event, by: name) }
      sum += rho * Double(leaf.times)
    }
    return sum
  }

  /// The least value of a function of the order over a geometric grid of α − 1, refined again and again. Any order is valid, so
  /// that missing the minimum costs tightness only.
  private static func least(around order: Double, _ value: (Double) -> Double) -> Double {
    var (center, ratio, least) = (max(order - 1, 1e-6), 1.25, Double.infinity)
    for _ in 0..<5 {
      var best = center
      for step in -24...24 {
        let candidate = center * Elementary.pow(ratio, Double(step))
        let found = value(1 + candidate)
        if found < least { (least, best) = (found, candidate) }
      }
      center = best
      ratio = 1 + (ratio - 1) / 16
    }
    return least
  }
}

extension PrivacyEvent {
  /// ρ of one mechanism, where it has one.
  func concentration(_ relation: NeighboringRelation) -> Double? {
    if let precision = gaussianPrecision { return precision / 2 }
    switch kind {
    case .discreteGaussian(let sigma, let sensitivity):
      let ratio = Double(sensitivity) / sigma
      return ratio * ratio / 2
    case .zeroConcentrated(let rho): return rho
    default: return pureLoss(relation).map { $0 * $0 / 2 }
    }
  }
}
