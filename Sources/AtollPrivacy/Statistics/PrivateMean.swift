public import AtollNumerics

/// The mean of values within public bounds.
///
/// Values are moved to the bounds and counted from the middle between them, so that one row changes their sum by half
/// the distance only, 2^28 steps. Where the number of rows is secret, it is noised too; each of both gets half of the
/// budget. The mean is the quotient of both noised numbers, put within the bounds: post-processing.
public struct PrivateMean: PrivateStatistic {
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

  public var count: Int { rows.isSecret ? 2 : 1 }

  public var event: PrivacyEvent {
    get throws(PrivacyError) { try noise.event(shares: rows.shares(sums: 1)) }
  }

  public var relations: [NeighboringRelation] { rows.relations }

  /// The number of values, where it is secret, and their sum from the middle; what is not a number is no value.
  public func contribution(of values: some Sequence<Double>) -> RingVector {
    var (number, sum) = (Int64(0), Int64(0))
    for value in values where !value.isNaN {
      number += 1
      sum += Int64((bounds.place(of: value) * Double(unitSteps)).rounded())
    }
    return RingVector(rows.isSecret ? [number, sum] : [sum])
  }

  /// The mean.
  public func release(
    _ sums: RingVector, confidence: Double = 0.95, using coins: inout SecretCoins
  ) throws(PrivacyError) -> PrivateEstimate {
    let missing = try check(sums, confidence: confidence)
    let mean = try NoisedMeans(
      sums.elements, sensitivities: [unitSteps], rows: rows, noise: noise, missing: missing, &coins
    ).means[0]
    func value(_ place: Double) -> Double { bounds.middle + bounds.half * place }
    return PrivateEstimate(
      value(mean.value), within: value(mean.interval.lowerBound)...value(mean.interval.upperBound),
      bounds: bounds.lower...bounds.upper)
  }
}
