import Testing

@testable import AtollNumerics

@Suite struct `A ring vector` {
  private func error(_ body: () throws -> Void) -> FixedPointError? {
    #expect(throws: FixedPointError.self, performing: body)
  }

  @Test func `rounds to nearest, ties to even, alike in both precisions`() throws {
    let format = try FixedPoint(fractionBits: 1, bound: 100)
    let numbers = [0.25, 0.75, 1.25, -0.25, -0.75, -1.25, 0.3, -0.3, 0.2, 0, -0.0, 99.75]
    let expected: [Int64] = [0, 2, 2, 0, -2, -2, 1, -1, 0, 0, 0, 200]
    #expect(try RingVector(numbers, as: format).elements == expected)
    #expect(try RingVector(numbers.map(Float.init), as: format).elements == expected)
  }

  @Test func `multiplies with the weight before it rounds`() throws {
    let format = try FixedPoint(fractionBits: 2, bound: 4, weightCap: 10)
    #expect(try RingVector([Float(0.1), -3], weight: 7, as: format).elements == [3, -84])
    #expect(try RingVector([0.1, -3.0], weight: 7, as: format).elements == [3, -84])
    #expect(try RingVector([0.1, -3.0], weight: 0, as: format).elements == [0, 0])
  }

  @Test func `gives the numbers back to within half a unit`() throws {
    let format = try FixedPoint(fractionBits: 24, bound: 8)
    var stream = RandomStream(seed: 1, purpose: .sample)
    let numbers = (0..<1000).map { _ in Float(16 * stream.uniform() - 8) }
    let decoded = try RingVector(numbers, as: format).decoded(as: format)
    for (number, back) in zip(numbers, decoded) { #expect((Double(number) - back).magnitude <= 0x1p-25) }
  }

  @Test func `refuses numbers beyond the bound and names the first`() throws {
    let format = try FixedPoint(fractionBits: 4, bound: 8)
    #expect(try RingVector([Float(8), -8], as: format).elements == [128, -128])
    let single = error { _ = try RingVector([0, Float(8).nextUp, .nan], as: format) }
    #expect(single?.code == .outOfRange && single?.index == 1)
    let double = error { _ = try RingVector([0, 1, (-8.0).nextDown], as: format) }
    #expect(double?.code == .outOfRange && double?.index == 2)
    // Many numbers, so that every lane and the rest of the vector loop take part.
    for place in 0..<40 {
      var numbers = [Float](repeating: 1, count: 40)
      numbers[place] = -9
      #expect(error { _ = try RingVector(numbers, as: format) }?.index == place)
    }
  }

  @Test func `refuses what is not finite`() throws {
    let format = try FixedPoint(fractionBits: 4, bound: 8)
    for bad in [Float.nan, .infinity, -.infinity, .signalingNaN] {
      let single = error { _ = try RingVector([1, 2, bad], as: format) }
      #expect(single?.code == .notFinite && single?.index == 2)
      #expect(error { _ = try RingVector([Double(bad)], as: format) }?.code == .notFinite)
    }
  }

  /// More than one tile of elements, and a rest; numbers of terms with and without a rest.
  @Test(arguments: [0, 1, 3, 4, 5, 8, 11], [0, 7, 70_001])
  func `adds many contributions as it adds one after the other`(terms: Int, count: Int) throws {
    let format = try FixedPoint(fractionBits: 20, bound: 2, weightCap: 1 << 20)
    var stream = RandomStream(seed: 3, purpose: .sample)
    let contributions = (0..<terms).map { _ in
      WeightedNumbers(
        (0..<count).map { _ in Float(4 * stream.uniform() - 2) }, weight: stream.below(1 << 20))
    }
    var expected = RingVector(zeros: count)
    for term in contributions { expected += try RingVector(term.numbers, weight: term.weight, as: format) }
    var sum = RingVector(zeros: count)
    try sum.add(contributions, as: format)
    #expect(sum == expected)
  }

  @Test(arguments: [1, 3, 4, 9], [0, 7, 70_001])
  func `the mean of contributions is their exact sum divided by their weight`(terms: Int, count: Int) throws {
    let format = try FixedPoint(fractionBits: 20, bound: 2, weightCap: 1 << 20)
    var stream = RandomStream(seed: 5, purpose: .sample)
    let contributions = (0..<terms).map { _ in
      WeightedNumbers(
        (0..<count).map { _ in Float(4 * stream.uniform() - 2) }, weight: 1 + stream.below(1 << 19))
    }
    var sum = RingVector(zeros: count)
    try sum.add(contributions, as: format)
    let weight = contributions.reduce(0) { $0 + $1.weight }
    let expected = sum.elements.map { Float(Double($0) / (format.scale * Double(weight))) }
    #expect(try WeightedNumbers.mean(of: contributions, as: format) == expected)
    #expect(try WeightedNumbers.mean(of: contributions.reversed(), as: format) == expected)
  }

  @Test(arguments: [3, 69_999]) func `the mean refuses a number beyond the bound and names it`(place: Int)
    throws
  {
    let format = try FixedPoint(fractionBits: 20, bound: 2, weightCap: 5)
    var contributions = (0..<5).map { WeightedNumbers([Float](repeating: 1, count: 70_000), weight: $0) }
    for bad in 0..<5 {
      contributions[bad].numbers[place] = .nan
      let refusal = error { _ = try WeightedNumbers.mean(of: contributions, as: format) }
      #expect(refusal?.code == .notFinite && refusal?.index == place)
      contributions[bad].numbers[place] = 1
    }
    contributions[4].weight = 6
    #expect(error { _ = try WeightedNumbers.mean(of: contributions, as: format) }?.code == .weight)
  }

  @Test(arguments: 0..<6) func `refuses one contribution of many`(bad: Int) throws {
    let format = try FixedPoint(fractionBits: 20, bound: 2, weightCap: 5)
    var contributions = (0..<6).map { WeightedNumbers([Float](repeating: 1, count: 40), weight: $0) }
    contributions[bad].numbers[33] = -3
    let number = error {
      var sum = RingVector(zeros: 40)
      try sum.add(contributions, as: format)
    }
    #expect(number?.code == .outOfRange && number?.index == 33)
    contributions[bad].weight = 6
    let weight = error {
      var sum = RingVector(zeros: 40)
      try sum.add(contributions, as: format)
    }
    #expect(weight?.code == .weight)
  }

  @Test func `holds single precision to the bound, not to the nearest Float`() throws {
    // The Float nearest to 0.1 is larger than 0.1.
    let format = try FixedPoint(fractionBits: 50, bound: 0.1)
    #expect(error { _ = try RingVector([Float(0.1)], as: format) }?.code == .outOfRange)
    let largest = try RingVector([Float(0.1).nextDown], as: format).elements[0]
    #expect(Double(largest) <= format.largestTerm)
  }

  @Test func `refuses weights outside the cap`() throws {
    let format = try FixedPoint(fractionBits: 4, bound: 8, weightCap: 100)
    _ = try RingVector([Float(1)], weight: 100, as: format)
    #expect(error { _ = try RingVector([Float(1)], weight: 101, as: format) }?.code == .weight)
    #expect(error { _ = try RingVector([1.0], weight: 101, as: format) }?.code == .weight)
    #expect(error { _ = try RingVector([Float(1)], weight: -1, as: format) }?.code == .weight)
  }

  @Test func `encodes as exact arithmetic says, at any weight`() throws {
    let format = try FixedPoint(fractionBits: 20, bound: 8, weightCap: 1 << 20)
    var stream = RandomStream(seed: 2, purpose: .sample)
    for _ in 0..<300 {
      let weight = 1 + stream.below(1 << 20)
      let number = Float(16 * stream.uniform() - 8)
      let element = try RingVector([number], weight: weight, as: format).elements[0]
      // number · 2^23 · 2^(20 + 24) is whole for |number| ≥ 2^-23; the product with the weight fits 128 bits.
      let exact = Int128(number * 0x1p23 * 0x1p20) * Int128(weight)
      let distance = (Int128(element) << 23) - exact
      // Half a unit, and the rounding of the product to double precision, which is no more than 2^-2 of a unit.
      #expect(distance.magnitude <= (1 << 22) + (1 << 21))
    }
  }

  @Test func `adds modulo 2^64`() {
    var sum = RingVector([.max, .min, 5])
    sum += RingVector([1, -1, -7])
    #expect(sum.elements == [.min, .max, -2])
  }

  @Test func `may be empty`() throws {
    let format = try FixedPoint(fractionBits: 4, bound: 8)
    var sum = try RingVector([Float](), as: format)
    sum += RingVector(zeros: 0)
    #expect(sum.elements.isEmpty)
  }
}
