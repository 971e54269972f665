import AtollNumerics

/// Pure differential privacy: ε of mechanisms with a bounded loss add up, for any δ (Dwork et al. 2006).
///
/// Poisson sampling turns ε into log(1 + q · (e^ε − 1)) (Li, Qardaji & Su 2012, Theorem 1), sampling without replacement
/// likewise with q = m/n (Balle, Barthe & Gaboardi 2018, Theorem 9).
public struct PureAccountant: PrivacyAccountant {
  public let name = "pure (basic composition)"

  /// It has no settings.
  public init() {}

  public func epsilon(
    of event: PrivacyEvent, delta: Double, relation: NeighboringRelation
  ) throws(PrivacyError) -> PrivacyBounds {
    try checkDelta(delta)
    return PrivacyBounds(upper: try bound(of: event, relation: relation))
  }

  public func delta(
    of event: PrivacyEvent, epsilon: Double, relation: NeighboringRelation
  ) throws(PrivacyError) -> PrivacyBounds {
    try checkEpsilon(epsilon)
    return PrivacyBounds(upper: try bound(of: event, relation: relation) <= epsilon ? 0 : 1)
  }

  private func bound(of event: PrivacyEvent, relation: NeighboringRelation) throws(PrivacyError) -> Double {
    try event.check(relation)
    if event.hasNonPrivatePart { return .infinity }
    return try loss(of: event, relation: relation)
  }

  private func loss(of event: PrivacyEvent, relation: NeighboringRelation) throws(PrivacyError) -> Double {
    switch event.kind {
    case .composed(let events):
      var sum = 0.0
      for event in events { sum += try loss(of: event, relation: relation) }
      return sum
    case .repeated(let event, let times): return Double(times) * (try loss(of: event, relation: relation))
    case .poissonSampled(let rate, let event):
      return amplified(try loss(of: event, relation: relation), rate)
    case .fixedSizeSampled(let source, let sample, let event):
      return amplified(try loss(of: event, relation: relation), Double(sample) / Double(source))
    default:
      guard let loss = event.pureLoss(relation) else { throw .unsupported(event, by: name) }
      return loss
    }
  }

  private func amplified(_ loss: Double, _ rate: Double) -> Double {
    rate == 1 ? loss : rate == 0 ? 0 : SampledLoss(rate: rate).loss(of: loss)
  }
}

extension PrivacyEvent {
  /// The largest loss of one mechanism, where it is bounded.
  func pureLoss(_ relation: NeighboringRelation) -> Double? {
    switch kind {
    case .laplace(let scale): return 1 / scale
    case .discreteLaplace(let lambda, let sensitivity): return lambda * Double(sensitivity)
    case .randomizedResponse(let noise, let categories):
      let count = Double(categories)
      // 1 − p + p/k against p/k, or against 1/k where a zero unit answers at random.
      let ratio = Elementary.log(1 + count * (1 - noise) / noise)
      return relation == .replaceOne
        ? ratio : max(Elementary.log(noise + count * (1 - noise)), -Elementary.log(noise))
    default: return nil
    }
  }
}

/// How Poisson sampling changes the loss of one outcome.
///
/// A sample of rate q turns the pair (P, Q) into ((1 − q)·Q + q·P, Q): the loss ℓ = log(P/Q) of an outcome becomes
/// log(1 − q + q·e^ℓ).
struct SampledLoss {
  let rate: Double

  /// The loss with sampling, of an outcome with that loss without.
  func loss(of plain: Double) -> Double {
    if rate == 1 { return plain }
    return plain > 30
      ? plain + Elementary.log(rate) + SpecialFunctions.log1p((1 - rate) / rate * Elementary.exp(-plain))
      : SpecialFunctions.log1p(rate * SpecialFunctions.expm1(plain))
  }

  /// The loss without sampling, of an outcome with that loss with sampling; −∞ below log(1 − q), which no outcome has.
  func plain(of loss: Double) -> Double {
    if rate == 1 { return loss }
    if loss > 30 {
      return loss - Elementary.log(rate) + SpecialFunctions.log1p(-(1 - rate) * Elementary.exp(-loss))
    }
    let ratio = SpecialFunctions.expm1(loss) / rate
    return ratio <= -1 ? -.infinity : SpecialFunctions.log1p(ratio)
  }
}
