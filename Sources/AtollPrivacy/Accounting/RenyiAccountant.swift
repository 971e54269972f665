import AtollNumerics

/// Rényi differential privacy (Mironov 2017, arXiv:1702.07476): divergences of each order add up, the best order gives ε.
///
/// Poisson-sampled normal noise is exact at every order (``RenyiAccountant/divergence(of:order:relation:)`` names the
/// sources of the others). δ is converted by `RenyiConversion`.
public struct RenyiAccountant: PrivacyAccountant {
  public let name = "Rényi"
  /// The orders α > 1 that are tried.
  public let orders: [Double]

  /// 1.1, 1.2, …, 10.9, 11, 12, …, 63, 128, 256, 512, 1024, as in Google's `dp_accounting`.
  public static let defaultOrders: [Double] =
    (1..<100).map { 1 + Double($0) / 10 } + (11..<64).map(Double.init) + [128, 256, 512, 1024]

  /// - Throws: ``PrivacyError`` with code `invalid` when there is no order, or one outside of (1, 4096].
  public init(orders: [Double] = Self.defaultOrders) throws(PrivacyError) {
    guard !orders.isEmpty, orders.allSatisfy({ $0 > 1 && $0 <= 4096 }) else {
      throw PrivacyError(.invalid, "orders lie above 1 and at most at 4096")
    }
    self.orders = orders
  }

  private init(checked: [Double]) { orders = checked }

  /// With the ``defaultOrders``.
  public static let standard = RenyiAccountant(checked: defaultOrders)

  public func epsilon(
    of event: PrivacyEvent, delta: Double, relation: NeighboringRelation
  ) throws(PrivacyError) -> PrivacyBounds {
    try checkDelta(delta)
    let divergences = try divergences(of: event, relation: relation)
    return PrivacyBounds(
      upper: zip(orders, divergences).map {
        RenyiConversion.epsilon(order: $0, divergence: $1, delta: delta)
      }.min() ?? .infinity)
  }

  public func delta(
    of event: PrivacyEvent, epsilon: Double, relation: NeighboringRelation
  ) throws(PrivacyError) -> PrivacyBounds {
    try checkEpsilon(epsilon)
    let divergences = try divergences(of: event, relation: relation)
    let logDelta =
      zip(orders, divergences).map {
        RenyiConversion.logDelta(order: $0, divergence: $1, epsilon: epsilon)
      }.min() ?? 0
    return PrivacyBounds(upper: min(1, Elementary.exp(logDelta)))
  }

  /// The divergence of one order, in nats.
  ///
  /// - Throws: ``PrivacyError``, as ``epsilon(of:delta:relation:)`` does.
  public func divergence(
    of event: PrivacyEvent, order: Double, relation: NeighboringRelation
  ) throws(PrivacyError) -> Double {
    try RenyiAccountant(orders: [order]).divergences(of: event, relation: relation)[0]
  }

  /// The divergence of each of the ``orders``, in nats.
  ///
  /// - Throws: ``PrivacyError``, as ``epsilon(of:delta:relation:)`` does.
  public func divergences(
    of event: PrivacyEvent, relation: NeighboringRelation
  ) throws(PrivacyError) -> [Double] {
    try event.check(relation)
    if event.hasNonPrivatePart { return orders.map { _ in .infinity } }
    var sums = orders.map { _ in 0.0 }
    for leaf in try event.leaves() {
      for (index, value) in try single(leaf.event, relation).enumerated() {
        sums[index] += Double(leaf.times) * value
      }
    }
    return sums
  }

  /// One mechanism once.
  private func single(_ event: PrivacyEvent, _ relation: NeighboringRelation) throws(PrivacyError) -> [Double]
  {
    // Gaussian: α/(2z²) (Mironov 2017, Proposition 7); ρ-zero-concentrated: ρα, by definition.
    if let precision = event.gaussianPrecision { return orders.map { $0 * precision / 2 } }
    switch event.kind {
    case .laplace(let scale): return orders.map { RenyiDivergence.laplace(loss: 1 / scale, order: $0) }
    case .discreteGaussian: return orders.map { $0 * (event.concentration(relation) ?? .infinity) }
    case .zeroConcentrated(let rho): return orders.map { $0 * rho }
    case .skellam(let variance, let l1, let l2):
      return orders.map { RenyiDivergence.skellam(variance: variance, l1: l1, l2: l2, order: $0) }
    case .fixedSizeSampled(let source, let sample, let inner):
      guard let precision = inner.gaussianPrecision else { throw .unsupported(event, by: name) }
      let mechanism = FixedSizeGaussian(rate: Double(sample) / Double(source), precision: precision)
      return mechanism.divergences(orders)
    case .truncatedPoissonSampled:
      guard let mechanism = TruncatedPoissonGaussian(event) else { throw .unsupported(event, by: name) }
      return mechanism.divergences(orders)
    default:
      let (rate, inner) = event.flattenedSample
      if rate == 0 { return orders.map { _ in 0 } }
      if let precision = inner.gaussianPrecision {
        return SampledGaussian(rate: rate, precision: precision).divergences(orders)
      }
      guard let atoms = LossAtoms(inner, relation) else { throw .unsupported(event, by: name) }
      return atoms.sampled(rate: rate).divergences(orders)
    }
  }
}
