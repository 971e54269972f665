import AtollNumerics

/// How much noise a wanted guarantee takes.
public enum Calibration {
  /// The smallest noise multiplier for which an event has at most that ε at δ: at most 1e-4 (relatively) above it, and
  /// never below.
  ///
  /// - Parameters:
  ///   - epsilon: The ε wanted, finite and above 0.
  ///   - delta: δ in (0, 1).
  ///   - relation: Which data sets are told apart.
  ///   - accountant: What proves the guarantee.
  ///   - tolerance: How far above the smallest one the result may be, relatively.
  ///   - template: The event with that much noise, of which more gives away less.
  /// - Throws: ``PrivacyError``: `invalid` for an ε that no noise up to 2^40 reaches, and what the accountant throws.
  public static func noiseMultiplier(
    epsilon: Double, delta: Double, relation: NeighboringRelation = .addOrRemoveOne,
    accountant: any PrivacyAccountant = LossDistributionAccountant.standard, tolerance: Double = 1e-4,
    template: (Double) throws(PrivacyError) -> PrivacyEvent
  ) throws(PrivacyError) -> Double {
    try checkEpsilon(epsilon)
    try checkDelta(delta)
    guard epsilon > 0, epsilon < .infinity, delta > 0, tolerance > 1e-12, tolerance < 1 else {
      throw PrivacyError(.invalid, "calibration wants 0 < ε < ∞ and 0 < δ < 1, not \(epsilon) and \(delta)")
    }
    let target = Elementary.log(epsilon)
    /// log ε − log of the wanted one, at noise e^x; too little noise for the accountant is an infinite ε.
    func excess(_ logNoise: Double) throws(PrivacyError) -> Double {
      let event = try template(Elementary.exp(logNoise))
      let found: Double
      if let accountant = accountant as? LossDistributionAccountant {
        do {
          let distribution = try accountant.distribution(of: event, relation: relation, withLowerBound: false)
          found = try distribution.epsilon(delta: delta).upper
        } catch {
          // Losses that do not fit: told apart from events without proof by one that has little to give away.
          guard error.code == .unsupported, logNoise < 0 else { throw error }
          _ = try accountant.distribution(of: template(0x1p20), relation: relation, withLowerBound: false)
          found = .infinity
        }
      } else {
        found = try accountant.epsilon(of: event, delta: delta, relation: relation).upper
      }
      return found == 0 ? -.infinity : Elementary.log(found) - target
    }

    // A bracket: too little noise below, enough above.
    var (high, low) = (0.0, 0.0)
    var (atHigh, atLow) = (try excess(0), 0.0)
    atLow = atHigh
    var stride = 0.5
    while atHigh > 0 {
      guard high < 28 else { throw PrivacyError(.invalid, "no noise reaches ε \(epsilon) at δ \(delta)") }
      (low, atLow) = (high, atHigh)
      high += stride
      atHigh = try excess(high)
      stride *= 2
    }
    stride = 0.5
    while atLow <= 0 {
      guard low > -28 else {
        throw PrivacyError(.invalid, "the event has ε below \(epsilon) with hardly any noise")
      }
      (high, atHigh) = (low, atLow)
      low -= stride
      atLow = try excess(low)
      stride *= 2
    }
    // Where log ε is a smooth function of log z, the chord finds the place; halving where it does not help.
    let width = tolerance / 2
    while high - low > width {
      var middle = low + (high - low) / 2
      if atLow < .infinity, atHigh > -.infinity, atLow > atHigh {
        // A little beyond the chord's zero, on the side that closes the bracket.
        let zero = low + (high - low) * (atLow / (atLow - atHigh))
        let beyond = 0.35 * width + 0.02 * (high - low)
        middle = zero - low > high - zero ? zero - beyond : zero + beyond
        middle = min(max(middle, low + 0.1 * width), high - 0.1 * width)
      }
      let found = try excess(middle)
      if found > 0 { (low, atLow) = (middle, found) } else { (high, atHigh) = (middle, found) }
    }
    return Elementary.exp(high)
  }
}
