public import AtollNumerics

/// The noise of ``TreeAggregation`` with Honaker's estimator, in whole numbers.
///
/// J. Honaker, "Efficient use of differentially private binary trees", TPDP 2015, estimation from below; Kairouz et
/// al. 2021 (arXiv:2103.00039), appendix D. A node of level l is known twice: by its own noised sum, and by its
/// children's estimates. The best mean of both has variance σ²·2^l/(2^(l+1) − 1) instead of σ².
///
/// **Why no fraction is needed.** Worked out, the best estimate of a node is a mean of the levels below it: with yᵥ =
/// xᵥ + zᵥ the noised sums, all of them whole numbers, and v running over the node and all below it, each of some
/// level j,
///
///     estimate = 1/(2^(l+1) − 1) · Σᵥ 2^j·yᵥ = x + N/(2^(l+1) − 1),  N = Σᵥ 2^j·zᵥ,
///
/// as each level adds up to the node's own exact sum x, and 1 + 2 + … + 2^l = 2^(l+1) − 1. N is a whole number, kept
/// by N = 2^l·z + N(left) + N(right). What is published is the estimate rounded to the nearest whole number. That is
/// a function of the yᵥ alone, so that privacy is that of the noised nodes; and as x is whole and the divisor odd,
/// which leaves no ties, round(x + N/d) = x + round(N/d): so whole noise is added to an exact sum, and nothing else
/// happens. Rounding costs half a step, where σ is 2^20 steps at least.
///
/// **Memory.** A finished subtree for each binary digit of the number of rounds done, at most log₂ n + 1 vectors; a
/// round takes two draws for each element on average.
public struct TreeNoise: CorrelatedNoise {
  /// The trees.
  public let mechanism: TreeAggregation
  /// The noise of a node.
  public let noise: GridGaussian
  /// How many elements a sum has.
  public let count: Int
  public private(set) var round = 0
  private let law: DiscreteGaussian
  /// N of the finished subtrees, each by its level.
  private var subtrees: [RingVector?]

  /// Noise from the first round on.
  ///
  /// - Parameters:
  ///   - mechanism: the trees.
  ///   - noise: that of a node; its sensitivity is that of the sum of one round.
  ///   - count: how many elements a sum has.
  /// - Throws: ``PrivacyError`` with code `invalid` where sums of noise could leave 64 bits.
  public init(_ mechanism: TreeAggregation, noise: GridGaussian, count: Int) throws(PrivacyError) {
    // N has a deviation of 2^(l + 1/2)·σ; beyond 16 of these lies a mass of e^-128.
    let spread = noise.grid.steps.double * Double(sign: .plus, exponent: mechanism.height, significand: 1)
    guard count > 0, spread <= 0x1p58 else {
      throw PrivacyError(
        .invalid,
        "noise of \(noise.grid.steps.double) steps in trees of \(mechanism.height) levels does not fit 64 bits"
      )
    }
    self.mechanism = mechanism
    self.noise = noise
    self.count = count
    law = try noise.grid.gaussian()
    subtrees = [RingVector?](repeating: nil, count: mechanism.height)
  }

  /// Noise from the round on that the memory is of.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid`, also where the memory is that of another mechanism, noise or
  ///   length.
  public init(
    _ mechanism: TreeAggregation, noise: GridGaussian, count: Int, resuming memory: NoiseMemory
  ) throws(PrivacyError) {
    try self.init(mechanism, noise: noise, count: count)
    try memory.check(signature, rounds: mechanism.rounds, count: count)
    round = memory.round
    let done = round < mechanism.rounds ? mechanism.place(of: round).leaf : 0
    guard memory.vectors.count == done.nonzeroBitCount else {
      throw PrivacyError(.invalid, "the memory of correlated noise lacks subtrees")
    }
    var vectors = memory.vectors.makeIterator()
    for level in subtrees.indices where done >> level & 1 == 1 { subtrees[level] = vectors.next() }
  }

  public var memory: NoiseMemory {
    NoiseMemory(round: round, of: signature, vectors: subtrees.compactMap { $0 })
  }

  private var signature: String { "tree \(mechanism.steps) × \(mechanism.epochs) \(noise.signature)" }

  public mutating func add(to sum: inout RingVector, using coins: inout SecretCoins) throws(PrivacyError) {
    precondition(sum.elements.count == count, "a sum has \(count) elements")
    guard round < mechanism.rounds else { throw Self.over(mechanism.rounds) }
    let (leaf, isLast) = mechanism.place(of: round)
    var node = draw(&coins)
    var level = 0
    // As in counting: each finished subtree of the same size is joined to the new one.
    while leaf >> level & 1 == 1 {
      guard let left = subtrees[level] else { preconditionFailure("a subtree for each binary digit") }
      Self.add(left, dividedBy: (2 << Int64(level)) - 1, times: -1, to: &sum)
      subtrees[level] = nil
      level += 1
      node += left
      Self.add(draw(&coins), times: 1 << Int64(level), to: &node)
    }
    Self.add(node, dividedBy: (2 << Int64(level)) - 1, times: 1, to: &sum)
    if isLast {
      // The next tree begins with nothing; what is published keeps this one's noise.
      for place in subtrees.indices { subtrees[place] = nil }
    } else {
      subtrees[level] = node
    }
    round += 1
  }

  private func draw(_ coins: inout SecretCoins) -> RingVector {
    var vector = RingVector(zeros: count)
    law.add(to: &vector, using: &coins)
    return vector
  }

  private static func add(_ term: RingVector, times factor: Int64, to vector: inout RingVector) {
    _ = vector.withElements { vector in
      for (place, element) in term.elements.enumerated() { vector[place] &+= factor &* element }
    }
  }

  /// Adds ±round(N/d), d odd.
  private static func add(
    _ term: RingVector, dividedBy divisor: Int64, times sign: Int64, to vector: inout RingVector
  ) {
    _ = vector.withElements { vector in
      for (place, element) in term.elements.enumerated() {
        let (quotient, rest) = element.quotientAndRemainder(dividingBy: divisor)
        let carry: Int64 = 2 * rest > divisor ? 1 : 2 * rest < -divisor ? -1 : 0
        vector[place] &+= sign &* (quotient &+ carry)
      }
    }
  }
}
