public import AtollNumerics

/// All quantiles of a column at once, from one noised hierarchy of counts over a public grid.
///
/// M. Hay, V. Rastogi, G. Miklau & D. Suciu, "Boosting the accuracy of differentially private histograms through
/// consistency", PVLDB 3 (2010), arXiv:0904.0942. The range is cut into 2^m equal bins, these are the leaves of a
/// binary tree, and every node's count gets noise. A row is in one node of each of the m + 1 levels, so that the tree
/// costs as much as m + 1 counts, whatever is asked of it afterwards. Their estimator (section 4.1) makes the tree
/// consistent: no linear estimate without bias is better. Deviations: participants contribute leaves only, nodes are
/// added up by whoever holds the sum; noise is discrete, and Laplace or Gaussian.
public struct PrivateQuantiles: PrivateStatistic {
  /// The value of the row.
  public typealias Row = Double

  /// Bounds of each value.
  public let bounds: ValueBounds
  /// m: there are 2^m bins.
  public let levels: Int
  /// What is spent on all of the tree.
  public let noise: StatisticNoise

  /// - Throws: ``PrivacyError`` with code `invalid` unless there are 1 to 20 levels below the root.
  public init(bounds: ValueBounds, levels: Int, noise: StatisticNoise) throws(PrivacyError) {
    guard (1...20).contains(levels) else {
      throw PrivacyError(.invalid, "a tree of counts has 1 to 20 levels below its root, not \(levels)")
    }
    self.bounds = bounds
    self.levels = levels
    self.noise = noise
  }

  /// 2^m.
  public var count: Int { 1 << levels }

  /// What each level gets.
  private var levelNoise: StatisticNoise { noise.share(1 / Double(levels + 1)) }

  public var event: PrivacyEvent {
    get throws(PrivacyError) { try PrivacyEvent(.repeated(levelNoise.countEvent, times: levels + 1)) }
  }

  /// Counts values by their bin; what is not a number is no value.
  public func contribution(of values: some Sequence<Double>) -> RingVector {
    var counts = [Int64](repeating: 0, count: count)
    for value in values where !value.isNaN {
      let place = (bounds.place(of: value) + 1) / 2 * Double(count)
      counts[min(Int(place), count - 1)] += 1
    }
    return RingVector(counts)
  }

  /// The distribution. The confidence is that of the interval of each quantile by itself.
  public func release(
    _ sums: RingVector, confidence: Double = 0.95, using coins: inout SecretCoins
  ) throws(PrivacyError) -> PrivateDistribution {
    let missing = try check(sums, confidence: confidence)
    let noise = try levelNoise.noise(sensitivity: 1)
    var tree = CountTree(leaves: sums.elements)
    tree.add(noise, using: &coins)
    return PrivateDistribution(
      bounds: bounds, leaves: tree.consistentLeaves, levels: levels,
      deviation: noise.variance.squareRoot(), missing: missing)
  }
}

/// Counts in a binary tree: the root at place 1, the children of a node at 2i and 2i + 1.
struct CountTree {
  private(set) var nodes: [Int64]

  /// - Precondition: there is a power of two of leaves.
  init(leaves: [Int64]) {
    nodes = [Int64](repeating: 0, count: leaves.count) + leaves
    for node in stride(from: leaves.count - 1, to: 0, by: -1) {
      nodes[node] = nodes[2 * node] &+ nodes[2 * node + 1]
    }
  }

  /// Noise for each node, from the root on. (That of place 0, which is no node, is dropped.)
  mutating func add(_ noise: DrawnNoise, using coins: inout SecretCoins) {
    noise.add(to: &nodes, using: &coins)
  }

  /// The leaves of the consistent tree that is nearest to the noised one, by least squares.
  ///
  /// Hay et al. 2010, Theorem 3, for two children: upwards the best mean of a node's own count and its children's;
  /// downwards what is left to a node's children is shared out equally.
  var consistentLeaves: [Double] {
    var best = nodes.map(Double.init)
    let leaves = nodes.count / 2
    for node in stride(from: leaves - 1, to: 0, by: -1) {
      // 2^(height of the node's subtree in levels), with 2 for a leaf.
      let size = Double(2 * leaves >> (Int.bitWidth - 1 - node.leadingZeroBitCount))
      let children = best[2 * node] + best[2 * node + 1]
      best[node] = (size / 2 * best[node] + (size / 2 - 1) * children) / (size - 1)
    }
    for node in 1..<leaves {
      let left = (best[node] - best[2 * node] - best[2 * node + 1]) / 2
      best[2 * node] += left
      best[2 * node + 1] += left
    }
    return Array(best[leaves...])
  }
}
