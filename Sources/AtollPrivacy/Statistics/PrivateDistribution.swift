/// A column's distribution as ``PrivateQuantiles`` released it: whatever is computed from it is post-processing and
/// costs nothing.
public struct PrivateDistribution: Hashable, Sendable {
  /// The column's bounds.
  public let bounds: ValueBounds
  /// How many rows are in the bins up to each one, consistent and without bias: they may fall, or be below 0.
  let cumulative: [Double]
  /// The same, made to rise: never below the one before.
  private let rising: [Double]
  private let levels: Int
  /// σ of the noise of one node.
  private let deviation: Double
  private let missing: Double

  init(bounds: ValueBounds, leaves: [Double], levels: Int, deviation: Double, missing: Double) {
    self.bounds = bounds
    self.levels = levels
    self.deviation = deviation
    self.missing = missing
    var sum = 0.0
    cumulative = leaves.map {
      sum += $0
      return sum
    }
    var most = 0.0
    rising = cumulative.map {
      most = max(most, $0)
      return most
    }
  }

  /// How many rows there are, without bias.
  public var rows: Double { cumulative[cumulative.count - 1] }

  /// The width of a bin: no quantile is known better.
  public var resolution: Double { 2 * (bounds.half / Double(cumulative.count)) }

  /// The value that a share q of all rows does not exceed, and the bins in which it may lie.
  ///
  /// Within a bin rows count as spread evenly. Quantiles rise with q.
  ///
  /// The interval holds every bin that the noise does not rule out. With S the number of rows up to a bin's edge, the
  /// truth is in a bin whose lower edge has S ≤ qn and whose upper edge has S ≥ qn; the estimate of S − qn has a
  /// variance of at most (m + q²)·σ², as that of m nodes and the root's has, of which the consistent tree's is the
  /// best mean. Its law is taken for normal, two tails together.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid` unless q is between 0 and 1.
  public func quantile(_ q: Double) throws(PrivacyError) -> PrivateEstimate {
    guard q >= 0, q <= 1 else {
      throw PrivacyError(.invalid, "a quantile is that of a share between 0 and 1, not \(q)")
    }
    let target = q * rising[rising.count - 1]
    // The first bin that reaches the target; one that holds rows, where there is one.
    let bin = rising.firstIndex { $0 >= target && $0 > 0 } ?? rising.count / 2
    let before = bin == 0 ? 0 : rising[bin - 1]
    let part = rising[bin] > before ? (target - before) / (rising[bin] - before) : 0.5
    let reach =
      deviation * (Double(levels) + q * q).squareRoot() * SpecialFunctions.normalReach(missing: missing)
    let wanted = q * rows
    func isPossible(_ bin: Int) -> Bool {
      (bin == 0 ? 0 : cumulative[bin - 1]) - wanted <= reach && cumulative[bin] - wanted >= -reach
    }
    let first = cumulative.indices.first(where: isPossible) ?? bin
    let last = cumulative.indices.last(where: isPossible) ?? bin
    return PrivateEstimate(
      value(at: Double(bin) + part),
      within: value(at: Double(min(first, bin)))...value(at: Double(max(last, bin) + 1)),
      bounds: bounds.lower...bounds.upper)
  }

  /// So many bins from the lower bound.
  private func value(at place: Double) -> Double { bounds.lower + place * resolution }
}
