public import AtollNumerics

/// The variance of values within public bounds, with the number of rows as divisor.
///
/// With u the values as places between -1 and 1, it is (half the distance)²·(mean of u² − (mean of u)²). Released are
/// the sums of u and of u² − ½, which one row changes by 2^28 and 2^27 steps, and the number of rows where that is
/// secret; each gets an equal part of the budget. The rest is post-processing.
public struct PrivateVariance: PrivateStatistic {
  /// The value of the row.
  public typealias Row = Double

  /// Bounds of each value.
  public let bounds: ValueBounds
  /// The number of rows.
  public let rows: RowCount
  /// What is spent in all.
  public let noise: StatisticNoise

  /// - Throws: ``PrivacyError`` with code `invalid` for a known number of rows below 1 or above 2^34.
  public init(bounds: ValueBounds, rows: RowCount = .secret, noise: StatisticNoise) throws(PrivacyError) {
    try rows.check()
    self.bounds = bounds
    self.rows = rows
    self.noise = noise
  }

  public var count: Int { rows.isSecret ? 3 : 2 }

  public var event: PrivacyEvent {
    get throws(PrivacyError) { try noise.event(shares: rows.shares(sums: 2)) }
  }

  public var relations: [NeighboringRelation] { rows.relations }

  /// The number of values, where it is secret, and both sums; what is not a number is no value.
  public func contribution(of values: some Sequence<Double>) -> RingVector {
    var (number, sum, squares) = (Int64(0), Int64(0), Int64(0))
    for value in values where !value.isNaN {
      let place = bounds.place(of: value)
      number += 1
      sum += Int64((place * Double(unitSteps)).rounded())
      squares += Int64(((place * place - 0.5) * Double(unitSteps)).rounded())
    }
    return RingVector(rows.isSecret ? [number, sum, squares] : [sum, squares])
  }

  /// The variance.
  public func release(
    _ sums: RingVector, confidence: Double = 0.95, using coins: inout SecretCoins
  ) throws(PrivacyError) -> PrivateEstimate {
    let missing = try check(sums, confidence: confidence)
    let means = try NoisedMeans(
      sums.elements, sensitivities: [unitSteps, unitSteps / 2], rows: rows, noise: noise, missing: missing,
      &coins
    ).means
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
