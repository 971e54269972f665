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

extension RingVector {
  /// Elements of the sum that are worked on at a time, 512 KB, so that they stay in the cache while all terms pass.
  private static let tile = 1 << 16

  /// Encodes and adds several contributions, four in one pass: as fast as memory delivers them, where one after the
  /// other would read and write the whole sum for each.
  ///
  /// The result is that of adding `init(_:weight:as:)` one by one.
  ///
  /// - Throws: ``FixedPointError`` for the first contribution that is refused; the vector's contents are then undefined.
  /// - Precondition: every contribution has as many numbers as the vector.
  public mutating func add(_ terms: [WeightedNumbers], as format: FixedPoint) throws(FixedPointError) {
    for term in terms {
      precondition(term.numbers.count == elements.count, "terms of a sum have one length")
      try format.check(weight: term.weight)
    }
    let bound = format.singlePrecisionBound
    let fours = terms.count / 4 * 4
    let count = elements.count
    let isWithin = withElements { sum in
      for start in stride(from: 0, to: count, by: Self.tile) {
        let length = min(Self.tile, count - start)
        for first in stride(from: 0, to: fours, by: 4) {
          guard
            Self.addFour(
              terms[first..<first + 4], as: format, bound, into: sum + start, from: start, count: length)
          else { return false }
        }
        for term in terms[fours...] {
          let done = term.numbers.withUnsafeBufferPointer { numbers in
            // Safe because there is an element.
            Kernels.active.accumulateFixed(
              numbers.baseAddress! + start, scale: format.scale * Double(term.weight), bound: bound,
              into: sum + start, count: length)
          }
          guard done == length else { return false }
        }
      }
      return true
    }
    if isWithin == false { try refuse(terms, as: format) }
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
  private func refuse(_ terms: [WeightedNumbers], as format: FixedPoint) throws(FixedPointError) {
    let bound = format.singlePrecisionBound
    for term in terms {
      if let index = term.numbers.firstIndex(where: { !($0.magnitude <= bound) }) {
        throw format.refusal(of: Double(term.numbers[index]), at: index)
      }
    }
    preconditionFailure("the kernel found a number beyond the bound")
  }
}
