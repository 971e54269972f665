import Testing

@testable import AtollNumerics

@Suite struct `An exact sum` {
  private static func terms(_ stream: inout RandomStream) throws -> [ExactSum.Term] {
    let format = try FixedPoint(fractionBits: 24, bound: 8, weightCap: 1 << 20)
    return try (0..<23).map { _ in
      let weight = 1 + stream.below(1 << 20)
      let numbers = (0..<37).map { _ in Float(16 * stream.uniform() - 8) }
      return ExactSum.Term(
        vectors: [try RingVector(numbers, weight: weight, as: format), RingVector([Int64(weight)])],
        weight: Int64(weight))
    }
  }

  @Test(arguments: 0..<20)
  func `does not depend on order or grouping`(_ seed: UInt64) throws {
    var stream = RandomStream(seed: seed, purpose: .sample)
    var terms = try Self.terms(&stream)
    var inOrder = ExactSum(counts: [37, 1])
    for term in terms { inOrder.add(term) }
    #expect(inOrder.terms == 23 && inOrder.vectors[1].elements == [inOrder.weight])

    for _ in 0..<20 {
      stream.shuffle(&terms)
      // Random groups, merged in a random order into a random one of them, as in a tree of aggregators.
      var parts = [ExactSum](repeating: ExactSum(counts: [37, 1]), count: 1 + stream.below(8))
      for term in terms { parts[stream.below(parts.count)].add(term) }
      while parts.count > 1 {
        let part = parts.remove(at: stream.below(parts.count))
        parts[stream.below(parts.count)].merge(part)
      }
      #expect(parts[0] == inOrder)
    }
  }

  /// The same numbers as doubles do depend on it: the property is not for free.
  @Test func `is not what floating point would give`() {
    let numbers = [0x1p53, 1, 1]
    #expect(numbers.reduce(0, +) != numbers.reversed().reduce(0, +))
  }

  @Test func `is what 128 bits give`() throws {
    var stream = RandomStream(seed: 99, purpose: .sample)
    let terms = try Self.terms(&stream)
    var sum = ExactSum(counts: [37, 1])
    for term in terms { sum.add(term) }
    for index in 0..<37 {
      let exact = terms.reduce(Int128(0)) { $0 + Int128($1.vectors[0].elements[index]) }
      #expect(Int128(sum.vectors[0].elements[index]) == exact)
    }
  }
}
