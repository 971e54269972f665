/// A set of outputs, chosen so that it is likely on one input and unlikely on the other.
///
/// The values of a feature are cut into bins, and the event is the union of those whose likelihood ratio is high: that of
/// (ε, δ)-differential privacy's worst event, {y : p(y) > e^ε·q(y)}, as far as bins can tell it (B. Bichsel, S. Steffen,
/// I. Bogunovic & M. Vechev, "DP-Sniper", S&P 2021, learn the ratio by a classifier).
struct OutputEvent: Sendable {
  let feature: OutputFeature
  /// Ascending; a value lies in the bin of as many borders as are not above it.
  private let borders: [Double]
  private let isIn: [Bool]
  /// How many deviations the likely input's count exceeds what the unlikely one's allows by, in the samples that it was
  /// chosen by.
  let excess: Double

  /// Whether an output is in the event.
  func contains(_ output: [Double]) -> Bool {
    isIn[Self.bin(of: feature.value(of: output), borders)]
  }

  /// The event of a feature with the largest excess in two samples of outputs, of the same size.
  ///
  /// - Parameters:
  ///   - likely: outputs of the input on which it is to be likely.
  ///   - unlikely: outputs of the other.
  ///   - factor: e^ε.
  ///   - delta: δ.
  init(
    _ feature: OutputFeature, likely: [[Double]], unlikely: [[Double]], factor: Double, delta: Double
  ) {
    self.feature = feature
    let (high, low) = (likely.map(feature.value), unlikely.map(feature.value))
    borders = Self.borders(of: high + low)
    var (here, there) = (
      [Int](repeating: 0, count: borders.count + 1), [Int](repeating: 0, count: borders.count + 1)
    )
    for value in high { here[Self.bin(of: value, borders)] += 1 }
    for value in low { there[Self.bin(of: value, borders)] += 1 }
    let order = here.indices.sorted { one, other in
      // (h + ½)/(t + ½), compared without division; halves keep small counts from being certain.
      (2 * here[one] + 1) * (2 * there[other] + 1) > (2 * here[other] + 1) * (2 * there[one] + 1)
    }
    var best = (excess: -Double.infinity, count: 0)
    var (hits, misses) = (0.0, 0.0)
    for (place, bin) in order.enumerated() {
      hits += Double(here[bin])
      misses += Double(there[bin])
      let excess =
        (hits - factor * misses - delta * Double(likely.count))
        / (hits + factor * factor * misses + 1).squareRoot()
      if excess > best.excess { best = (excess, place + 1) }
    }
    var isIn = [Bool](repeating: false, count: here.count)
    for bin in order.prefix(best.count) { isIn[bin] = true }
    self.isIn = isIn
    excess = best.excess
  }

  /// Each value by itself where there are few; else quantiles, more of them in the tails.
  private static func borders(of values: [Double]) -> [Double] {
    // Of many values some are enough to cut the line by.
    let stride = max(1, values.count / 20_000)
    let sorted = values.indices.lazy.filter { $0 % stride == 0 }.map { values[$0] }.filter { !$0.isNaN }
      .sorted()
    var distinct: [Double] = []
    for value in sorted where distinct.last != value { distinct.append(value) }
    guard distinct.count > 128 else { return distinct.flatMap { [$0, $0.nextUp] } }
    let tails = [0.0002, 0.0005, 0.001, 0.002, 0.005]
    let shares = tails + (1..<64).map { Double($0) / 64 } + tails.reversed().map { 1 - $0 }
    var borders: [Double] = []
    for share in shares {
      let border = sorted[Int(share * Double(sorted.count - 1))]
      if borders.last != border { borders.append(border) }
    }
    return borders
  }

  /// How many borders are not above a value; what is not a number lies below all.
  private static func bin(of value: Double, _ borders: [Double]) -> Int {
    var (low, high) = (0, borders.count)
    while low < high {
      let middle = (low + high) / 2
      if borders[middle] <= value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
