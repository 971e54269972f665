/// Curves of ten thousand rounds, drawn with no more points than a screen shows.
package enum Thinning {
  /// Points that a chart draws at most.
  static let points = 240
  /// Rows that a table holds at most.
  static let rows = 240
  /// Columns of bars that a chart draws at most.
  static let columns = 60

  /// Indices of at most `limit` values that draw the same curve: of each stretch the smallest and the largest, and
  /// the two ends.
  static func indices(of values: [Double], limit: Int = points) -> [Int] {
    guard values.count > limit else { return Array(values.indices) }
    let stretches = (limit - 2) / 2
    var kept: Set<Int> = [0, values.count - 1]
    for stretch in buckets(values.count, limit: stretches) {
      if let least = stretch.min(by: { values[$0] < values[$1] }) { kept.insert(least) }
      if let most = stretch.max(by: { values[$0] < values[$1] }) { kept.insert(most) }
    }
    return kept.sorted()
  }

  /// At most `limit` of `0..<count`, evenly, with both ends.
  package static func spread(_ count: Int, limit: Int = rows) -> [Int] {
    guard count > limit, limit > 1 else { return Array(0..<count) }
    return (0..<limit).map { $0 * (count - 1) / (limit - 1) }
  }

  /// `0..<count` cut into at most `limit` stretches of nearly equal length.
  static func buckets(_ count: Int, limit: Int = columns) -> [Range<Int>] {
    let parts = min(count, limit)
    return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
  }
}
