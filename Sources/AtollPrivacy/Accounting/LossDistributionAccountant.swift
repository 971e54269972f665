import AtollNumerics

/// Privacy loss distributions: the loss log(P/Q) of the worst pair of outputs, discretized once and composed by Fourier
/// transforms (Sommer, Meiser & Mohammadi 2019; Koskela, Jälkö & Honkela 2020; Doroshenko et al. 2022).
///
/// For normal, Laplace, discrete normal and Laplace noise with or without Poisson sampling, truncated Poisson sampling,
/// randomized response and all that reduces to normal noise. ε is an upper bound, and comes with a lower one: the truth for
/// the worst pair lies between. Both directions, a unit removed and a unit added, are accounted for.
public struct LossDistributionAccountant: PrivacyAccountant {
  public let name = "privacy loss distribution"
  /// The width of the grid of losses, in nats; finer where losses are smaller, coarser where they would not fit.
  public let interval: Double

  /// - Throws: ``PrivacyError`` with code `invalid` unless the interval lies in [10⁻⁷, 0.1].
  public init(interval: Double = 1e-4) throws(PrivacyError) {
    guard interval >= 1e-7, interval <= 0.1 else {
      throw PrivacyError(.invalid, "the interval of losses lies in [1e-7, 0.1], not at \(interval)")
    }
    self.interval = interval
  }

  private init(checked: Double) { interval = checked }

  /// With an interval of 10⁻⁴.
  public static let standard = LossDistributionAccountant(checked: 1e-4)

  public func epsilon(
    of event: PrivacyEvent, delta: Double, relation: NeighboringRelation
  ) throws(PrivacyError) -> PrivacyBounds {
    try checkDelta(delta)
    return try distribution(of: event, relation: relation).epsilon(delta: delta)
  }

  public func delta(
    of event: PrivacyEvent, epsilon: Double, relation: NeighboringRelation
  ) throws(PrivacyError) -> PrivacyBounds {
    try checkEpsilon(epsilon)
    return try distribution(of: event, relation: relation).delta(epsilon: epsilon)
  }

  /// The distribution, to ask for more than one figure.
  ///
  /// - Parameters:
  ///   - event: What happened to the data.
  ///   - relation: Which data sets are told apart.
  ///   - withLowerBound: Whether the lower bound is computed too, which takes as long again.
  /// - Throws: ``PrivacyError`` with code `unsupported` when no worst pair of a mechanism is known, or losses are too large.
  public func distribution(
    of event: PrivacyEvent, relation: NeighboringRelation, withLowerBound: Bool = true
  ) throws(PrivacyError) -> PrivacyLossDistribution {
    try event.check(relation)
    if event.hasNonPrivatePart { return PrivacyLossDistribution(unbounded: true) }
    var sources: [(source: LossSource, times: Int)] = []
    for leaf in try event.leaves() {
      if case (0, _) = leaf.event.flattenedSample { continue }
      guard let source = LossSource(leaf.event, relation) else { throw .unsupported(leaf.event, by: name) }
      sources.append((source, leaf.times))
    }
    if sources.isEmpty { return PrivacyLossDistribution(unbounded: false) }
    let (parts, plan) = try discretize(sources)
    var directions = [direction(parts, plan, withLowerBound)]
    if !sources.allSatisfy(\.source.isSymmetric) {
      let mirrored = parts.map { (bins: $0.bins.mirrored, times: $0.times) }
      let plan = LossComposition.Plan(mirrored.map { ($0.bins.pessimistic(), $0.times) })
      directions.append(direction(mirrored, plan, withLowerBound))
    }
    return PrivacyLossDistribution(directions)
  }

  private typealias Parts = [(bins: LossBins, times: Int)]

  private func direction(
    _ parts: Parts, _ plan: LossComposition.Plan, _ withLowerBound: Bool
  ) -> PrivacyLossDistribution.Direction {
    var lower: LossComposition?
    if withLowerBound {
      let plan = LossComposition.Plan(parts.map { ($0.bins.optimistic(), $0.times) })
      // Of a pair that hardly resembles the mechanism's, which happens on grids far too coarse, nothing is known.
      if plan.window.count <= 2 * LossComposition.largestWindow {
        lower = LossComposition(plan, pessimistic: false)
      }
    }
    return PrivacyLossDistribution.Direction(
      upper: LossComposition(plan, pessimistic: true), lower: lower)
  }

  /// Bins of a width that fits: splits add little to the variance, and the windows stay below `largestWindow`.
  private func discretize(
    _ sources: [(source: LossSource, times: Int)]
  ) throws(PrivacyError) -> (parts: Parts, plan: LossComposition.Plan) {
    let ranges = sources.map(\.source.range)
    let largest = ranges.map { max(-$0.lowerBound, $0.upperBound) }.max() ?? 0
    // e^loss must neither overflow nor vanish.
    guard largest < 600 else {
      throw PrivacyError(.unsupported, "a loss of \(largest) nats is too large for the \(name) accountant")
    }
    let widest = ranges.map { $0.upperBound - $0.lowerBound }.max() ?? 0
    let finest = max(widest * 0x1p-21, 1e-9)
    let unit = sources.compactMap(\.source.unit).max()
    /// Borders on multiples of the unit, where there is one.
    func aligned(_ step: Double) -> Double {
      guard let unit, unit > step * 2 else { return step }
      return unit / (unit / step).rounded(.up)
    }
    var step = aligned(max(interval, finest))
    var attempt = 0
    while true {
      let parts = sources.map { (bins: $0.source.bins(step: step), times: $0.times) }
      let plan = LossComposition.Plan(parts.map { ($0.bins.pessimistic(), $0.times) })
      let window = plan.window
      attempt += 1
      if window.count > LossComposition.largestWindow {
        step = aligned(step * max(1.5, Double(window.count) / Double(LossComposition.largestWindow) * 1.1))
        guard attempt < 8, step <= 0.1 else {
          throw PrivacyError(.unsupported, "losses spread too far for the \(name) accountant")
        }
        continue
      }
      let added = parts.reduce(0) { $0 + Double($1.times) * $1.bins.addedVariance }
      let variance = plan.losses.reduce(0) { $0 + Double($1.times) * $1.losses.moments.variance }
      // Half of a thousandth of the variance moves ε by about half of that, relatively.
      if added > 5e-4 * variance, attempt < 4 {
        let finer = max(step * max(1.0 / 16, 4e-4 * variance / added), finest)
        let wider = Double(window.count) * step / finer
        if finer < step * 0.9, wider < Double(LossComposition.largestWindow) {
          step = aligned(finer)
          continue
        }
      }
      return (parts, plan)
    }
  }
}

/// A composed distribution, of which ε and δ can be asked.
public struct PrivacyLossDistribution: Sendable {
  /// A unit removed, or a unit added.
  struct Direction: Sendable {
    let upper: LossComposition
    let lower: LossComposition?
  }
  private let directions: [Direction]
  private let isUnbounded: Bool

  init(_ directions: [Direction]) {
    self.directions = directions
    isUnbounded = false
  }

  /// Of something without bound, or of nothing.
  init(unbounded: Bool) {
    directions = []
    isUnbounded = unbounded
  }

  /// The ε for that δ, an upper and a lower bound.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid` when δ is not in [0, 1).
  public func epsilon(delta: Double) throws(PrivacyError) -> PrivacyBounds {
    try checkDelta(delta)
    if isUnbounded { return PrivacyBounds(upper: .infinity, lower: .infinity) }
    return bounds { $0.epsilon(delta: delta) }
  }

  /// The δ for that ε, an upper and a lower bound.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid` when ε is negative.
  public func delta(epsilon: Double) throws(PrivacyError) -> PrivacyBounds {
    try checkEpsilon(epsilon)
    if isUnbounded { return PrivacyBounds(upper: 1, lower: 1) }
    return bounds { $0.delta(epsilon: epsilon) }
  }

  private func bounds(_ value: (LossComposition) -> Double) -> PrivacyBounds {
    let lower = directions.compactMap { $0.lower.map(value) }
    return PrivacyBounds(
      upper: directions.map { value($0.upper) }.max() ?? 0,
      lower: lower.count == directions.count ? lower.max() ?? 0 : nil)
  }
}
