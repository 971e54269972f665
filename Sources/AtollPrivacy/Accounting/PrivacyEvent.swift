/// What happened to the data, as far as privacy is concerned: the parameters of mechanisms, how their inputs were
/// sampled, and how they were composed.
///
/// Mechanisms tell events, accountants read them, and refuse what they have no proof for (the idea is that of Google's
/// `dp_accounting`). The set of kinds is closed and versioned: an accountant must answer for each. An event is valid:
/// there is one door, ``init(_:)``, and decoding goes through it.
public struct PrivacyEvent: Hashable, Sendable {
  /// The kinds of events. Noise is told relative to the sensitivity under the guarantee's ``NeighboringRelation``.
  public indirect enum Kind: Hashable, Sendable {
    /// Normal noise on a vector; its standard deviation by the L2 sensitivity. Under every relation.
    case gaussian(noiseMultiplier: Double)
    /// Laplace noise on a number; its scale b by the sensitivity. Under every relation.
    case laplace(scale: Double)
    /// Noise on a whole number with mass ∝ exp(−k²/(2σ²)) (Canonne, Kamath & Steinke 2020). Under every relation.
    ///
    /// For one number: vectors with noise in every coordinate are ``zeroConcentrated(rho:)`` with
    /// ρ = Δ²/(2σ²), Δ their L2 sensitivity.
    case discreteGaussian(sigma: Double, sensitivity: Int)
    /// Noise on a whole number with mass ∝ exp(−λ·|k|), that is, two-sided geometric. Under every relation.
    case discreteLaplace(lambda: Double, sensitivity: Int)
    /// The difference of two Poisson variables with mean variance/2 each, on every coordinate of a vector of whole
    /// numbers (Agarwal, Kairouz & Liu 2021). Under every relation.
    case skellam(variance: Double, l1Sensitivity: Double, l2Sensitivity: Double)
    /// k-ary randomized response (Warner 1965): with probability `noise` the answer is drawn uniformly from all
    /// categories, the true one included. Under replace-one and zero-out, where a zero unit answers at random.
    case randomizedResponse(noise: Double, categories: Int)
    /// Anything that is ρ-zero-concentrated (Bun & Steinke 2016). Under every relation.
    case zeroConcentrated(rho: Double)
    /// The event, on a sample that each unit enters by its own coin. Under add-or-remove-one and zero-out.
    case poissonSampled(rate: Double, PrivacyEvent)
    /// The event, on a uniformly random sample of fixed size. Under replace-one; the sizes are public.
    case fixedSizeSampled(sourceSize: Int, sampleSize: Int, PrivacyEvent)
    /// The event, on a Poisson sample of which at most `limit` units, chosen uniformly, are kept (arXiv:2508.15089).
    /// Under add-or-remove-one; `datasetSize` is that of the larger data set.
    case truncatedPoissonSampled(datasetSize: Int, rate: Double, limit: Int, PrivacyEvent)
    /// Prefix sums through binary trees with normal noise in each node (Kairouz et al. 2021, arXiv:2103.00039): trees
    /// with that many leaves, in which a unit appears in one leaf of one tree. Under zero-out.
    case treeAggregation(noiseMultiplier: Double, steps: [Int])
    /// Correlated noise C⁻¹Z with a banded lower triangular C (Choquette-Choo et al. 2023, arXiv:2306.08153), seen as
    /// normal noise on Cx: columns of C have at most that L2 norm and that many bands; a unit takes part at most
    /// `participations` times, at least `separation` steps apart. Under zero-out.
    case bandedMatrix(
      noiseMultiplier: Double, columnNorm: Double, bands: Int, separation: Int, participations: Int)
    /// All of the events, each on the same data and each with knowledge of what the earlier ones gave away.
    case composed([PrivacyEvent])
    /// The event, that many times.
    case repeated(PrivacyEvent, times: Int)
    /// Anything without a bound: ε is infinite.
    case nonPrivate
  }

  /// What happened.
  public let kind: Kind
  /// How many levels the tree has; at most ``maximumDepth``.
  public let depth: Int
  /// How many events the tree has; at most ``maximumNodes``.
  public let nodes: Int

  /// Events nest at most that deep, as they may come from files of others.
  public static let maximumDepth = 32
  /// An event has at most that many parts.
  public static let maximumNodes = 10_000

  /// Anything without a bound.
  public static let nonPrivate = PrivacyEvent(trusted: .nonPrivate)
  /// Nothing happened: ε is 0.
  public static let nothing = PrivacyEvent(trusted: .composed([]))

  private init(trusted kind: Kind) {
    self.kind = kind
    depth = 1
    nodes = 1
  }

  /// An event with checked parameters.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid`, naming the parameter and what is allowed.
  public init(_ kind: Kind) throws(PrivacyError) {
    try kind.check()
    let parts = kind.parts
    depth = 1 + (parts.map(\.depth).max() ?? 0)
    nodes = 1 + parts.reduce(0) { $0 + $1.nodes }
    guard depth <= Self.maximumDepth, nodes <= Self.maximumNodes else {
      throw PrivacyError(
        .invalid,
        "an event has at most \(Self.maximumDepth) levels and \(Self.maximumNodes) parts, not \(depth) and \(nodes)"
      )
    }
    self.kind = kind
  }
}

extension PrivacyEvent.Kind {
  /// The events it is made of.
  var parts: [PrivacyEvent] {
    switch self {
    case .poissonSampled(_, let event), .fixedSizeSampled(_, _, let event),
      .truncatedPoissonSampled(_, _, _, let event), .repeated(let event, _):
      [event]
    case .composed(let events): events
    default: []
    }
  }

  fileprivate func check() throws(PrivacyError) {
    switch self {
    case .gaussian(let noise): try positive(noise, "noise multiplier")
    case .laplace(let scale): try positive(scale, "scale")
    case .discreteGaussian(let sigma, let sensitivity):
      try positive(sigma, "sigma")
      try within(sensitivity, 1...1_000_000, "sensitivity")
    case .discreteLaplace(let lambda, let sensitivity):
      try positive(lambda, "lambda")
      try within(sensitivity, 1...1_000_000, "sensitivity")
    case .skellam(let variance, let l1, let l2):
      try positive(variance, "variance")
      try positive(l1, "L1 sensitivity")
      try positive(l2, "L2 sensitivity")
      guard l1 >= l2 else {
        throw PrivacyError(.invalid, "an L1 norm is not below the L2 norm: \(l1) < \(l2)")
      }
    case .randomizedResponse(let noise, let categories):
      try positive(noise, "noise")
      try probability(noise, "noise")
      try within(categories, 2...1 << 40, "number of categories")
    case .zeroConcentrated(let rho): try positive(rho, "rho")
    case .poissonSampled(let rate, _): try probability(rate, "rate")
    case .fixedSizeSampled(let source, let sample, _):
      try within(source, 1...1 << 40, "source size")
      try within(sample, 1...source, "sample size")
    case .truncatedPoissonSampled(let size, let rate, let limit, _):
      try within(size, 1...1 << 40, "dataset size")
      try probability(rate, "rate")
      try within(limit, 1...size, "limit")
    case .treeAggregation(let noise, let steps):
      try positive(noise, "noise multiplier")
      try within(steps.count, 1...PrivacyEvent.maximumNodes, "number of trees")
      for count in steps { try within(count, 1...1 << 40, "number of steps") }
    case .bandedMatrix(let noise, let norm, let bands, let separation, let participations):
      try positive(noise, "noise multiplier")
      try positive(norm, "column norm")
      try within(bands, 1...1 << 40, "number of bands")
      // Columns of one unit must not overlap, else their sum may be longer than √participations columns.
      try within(separation, bands...1 << 40, "separation")
      try within(participations, 1...1 << 40, "number of participations")
    case .repeated(_, let times): try within(times, 1...1 << 40, "number of times")
    case .composed, .nonPrivate: break
    }
  }
}

private func positive(_ value: Double, _ name: String) throws(PrivacyError) {
  // Within 2^±256, squares neither vanish nor overflow.
  guard value >= 0x1p-256, value <= 0x1p256 else {
    throw PrivacyError(.invalid, "\(name) is a number above 0, not \(value)")
  }
}

private func probability(_ value: Double, _ name: String) throws(PrivacyError) {
  guard value >= 0, value <= 1 else {
    throw PrivacyError(.invalid, "\(name) lies between 0 and 1, not at \(value)")
  }
}

private func within(_ value: Int, _ range: ClosedRange<Int>, _ name: String) throws(PrivacyError) {
  guard range.contains(value) else {
    throw PrivacyError(.invalid, "\(name) lies in \(range.lowerBound)...\(range.upperBound), not at \(value)")
  }
}
