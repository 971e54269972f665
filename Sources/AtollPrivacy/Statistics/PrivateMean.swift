public import AtollNumerics

/// The mean of values within public bounds.
///
/// Values are moved to the bounds and counted from the middle between them, so that one row changes their sum by half
/// the distance only, 2^28 steps. Where the number of rows is secret, it is noised too; each of both gets half of the
/// budget. The mean is the quotient of both noised numbers, put within the bounds: post-processing.
public struct PrivateMean: MomentStatistic {
  public let moments: ValueMoments

  /// - Throws: ``PrivacyError`` with code `invalid` for a known number of rows below 1 or above 2^34.
  public init(bounds: ValueBounds, rows: RowCount = .secret, noise: StatisticNoise) throws(PrivacyError) {
    moments = try ValueMoments(squares: false, bounds: bounds, rows: rows, noise: noise)
  }

  /// The mean.
  public func release(
    _ sums: RingVector, confidence: Double = 0.95, using coins: inout SecretCoins
  ) throws(PrivacyError) -> PrivateEstimate {
    let missing = try check(sums, confidence: confidence)
    let mean = try moments.means(sums, missing: missing, using: &coins)[0]
    func value(_ place: Double) -> Double { bounds.middle + bounds.half * place }
    return PrivateEstimate(
      value(mean.value), within: value(mean.interval.lowerBound)...value(mean.interval.upperBound),
      bounds: bounds.lower...bounds.upper)
  }
}
