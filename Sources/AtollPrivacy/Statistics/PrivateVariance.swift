public import AtollNumerics

/// The variance of values within public bounds, with the number of rows as divisor.
///
/// With u the values as places between -1 and 1, it is (half the distance)²·(mean of u² − (mean of u)²). Released are
/// the sums of u and of u² − ½, which one row changes by 2^28 and 2^27 steps, and the number of rows where that is
/// secret; each gets an equal part of the budget. The rest is post-processing.
public struct PrivateVariance: MomentStatistic {
  public let moments: ValueMoments

  /// - Throws: ``PrivacyError`` with code `invalid` for a known number of rows below 1 or above 2^34.
  public init(bounds: ValueBounds, rows: RowCount = .secret, noise: StatisticNoise) throws(PrivacyError) {
    moments = try ValueMoments(squares: true, bounds: bounds, rows: rows, noise: noise)
  }

  /// The variance.
  public func release(
    _ sums: RingVector, confidence: Double = 0.95, using coins: inout SecretCoins
  ) throws(PrivacyError) -> PrivateEstimate {
    let missing = try check(sums, confidence: confidence)
    let means = try moments.means(sums, missing: missing, using: &coins)
    let (mean, square) = (means[0], means[1])
    let ends = (mean.interval.lowerBound, mean.interval.upperBound)
    let most = max(ends.0 * ends.0, ends.1 * ends.1)
    let least = mean.interval.contains(0) ? 0 : min(ends.0 * ends.0, ends.1 * ends.1)
    let unit = bounds.half * bounds.half
    let low = square.interval.lowerBound + 0.5 - most
    return PrivateEstimate(
      unit * (square.value + 0.5 - mean.value * mean.value),
      within: unit * low...unit * max(low, square.interval.upperBound + 0.5 - least), bounds: 0...unit)
  }
}
