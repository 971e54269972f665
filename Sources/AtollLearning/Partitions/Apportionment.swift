/// Shares out whole things in proportion to weights, by largest remainder (Hamilton's method): everyone gets the whole
/// part of its quota, what is left goes to the largest fractions, equal ones in order.
///
/// - Parameters:
///   - total: how many there are to share out.
///   - weights: finite, not negative; all zero counts as all equal.
/// - Returns: as many numbers as weights; their sum is `total` (0 without weights).
package func apportion(_ total: Int, by weights: [Double]) -> [Int] {
  precondition(
    total >= 0 && weights.allSatisfy { $0 >= 0 && $0.isFinite }, "weights are finite and not negative")
  let sum = weights.reduce(0, +)
  let quotas = weights.map { sum > 0 ? Double(total) * ($0 / sum) : Double(total) / Double(weights.count) }
  var shares = quotas.map { Int($0) }
  let byFraction = shares.indices.sorted { left, right in
    let (a, b) = (quotas[left] - Double(shares[left]), quotas[right] - Double(shares[right]))
    return a != b ? a > b : left < right
  }
  // Rounding of the quotas may leave one too many; it is taken where the fraction is smallest.
  var left = total - shares.reduce(0, +)
  for index in byFraction where left > 0 {
    shares[index] += 1
    left -= 1
  }
  for index in byFraction.reversed() where left < 0 && shares[index] > 0 {
    shares[index] -= 1
    left += 1
  }
  return shares
}

/// Cuts a list into consecutive parts of these lengths.
func cut<Element>(_ elements: [Element], into counts: [Int]) -> [[Element]] {
  var start = 0
  return counts.map { count in
    defer { start += count }
    return Array(elements[start..<start + count])
  }
}
