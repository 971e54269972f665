public import AtollNumerics

/// A statistic of the mean of values within public bounds, or of that and the mean of their squares.
public protocol MomentStatistic: PrivateStatistic where Row == Double {
  /// What is summed, and what is spent.
  var moments: ValueMoments { get }
}

/// Sums of values within public bounds, and the number of rows where that is secret; each gets an equal part of the
/// budget.
///
/// A value counts as a place u between -1 and 1, the middle of the bounds being 0. One row changes the sum of u by 2^28
/// steps at most, that of u² − ½ by 2^27.
public struct ValueMoments: Hashable, Sendable {
  /// Bounds of each value.
  public let bounds: ValueBounds
  /// The number of rows.
  public let rows: RowCount
  /// What is spent in all.
  public let noise: StatisticNoise
  /// By how many steps one row changes each of the sums: of u, and where there are two of u² − ½.
  private let sensitivities: [Int]

  /// - Throws: ``PrivacyError`` with code `invalid` for a known number of rows below 1 or above 2^34.
  init(
    squares: Bool, bounds: ValueBounds, rows: RowCount, noise: StatisticNoise
  ) throws(PrivacyError) {
    try rows.check()
    self.bounds = bounds
    self.rows = rows
    self.noise = noise
    sensitivities = squares ? [unitSteps, unitSteps / 2] : [unitSteps]
  }

  fileprivate var shares: [Double] { rows.shares(sums: sensitivities.count) }

  fileprivate func contribution(of values: some Sequence<Double>) -> RingVector {
    var (number, sum, squares) = (Int64(0), Int64(0), Int64(0))
    for value in values where !value.isNaN {
      let place = bounds.place(of: value)
      number += 1
      sum += Int64((place * Double(unitSteps)).rounded())
      squares += Int64(((place * place - 0.5) * Double(unitSteps)).rounded())
    }
    return RingVector((rows.isSecret ? [number] : []) + [sum, squares].prefix(sensitivities.count))
  }

  /// The mean of u, and where it is wanted that of u² − ½.
  func means(
    _ sums: RingVector, missing: Double, using coins: inout SecretCoins
  ) throws(PrivacyError) -> [(value: Double, interval: ClosedRange<Double>)] {
    try NoisedMeans(
      sums.elements, sensitivities: sensitivities, rows: rows, noise: noise, missing: missing, &coins
    ).means
  }
}

extension MomentStatistic {
  /// Bounds of each value.
  public var bounds: ValueBounds { moments.bounds }
  /// The number of rows.
  public var rows: RowCount { moments.rows }
  /// What is spent in all.
  public var noise: StatisticNoise { moments.noise }

  public var count: Int { moments.shares.count }

  public var event: PrivacyEvent { get throws(PrivacyError) { try noise.event(shares: moments.shares) } }

  /// Zero-out; where the number of rows is secret, also that a row comes or goes.
  public var relations: [NeighboringRelation] { rows.relations }

  /// The number of values, where it is secret, and their sums; what is not a number is no value.
  public func contribution(of values: some Sequence<Double>) -> RingVector {
    moments.contribution(of: values)
  }
}
