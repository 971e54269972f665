/// What one participant adds to a sum: its numbers and how much they count.
public struct WeightedNumbers: Sendable {
  /// The numbers.
  public var numbers: [Float]
  /// What they are multiplied by.
  public var weight: Int

  public init(_ numbers: [Float], weight: Int) {
    self.numbers = numbers
    self.weight = weight
  }
}

extension WeightedNumbers {
  /// The weighted mean Σ w · x / Σ w, whose sums are exact: it does not depend on the order of the contributions.
  ///
  /// Each element is its sum as a ``RingVector`` has it, divided in double precision and rounded to single. The sums are
  /// made piece by piece in the cache, so that beside the contributions only the result takes memory.
  ///
  /// - Throws: ``FixedPointError`` for the first contribution that is refused.
  /// - Precondition: there is a contribution, all have one length, and the sum of their weights is above 0 (and below
  ///   2^63, as ``FixedPoint/proveNoOverflow(participants:)`` shows).
  public static func mean(
    of terms: [WeightedNumbers], as format: FixedPoint
  ) throws(FixedPointError) -> [Float] {
    let count = terms.first?.numbers.count ?? 0
    try RingVector.check(terms, count: count, as: format)
    let weight = terms.reduce(0) { $0 + $1.weight }
    precondition(weight > 0, "a mean needs a weight")
    let divisor = format.scale * Double(weight)
    var isWithin = true
    let mean = [Float](unsafeUninitializedCapacity: count) { mean, filled in
      withUnsafeTemporaryAllocation(of: Int64.self, capacity: min(RingVector.tile, count)) { sums in
        guard let sum = sums.baseAddress else { return }
        for start in stride(from: 0, to: count, by: RingVector.tile) {
          let length = min(RingVector.tile, count - start)
          sum.initialize(repeating: 0, count: length)
          isWithin = RingVector.add(terms, as: format, into: sum, from: start, count: length)
          guard isWithin else { return }
          for place in 0..<length {
            mean.initializeElement(at: start + place, to: Float(Double(sum[place]) / divisor))
          }
          filled = start + length
        }
      }
    }
    if !isWithin { try RingVector.refuse(terms, as: format) }
    return mean
  }
}

extension RingVector {
  /// Elements of the sum that are worked on at a time, 512 KB, so that they stay in the cache while all terms pass.
  fileprivate static let tile = 1 << 16

  /// Encodes and adds several contributions, four in one pass: as fast as memory delivers them, where one after the
  /// other would read and write the whole sum for each.
  ///
  /// The result is that of adding `init(_:weight:as:)` one by one.
  ///
  /// - Throws: ``FixedPointError`` for the first contribution that is refused; the vector's contents are then undefined.
  /// - Precondition: every contribution has as many numbers as the vector.
  public mutating func add(_ terms: [WeightedNumbers], as format: FixedPoint) throws(FixedPointError) {
    let count = elements.count
    try Self.check(terms, count: count, as: format)
    let isWithin = withElements { sum in
      stride(from: 0, to: count, by: Self.tile).allSatisfy { start in
        Self.add(terms, as: format, into: sum + start, from: start, count: min(Self.tile, count - start))
      }
    }
    if isWithin == false { try Self.refuse(terms, as: format) }
  }

  fileprivate static func check(
    _ terms: [WeightedNumbers], count: Int, as format: FixedPoint
  ) throws(FixedPointError) {
    for term in terms {
      precondition(term.numbers.count == count, "terms of a sum have one length")
      try format.check(weight: term.weight)
    }
  }

  /// Adds `count` numbers of each term, from `start` on; returns whether all are within the bound.
  fileprivate static func add(
    _ terms: [WeightedNumbers], as format: FixedPoint, into sum: UnsafeMutablePointer<Int64>, from start: Int,
    count: Int
  ) -> Bool {
    let bound = format.singlePrecisionBound
    let fours = terms.count / 4 * 4
    for first in stride(from: 0, to: fours, by: 4) {
      guard addFour(terms[first..<first + 4], as: format, bound, into: sum, from: start, count: count) else {
        return false
      }
    }
    for term in terms[fours...] {
      let done = term.numbers.withUnsafeBufferPointer { numbers in
        // Safe because there is an element.
        Kernels.active.accumulateFixed(
          numbers.baseAddress! + start, scale: format.scale * Double(term.weight), bound: bound, into: sum,
          count: count)
      }
      guard done == count else { return false }
    }
    return true
  }

  private static func addFour(
    _ terms: ArraySlice<WeightedNumbers>, as format: FixedPoint, _ bound: Float,
    into sum: UnsafeMutablePointer<Int64>, from start: Int, count: Int
  ) -> Bool {
    func scale(_ place: Int) -> Double { format.scale * Double(terms[terms.startIndex + place].weight) }
    func address(_ place: Int, _ body: (UnsafePointer<Float>) -> Bool) -> Bool {
      // Safe because there is an element.
      terms[terms.startIndex + place].numbers.withUnsafeBufferPointer { body($0.baseAddress! + start) }
    }
    return address(0) { a in
      address(1) { b in
        address(2) { c in
          address(3) { d in
            Kernels.active.accumulateFixed(
              (a, b, c, d), scales: (scale(0), scale(1), scale(2), scale(3)), bound: bound, into: sum,
              count: count)
          }
        }
      }
    }
  }

  /// Throws for the first number that is refused.
  fileprivate static func refuse(_ terms: [WeightedNumbers], as format: FixedPoint) throws(FixedPointError) {
    let bound = format.singlePrecisionBound
    for term in terms {
      if let index = term.numbers.firstIndex(where: { !($0.magnitude <= bound) }) {
        throw format.refusal(of: Double(term.numbers[index]), at: index)
      }
    }
    preconditionFailure("the kernel found a number beyond the bound")
  }
}
