/// Prefix sums through binary trees, with noise in each node (C. Dwork, M. Naor, T. Pitassi & G. N. Rothblum, STOC
/// 2010; T.-H. H. Chan, E. Shi & D. Song, 2011; for learning Kairouz et al. 2021, arXiv:2103.00039).
///
/// A tree has a leaf for each of its rounds; a node is the sum of the leaves below it and comes to be with the last
/// of them. A prefix sum is put together of at most log₂ t + 1 nodes. A participant is in one leaf and so in at most
/// ⌈log₂(n + 1)⌉ nodes of a tree of n leaves, which is the square of the sensitivity. ``TreeNoise`` has the
/// estimator.
///
/// An epoch is a list of trees, of which a participant takes part in one, once; each epoch begins with new trees.
/// Deviation: trees are not completed by empty rounds before a restart (Kairouz et al., appendix D.3.1); whoever
/// wants that takes powers of two.
public struct TreeAggregation: Hashable, Sendable {
  /// The rounds of each tree of an epoch.
  public let steps: [Int]
  /// How many times the trees are built.
  public let epochs: Int

  /// - Parameters:
  ///   - steps: the rounds of each tree of an epoch; at most 2^20 in all epochs.
  ///   - epochs: how many times the trees are built, and so how often a participant may take part.
  /// - Throws: ``PrivacyError`` with code `invalid` where there are no rounds or too many.
  public init(steps: [Int], epochs: Int = 1) throws(PrivacyError) {
    let most = 1 << 20
    guard (1...PrivacyEvent.maximumNodes).contains(steps.count),
      steps.allSatisfy({ (1...most).contains($0) }),
      (1...most).contains(epochs), steps.reduce(0, +) <= most / epochs
    else {
      throw PrivacyError(.invalid, "trees have 1 to 2^20 rounds in all, not \(steps) in \(epochs) epochs")
    }
    self.steps = steps
    self.epochs = epochs
  }

  /// The largest number of levels of a tree.
  var height: Int { steps.map(Self.height).max() ?? 0 }

  private static func height(_ leaves: Int) -> Int { Int.bitWidth - leaves.leadingZeroBitCount }

  /// Where a round is: how many rounds of its tree come before it, and whether it is the last.
  func place(of round: Int) -> (leaf: Int, isLast: Bool) {
    var leaf = round % steps.reduce(0, +)
    for count in steps {
      if leaf < count { return (leaf, leaf == count - 1) }
      leaf -= count
    }
    preconditionFailure("a round of an epoch is in one of its trees")
  }

  /// Honaker's variance of the first leaves of one tree, in units of that of one node.
  private static func variance(ofFirst leaves: Int) -> Double {
    var sum = 0.0
    for level in 0..<height(leaves) where leaves >> level & 1 == 1 {
      sum += Double(1 << level) / Double((2 << level) - 1)
    }
    return sum
  }
}

extension TreeAggregation: PrefixSumMechanism {
  public var rounds: Int { steps.reduce(0, +) * epochs }

  public var participation: ParticipationRule {
    .oncePerEpoch(rounds: steps.reduce(0, +), epochs: epochs)
  }

  public func event(noiseMultiplier: Double) throws(PrivacyError) -> PrivacyEvent {
    let trees = try PrivacyEvent(.treeAggregation(noiseMultiplier: noiseMultiplier, steps: steps))
    return epochs == 1 ? trees : try PrivacyEvent(.repeated(trees, times: epochs))
  }

  public func variance(ofFirst count: Int) -> Double {
    precondition((1...rounds).contains(count), "a prefix has 1 to \(rounds) rounds")
    let (whole, rest) = count.quotientAndRemainder(dividingBy: steps.reduce(0, +))
    var (sum, left) = (Double(whole) * steps.reduce(0) { $0 + Self.variance(ofFirst: $1) }, rest)
    for tree in steps where left > 0 {
      sum += Self.variance(ofFirst: min(tree, left))
      left -= min(tree, left)
    }
    return sum
  }
}

extension TreeAggregation: Codable {
  private enum CodingKeys: CodingKey { case steps, epochs }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      steps: values.decode([Int].self, forKey: .steps), epochs: values.decode(Int.self, forKey: .epochs))
  }
}
