public import AtollNumerics

/// How many rows are in each of some bins.
///
/// A row is in one bin: when it is added, removed or put to nothing, one count changes by 1, so that L1 and L2
/// sensitivity are 1 and noise on all bins costs as much as on one (C. Dwork, F. McSherry, K. Nissim & A. Smith, TCC
/// 2006, example 3). When a row is replaced by another, two counts change: that relation is not claimed. Bins are
/// public: which of them are empty is not given away.
public struct PrivateHistogram: PrivateStatistic {
  /// The bin of the row.
  public typealias Row = Int

  /// How many bins there are.
  public let count: Int
  /// What is spent on all bins together.
  public let noise: StatisticNoise

  /// - Throws: ``PrivacyError`` with code `invalid` unless there are 1 to 2^24 bins.
  public init(bins: Int, noise: StatisticNoise) throws(PrivacyError) {
    guard (1...1 << 24).contains(bins) else {
      throw PrivacyError(.invalid, "a histogram has 1 to 2^24 bins, not \(bins)")
    }
    count = bins
    self.noise = noise
  }

  public var event: PrivacyEvent { get throws(PrivacyError) { try noise.countEvent } }

  /// Counts rows by their bin; a bin that is not one of 0..<count is taken for the nearest. ``NumericBins`` gives the
  /// bins of values.
  public func contribution(of rows: some Sequence<Int>) -> RingVector {
    var counts = [Int64](repeating: 0, count: count)
    for bin in rows { counts[min(max(bin, 0), count - 1)] += 1 }
    return RingVector(counts)
  }

  /// The counts, without bias; they may be below 0. The confidence is that of each interval by itself.
  public func release(
    _ sums: RingVector, confidence: Double = 0.95, using coins: inout SecretCoins
  ) throws(PrivacyError) -> [PrivateEstimate] {
    let missing = try check(sums, confidence: confidence)
    return Self.estimate(sums.elements, try noise.noise(sensitivity: 1), missing, &coins)
  }

  static func estimate(
    _ counts: [Int64], _ noise: DrawnNoise, _ missing: Double, _ coins: inout SecretCoins
  ) -> [PrivateEstimate] {
    var noised = counts
    noise.add(to: &noised, using: &coins)
    let reach = noise.reach(missing: missing)
    return noised.map {
      let value = Double($0)
      return PrivateEstimate(
        value, within: value - reach...value + reach, bounds: -.infinity ... .infinity)
    }
  }
}

/// Bins of values between public edges; what lies beyond the outer edges counts in the outer bins.
public struct NumericBins: Hashable, Sendable {
  /// One edge more than there are bins, ascending. A bin holds its lower edge; the last holds both.
  public let edges: [Double]

  /// - Throws: ``PrivacyError`` with code `invalid` unless there are two edges at least, finite and ascending.
  public init(edges: [Double]) throws(PrivacyError) {
    guard edges.count > 1, edges.allSatisfy(\.isFinite), zip(edges, edges.dropFirst()).allSatisfy(<) else {
      throw PrivacyError(.invalid, "edges of bins are finite and ascend; there are two at least")
    }
    self.edges = edges
  }

  /// How many bins there are.
  public var count: Int { edges.count - 1 }

  /// The bin of a value; nil for what is not a number.
  public func bin(of value: Double) -> Int? {
    if value.isNaN { return nil }
    // The last edge that is not above the value.
    var (low, high) = (0, count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if edges[middle] <= value { low = middle } else { high = middle }
    }
    return low
  }
}
