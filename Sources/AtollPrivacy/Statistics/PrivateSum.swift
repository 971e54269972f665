public import AtollNumerics

/// The sum of values within public bounds.
///
/// With M the larger of both bounds in size, a value is moved to the bounds and counted in steps of M/2^28; one row
/// changes the sum by 2^28 steps at most. Noise is added in whole steps and is at least 2^20 of them wide.
public struct PrivateSum: PrivateStatistic {
  /// The value of the row.
  public typealias Row = Double

  /// Bounds of each value.
  public let bounds: ValueBounds
  /// What is spent.
  public let noise: StatisticNoise

  /// A sum of values within bounds.
  public init(bounds: ValueBounds, noise: StatisticNoise) {
    self.bounds = bounds
    self.noise = noise
  }

  /// 1.
  public var count: Int { 1 }

  public var event: PrivacyEvent { get throws(PrivacyError) { try noise.event(shares: [1]) } }

  /// The sum of the values; what is not a number is no value.
  public func contribution(of rows: some Sequence<Double>) -> RingVector {
    let scale = Double(unitSteps) / bounds.largest
    return RingVector([
      rows.reduce(0) { $1.isNaN ? $0 : $0 + Int64((bounds.clamp($1) * scale).rounded()) }
    ])
  }

  /// The sum, without bias but for clamping.
  public func release(
    _ sums: RingVector, confidence: Double = 0.95, using coins: inout SecretCoins
  ) throws(PrivacyError) -> PrivateEstimate {
    let missing = try check(sums, confidence: confidence)
    let noise = try noise.noise(sensitivity: unitSteps)
    let unit = bounds.largest / Double(unitSteps)
    let value = Double(sums.elements[0] &+ noise.sample(using: &coins)) * unit
    let reach = noise.reach(missing: missing) * unit
    return PrivateEstimate(value, within: value - reach...value + reach, bounds: -.infinity ... .infinity)
  }
}
