import AtollNumerics
import Testing

@testable import AtollPrivacy

/// Whether so many misses of intervals may happen where each holds the truth with that confidence: no more than six
/// deviations above what is promised, which is once in 10⁹ where it is kept exactly.
func mayMiss(_ misses: Int, of releases: Int, confidence: Double) -> Bool {
  let (n, p) = (Double(releases), 1 - confidence)
  return Double(misses) <= n * p + 6 * (n * p * (1 - p)).squareRoot()
}

/// The largest change of each whole number when a row is taken from a table: all tables of up to three of those rows.
func sensitivities<Statistic: PrivateStatistic>(_ statistic: Statistic, _ rows: [Statistic.Row]) -> [Int64] {
  var worst = [Int64](repeating: 0, count: statistic.count)
  let tables = rows.flatMap { a in [[a]] + rows.flatMap { b in [[a, b]] + rows.map { [a, b, $0] } } }
  for table in tables {
    let whole = statistic.contribution(of: table).elements
    for place in table.indices {
      var less = table
      less.remove(at: place)
      for (index, other) in statistic.contribution(of: less).elements.enumerated() {
        worst[index] = max(worst[index], abs(whole[index] - other))
      }
    }
  }
  return worst
}

let values = [-1e300, -7, -2, -1.999, 0, 0.5, 1, 2.999, 3, 3.5, 1e300, .infinity, -.infinity, .nan]

/// P(|X| > reach) of weights over the integers.
func massBeyond(_ reach: Double, _ weight: (Double) -> Double) -> Double {
  let all = (1...4000).reversed().map(Double.init)
  let total = weight(0) + 2 * all.reduce(0) { $0 + weight($1) }
  return 2 * all.reduce(0) { $1 > reach ? $0 + weight($1) : $0 } / total
}
