/// What the number of rows is to a mean: a secret that takes a part of the budget, or a public number.
public enum RowCount: Hashable, Sendable {
  /// Noised like the sums.
  case secret
  /// Known to everyone. Then only zero-out holds: a row that is put to nothing still counts, as one in the middle of
  /// the bounds.
  case known(Int)

  var isSecret: Bool { self == .secret }

  var relations: [NeighboringRelation] { isSecret ? [.addOrRemoveOne, .zeroOut] : [.zeroOut] }

  /// Refuses a known number that is none.
  func check() throws(PrivacyError) {
    guard case .known(let rows) = self, !(1...1 << 34).contains(rows) else { return }
    throw PrivacyError(.invalid, "there are 1 to 2^34 rows, not \(rows)")
  }

  /// Of 1, for so many sums and, where it is secret, the number of rows.
  func shares(sums: Int) -> [Double] {
    let parts = sums + (isSecret ? 1 : 0)
    return [Double](repeating: 1 / Double(parts), count: parts)
  }
}

/// Noised sums by a number of rows, noised or known, with the interval of each quotient.
///
/// All of them hold together with the confidence: each number gets an equal part of what may be missed.
struct NoisedMeans {
  /// Each sum by the number of rows, in units, and where it may lie.
  let means: [(value: Double, interval: ClosedRange<Double>)]

  /// - Parameters:
  ///   - sums: in steps, the number of rows first where it is secret.
  ///   - sensitivities: by how many steps one row changes each of the other sums.
  init(
    _ sums: [Int64], sensitivities: [Int], rows: RowCount, noise: StatisticNoise, missing: Double,
    _ coins: inout SecretCoins
  ) throws(PrivacyError) {
    let shares = rows.shares(sums: sensitivities.count)
    let missed = missing / Double(shares.count)
    var (sums, number, least, most) = (sums[...], 0.0, 0.0, 0.0)
    switch rows {
    case .known(let known): (number, least, most) = (Double(known), Double(known), Double(known))
    case .secret:
      let noise = try noise.share(shares[0]).noise(sensitivity: unitSteps)
      let noised = sums.removeFirst() &* Int64(unitSteps) &+ noise.sample(using: &coins)
      let (size, reach) = (
        Double(noised) / Double(unitSteps), noise.reach(missing: missed) / Double(unitSteps)
      )
      // A mean speaks of one row at least.
      (number, least, most) = (max(size, 1), max(size - reach, 1), max(size + reach, 1))
    }
    var means: [(Double, ClosedRange<Double>)] = []
    for (sum, sensitivity) in zip(sums, sensitivities) {
      let noise = try noise.share(shares[0]).noise(sensitivity: sensitivity)
      let noised = Double(sum &+ noise.sample(using: &coins)) / Double(unitSteps)
      let reach = noise.reach(missing: missed) / Double(unitSteps)
      let (low, high) = (noised - reach, noised + reach)
      means.append((noised / number, low / (low < 0 ? least : most)...high / (high < 0 ? most : least)))
    }
    self.means = means
  }
}
