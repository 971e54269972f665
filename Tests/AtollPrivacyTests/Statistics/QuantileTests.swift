import AtollNumerics
import Testing

@testable import AtollPrivacy

@Suite struct `Quantiles with noise` {
  private func quantiles(_ levels: Int, _ noise: StatisticNoise) throws -> PrivateQuantiles {
    try PrivateQuantiles(bounds: ValueBounds(0, 64), levels: levels, noise: noise)
  }

  private func laplace(_ epsilon: Double) throws -> StatisticNoise { try .laplace(epsilon: epsilon) }

  @Test func `change by one in each level for each row`() throws {
    let quantiles = try quantiles(3, laplace(1))
    #expect(sensitivities(quantiles, values) == [1, 0, 0, 0, 0, 0, 0, 1])
    for value in [-3.0, 0, 7.99, 8, 40, 64, 99, .infinity] {
      let tree = CountTree(leaves: quantiles.contribution(of: [value]).elements)
      for level in 0...3 { #expect(tree.nodes[1 << level..<2 << level].reduce(0, +) == 1) }
    }
    #expect(quantiles.contribution(of: [0, 7.99, 8, 64, 63.9]).elements == [2, 1, 0, 0, 0, 0, 0, 2])
  }

  /// A sum of squares is least where no leaf can lessen it: for each leaf, what is left of the nodes above it adds up
  /// to nothing.
  @Test(arguments: [1, 2, 5])
  func `are those of the nearest consistent tree`(_ levels: Int) throws {
    let leaves = 1 << levels
    var tree = CountTree(leaves: (0..<leaves).map { Int64($0 * $0 % 11) })
    var coins = SecretCoins(insecureSeed: 101)
    tree.add(try laplace(0.1).noise(sensitivity: 1), using: &coins)
    var best = [Double](repeating: 0, count: leaves) + tree.consistentLeaves
    for node in (1..<leaves).reversed() { best[node] = best[2 * node] + best[2 * node + 1] }
    for leaf in leaves..<2 * leaves {
      let rest = (0...levels).reduce(0.0) { $0 + Double(tree.nodes[leaf >> $1]) - best[leaf >> $1] }
      #expect(abs(rest) < 1e-9)
    }
    // A tree that is consistent stays as it is.
    #expect(
      CountTree(leaves: [3, 0, 5, 7]).consistentLeaves.elementsEqual([3, 0, 5, 7]) { abs($0 - $1) < 1e-12 })
  }

  @Test func `have the noise that was drawn, and less after consistency`() throws {
    let quantiles = try quantiles(4, laplace(1))
    let sums = quantiles.contribution(of: (0..<640).map { Double($0) / 10 })
    var coins = SecretCoins(insecureSeed: 102)
    var same = SecretCoins(insecureSeed: 102)
    let released = try quantiles.release(sums, using: &coins)
    var tree = CountTree(leaves: sums.elements)
    tree.add(try laplace(0.2).noise(sensitivity: 1), using: &same)
    #expect(abs(released.rows - tree.consistentLeaves.reduce(0, +)) < 1e-9)
    // Of the number of rows: that of the root alone would have the variance of one node, 2/0.2².
    let errors = try (0..<5000).map { _ in try quantiles.release(sums, using: &coins).rows - 640 }
    let spread = errors.reduce(0) { $0 + $1 * $1 } / 5000
    #expect(spread < 0.7 * 50)
    #expect(abs(errors.reduce(0, +) / 5000) < 5.5 * (spread / 5000).squareRoot())
  }

  @Test(arguments: [0.5, 0.9])
  func `lie near the truth, and hold it as often as they say`(_ confidence: Double) throws {
    let column = (0..<1000).map { Double($0 * $0 % 1009) / 1009 * 40 + 10 }.sorted()
    for noise in [try laplace(1), try StatisticNoise.gaussian(noiseMultiplier: 2)] {
      let quantiles = try quantiles(6, noise)
      let sums = quantiles.contribution(of: column)
      var coins = SecretCoins(insecureSeed: 103)
      var misses = 0
      for _ in 0..<400 {
        let released = try quantiles.release(sums, confidence: confidence, using: &coins)
        for q in [0.1, 0.5, 0.75] {
          let found = try released.quantile(q)
          let truth = column[Int(q * 1000)]
          #expect(abs(found.value - truth) < 8)
          if !found.interval.contains(truth) { misses += 1 }
        }
      }
      #expect(mayMiss(misses, of: 1200, confidence: confidence), "\(misses)")
    }
  }

  @Test func `rise with their share and stay within the bounds`() throws {
    let quantiles = try quantiles(8, laplace(0.2))
    var coins = SecretCoins(insecureSeed: 104)
    for column in [[], [5.0], (0..<50).map { Double($0) }] {
      let released = try quantiles.release(quantiles.contribution(of: column), using: &coins)
      var last = 0.0
      for step in 0...100 {
        let found = try released.quantile(Double(step) / 100)
        #expect(found.value >= last && found.value <= 64 && found.interval.contains(found.value))
        last = found.value
      }
      for q in [-0.1, 1.1, .nan] { #expect(throws: PrivacyError.self) { try released.quantile(q) } }
    }
  }

  @Test func `of ties lie in their bin`() throws {
    let quantiles = try quantiles(5, laplace(64))
    var coins = SecretCoins(insecureSeed: 105)
    let released = try quantiles.release(
      quantiles.contribution(of: [Double](repeating: 20.5, count: 3000)), using: &coins)
    #expect(released.resolution == 2)
    for q in [0.1, 0.25, 0.5, 0.9] {
      let found = try released.quantile(q)
      #expect(found.value >= 20 && found.value <= 22)
      #expect(found.interval.lowerBound <= 20.5 && found.interval.upperBound >= 20.5)
    }
    // All at a bound.
    let top = try quantiles.release(
      quantiles.contribution(of: [Double](repeating: 99, count: 3000)), using: &coins)
    #expect(try top.quantile(0.5).value > 62 && top.quantile(0.5).value <= 64)
    for levels in [0, 21] { #expect(throws: PrivacyError.self) { try self.quantiles(levels, laplace(1)) } }
  }
}
