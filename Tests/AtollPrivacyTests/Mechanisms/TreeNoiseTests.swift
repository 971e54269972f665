import AtollNumerics
import Testing

@testable import AtollPrivacy

/// A node of a tree, as its definition says: the rounds below it.
private struct Node {
  let level: Int
  let rounds: Range<Int>
}

/// The nodes of all trees that are finished by themselves, in the order in which they come to be.
private func nodes(_ trees: TreeAggregation) -> [Node] {
  var (nodes, start) = ([Node](), 0)
  for count in (0..<trees.epochs).flatMap({ _ in trees.steps }) {
    for end in 1...count {
      for level in 0..<Int.bitWidth where end % (1 << level) == 0 {
        nodes.append(Node(level: level, rounds: start + end - 1 << level..<start + end))
      }
    }
    start += count
  }
  return nodes
}

@Suite struct `Noise in trees` {
  /// What is published is computed here from the noised nodes alone, by exact fractions, and rounded at the end.
  @Test(arguments: [[1], [2], [3], [8], [13], [5, 4], [1, 1, 7]])
  func `is Honaker's estimate from whole noised nodes, to the last step`(_ steps: [Int]) throws {
    let (trees, noise, count) = (try TreeAggregation(steps: steps, epochs: 2), try unitNoise(), 3)
    // Noised nodes: the exact sum of a node's rounds and one draw.
    var coins = SecretCoins(insecureSeed: 61)
    let law = try noise.grid.gaussian()
    let noised = nodes(trees).map { node in
      let draw = drawn(law, count: count, &coins)
      return (
        node,
        (0..<count).map { place in
          node.rounds.reduce(draw[place]) { $0 + Int128(someSum($1, count: count)[place]) }
        }
      )
    }
    func estimate(_ node: Node, _ place: Int) -> Int128 {
      let divisor = Int128(2 << node.level) - 1
      let sum = noised.reduce(Int128(0)) { sum, other in
        node.rounds.contains(other.0.rounds.lowerBound) && node.rounds.contains(other.0.rounds.upperBound - 1)
          ? sum + other.1[place] << other.0.level : sum
      }
      // Rounded to the nearest: ⌊(2s + d)/2d⌋.
      let (above, below) = (2 * sum + divisor, 2 * divisor)
      return above >= 0 ? above / below : -((below - 1 - above) / below)
    }
    var mechanism = try TreeNoise(trees, noise: noise, count: count)
    var same = SecretCoins(insecureSeed: 61)
    var published = [Int128](repeating: 0, count: count)
    for round in 0..<trees.rounds {
      var sum = RingVector(someSum(round, count: count))
      try mechanism.add(to: &sum, using: &same)
      for place in 0..<count { published[place] += Int128(sum.elements[place]) }
      // The largest nodes that are finished and together are all rounds until now.
      var (end, expected) = (round + 1, [Int128](repeating: 0, count: count))
      while end > 0 {
        let node = try #require(
          noised.map(\.0).filter { $0.rounds.upperBound == end }.max { $0.level < $1.level })
        for place in 0..<count { expected[place] += estimate(node, place) }
        end = node.rounds.lowerBound
      }
      #expect(published == expected, "round \(round)")
    }
    #expect(throws: PrivacyError.self) {
      var sum = RingVector(zeros: count)
      try mechanism.add(to: &sum, using: &same)
    }
  }

  @Test(arguments: [[21], [8, 8], [5, 3]])
  func `has the variance that theory says`(_ steps: [Int]) throws {
    let (trees, noise) = (try TreeAggregation(steps: steps), try unitNoise())
    let mechanism = try TreeNoise(trees, noise: noise, count: 20_000)
    let sums = try prefixes(
      of: mechanism, rounds: trees.rounds, width: noise.grid.steps.double, count: 20_000, seed: 62)
    for (round, numbers) in sums.enumerated() {
      let fit = varianceFit(numbers, trees.variance(ofFirst: round + 1))
      #expect(fit > 1e-6, "round \(round): p = \(fit)")
    }
  }

  @Test func `is less than that of the plain tree, which has a node for each binary digit`() throws {
    let (trees, noise) = (try TreeAggregation(steps: [31]), try unitNoise())
    let mechanism = try TreeNoise(trees, noise: noise, count: 20_000)
    let sums = try prefixes(
      of: mechanism, rounds: 31, width: noise.grid.steps.double, count: 20_000, seed: 63)
    var (honaker, plain) = (0.0, 0.0)
    for count in 2...31 {
      let digits = Double(count.nonzeroBitCount)
      honaker += trees.variance(ofFirst: count)
      plain += digits
      #expect(trees.variance(ofFirst: count) <= digits)
      // The test of variances tells both apart.
      if count > 1, count & 1 == 0 { #expect(varianceFit(sums[count - 1], digits) < 1e-6, "\(count)") }
    }
    #expect(honaker / plain < 0.71)
    // An odd number has a single leaf, which is known once only.
    #expect(trees.variance(ofFirst: 1) == 1 && trees.variance(ofFirst: 2) == 2.0 / 3)
  }

  @Test(arguments: [([1], 1), ([4], 2), ([7], 1), ([8], 1), ([3, 2], 2), ([2, 4, 1], 1), ([5], 2)])
  func `has the sensitivity that its event says, by trying all participations`(
    _ steps: [Int], _ epochs: Int
  ) throws {
    let trees = try TreeAggregation(steps: steps, epochs: epochs)
    let rows = nodes(trees).map { node in
      (0..<trees.rounds).map { node.rounds.contains($0) ? 1.0 : 0 }
    }
    let precision = try #require(try trees.event(noiseMultiplier: 1).gaussianPrecision)
    #expect(squaredSensitivity(rows, try patterns(trees)) == precision)
  }

  @Test func `goes on from its memory as if nothing had happened`() throws {
    let (trees, noise, count) = (try TreeAggregation(steps: [6, 3]), try unitNoise(), 5)
    var first = SecretCoins(insecureSeed: 64)
    var second = SecretCoins(insecureSeed: 64)
    var mechanism = try TreeNoise(trees, noise: noise, count: count)
    var memory = mechanism.memory
    for round in 0..<trees.rounds {
      var (sum, other) = (RingVector(zeros: count), RingVector(zeros: count))
      try mechanism.add(to: &sum, using: &first)
      var resumed = try TreeNoise(
        trees, noise: noise, count: count, resuming: NoiseMemory(secretBytes: memory.secretBytes))
      try resumed.add(to: &other, using: &second)
      #expect(sum == other && resumed.round == round + 1 && resumed.memory == mechanism.memory)
      memory = resumed.memory
      // No more vectors than binary digits, none where a tree has ended.
      #expect(memory.vectors.count == (round == 5 || round == 8 ? 0 : (round % 6 + 1).nonzeroBitCount))
    }
    #expect(throws: PrivacyError.self) {
      try TreeNoise(trees, noise: unitNoise(2), count: count, resuming: memory)
    }
    #expect(throws: PrivacyError.self) {
      try TreeNoise(TreeAggregation(steps: [9]), noise: noise, count: count, resuming: memory)
    }
  }

  @Test func `that could leave 64 bits, or has no rounds, is refused`() throws {
    let wide = try GridGaussian(sensitivity: 1, noiseMultiplier: 1, fractionBits: 50)
    #expect(throws: PrivacyError.self) { try TreeNoise(TreeAggregation(steps: [256]), noise: wide, count: 1) }
    #expect(throws: PrivacyError.self) {
      try TreeNoise(TreeAggregation(steps: [2]), noise: unitNoise(), count: 0)
    }
    for steps in [[], [0], [-1], [1 << 20, 1]] {
      #expect(throws: PrivacyError.self) { try TreeAggregation(steps: steps) }
    }
    #expect(throws: PrivacyError.self) { try TreeAggregation(steps: [1 << 10], epochs: 1025) }
    #expect(throws: PrivacyError.self) { try TreeAggregation(steps: [4], epochs: 0) }
  }
}
