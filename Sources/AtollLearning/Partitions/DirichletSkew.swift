import AtollNumerics

/// Shares by Dirichlet draws, drawn again until nobody is left with next to nothing.
///
/// A draw counts when everyone gets at least ``minimum`` rows: ten, or half an equal share where that is less, or one
/// (the benchmark of Li et al. 2022 asks for ten and draws for ever). The first of 100 draws that does is taken. Where
/// none does, because alpha is small and participants are many, the draw whose smallest part is largest is taken,
/// and rows go one at a time from the largest part to the smallest until everyone has the minimum.
struct DirichletSkew {
  let participants: Int
  let alpha: Double
  let minimum: Int
  private let rows: Int
  private static let draws = 100

  init(_ participants: Int, _ alpha: Double, rows: Int) {
    self.participants = participants
    self.alpha = alpha
    self.rows = rows
    minimum = max(1, min(10, rows / (2 * participants)))
  }

  func byClass(_ classes: [Int32], _ coins: inout RandomStream) -> [[Int]] {
    var members: [Int32: [Int]] = [:]
    for (row, label) in classes.enumerated() { members[label, default: []].append(row) }
    let groups = members.keys.sorted().compactMap { members[$0] }
    let counts = best(&coins) { coins in groups.map { apportion($0.count, by: draw(&coins)) } }
    var parts = [[Int]](repeating: [], count: participants)
    for (var group, counts) in zip(groups, counts) {
      coins.shuffle(&group)
      for (owner, rows) in cut(group, into: counts).enumerated() { parts[owner] += rows }
    }
    return mended(parts, &coins)
  }

  func bySize(_ coins: inout RandomStream) -> [[Int]] {
    let counts = best(&coins) { coins in [apportion(rows, by: draw(&coins))] }
    return mended(cut(coins.shuffled(rows), into: counts[0]), &coins)
  }

  /// A draw of the symmetric Dirichlet distribution: independent gammas in proportion to the largest, which is 1 even
  /// where a tiny alpha would let all of them underflow (the sum is left to `apportion`).
  private func draw(_ coins: inout RandomStream) -> [Double] {
    let gammas = (0..<participants).map { _ in coins.logGamma(shape: alpha) }
    let largest = gammas.max() ?? 0
    return gammas.map { $0 == largest ? 1 : Elementary.exp($0 - largest) }
  }

  private func best(_ coins: inout RandomStream, _ draw: (inout RandomStream) -> [[Int]]) -> [[Int]] {
    var best: (counts: [[Int]], smallest: Int) = ([], -1)
    for _ in 0..<Self.draws {
      let counts = draw(&coins)
      let smallest = (0..<participants).map { owner in counts.reduce(0) { $0 + $1[owner] } }.min() ?? 0
      if smallest > best.smallest { best = (counts, smallest) }
      if smallest >= minimum { break }
    }
    return best.counts
  }

  private func mended(_ parts: [[Int]], _ coins: inout RandomStream) -> [[Int]] {
    var parts = parts
    while let poorest = parts.indices.min(by: { (parts[$0].count, $0) < (parts[$1].count, $1) }),
      parts[poorest].count < minimum,
      let richest = parts.indices.max(by: { (parts[$0].count, -$0) < (parts[$1].count, -$1) })
    {
      let place = coins.below(parts[richest].count)
      parts[richest].swapAt(place, parts[richest].count - 1)
      parts[poorest].append(parts[richest].removeLast())
    }
    return parts
  }
}
