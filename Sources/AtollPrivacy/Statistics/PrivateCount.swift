public import AtollNumerics

/// How many rows have a property.
///
/// One row changes the count by 1; noise is discrete Laplace or discrete Gaussian, accounted for as what it is (A.
/// Ghosh, T. Roughgarden & M. Sundararajan, STOC 2009, arXiv:0811.2841; C. L. Canonne, G. Kamath & T. Steinke 2020,
/// arXiv:2004.00010).
public struct PrivateCount: PrivateStatistic {
  /// Whether the row has the property.
  public typealias Row = Bool

  /// What is spent.
  public let noise: StatisticNoise

  /// A count with that noise.
  public init(noise: StatisticNoise) { self.noise = noise }

  /// 1.
  public var count: Int { 1 }

  public var event: PrivacyEvent { get throws(PrivacyError) { try noise.countEvent } }

  /// The number of rows that are true.
  public func contribution(of rows: some Sequence<Bool>) -> RingVector {
    RingVector([rows.reduce(0) { $1 ? $0 + 1 : $0 }])
  }

  /// The count, without bias; it may be below 0.
  public func release(
    _ sums: RingVector, confidence: Double = 0.95, using coins: inout SecretCoins
  ) throws(PrivacyError) -> PrivateEstimate {
    let missing = try check(sums, confidence: confidence)
    return PrivateHistogram.estimate(sums.elements, try noise.noise(sensitivity: 1), missing, &coins)[0]
  }
}
