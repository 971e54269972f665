/// A vector of integers modulo 2^64, read as signed: what leaves a participant and what the server adds.
public struct RingVector: Hashable, Sendable {
  /// The integers.
  public private(set) var elements: [Int64]

  /// All zeros.
  public init(zeros count: Int) { elements = [Int64](repeating: 0, count: count) }

  public init(_ elements: [Int64]) { self.elements = elements }

  /// Encodes numbers as round(2^f · weight · x), the product rounded to double precision first.
  ///
  /// - Throws: ``FixedPointError`` with the index of the first number that is not finite or exceeds the bound, or when
  ///   the weight exceeds its cap. Numbers are never saturated.
  public init(_ numbers: [Float], weight: Int = 1, as format: FixedPoint) throws(FixedPointError) {
    self.init(zeros: numbers.count)
    try add(numbers, weight: weight, as: format)
  }

  /// The same for numbers in double precision, such as sums of table columns.
  public init(_ numbers: [Double], weight: Int = 1, as format: FixedPoint) throws(FixedPointError) {
    try format.check(weight: weight)
    let scale = format.scale * Double(weight)
    var elements = [Int64](repeating: 0, count: numbers.count)
    for (index, number) in numbers.enumerated() {
      guard number.magnitude <= format.bound else { throw format.refusal(of: number, at: index) }
      elements[index] = Int64((number * scale).rounded(.toNearestOrEven))
    }
    self.elements = elements
  }

  /// Takes numbers that are multiples of 2^-f already, as integers.
  ///
  /// - Throws: ``FixedPointError`` with the index of the first that exceeds the bound.
  public init(checking integers: [Int64], as format: FixedPoint) throws(FixedPointError) {
    let limit = format.bound * format.scale
    if let index = integers.firstIndex(where: { Double($0.magnitude) > limit }) {
      throw format.refusal(of: Double(integers[index]) / format.scale, at: index)
    }
    elements = integers
  }

  /// Encodes numbers and adds them in one pass.
  ///
  /// - Throws: as ``init(_:weight:as:)``; the vector's contents are then undefined.
  package mutating func add(_ numbers: [Float], weight: Int, as format: FixedPoint) throws(FixedPointError) {
    try numbers.withUnsafeBufferPointer { (numbers) throws(FixedPointError) in
      try add(numbers, weight: weight, as: format)
    }
  }

  mutating func add(
    _ numbers: UnsafeBufferPointer<Float>, weight: Int, as format: FixedPoint
  ) throws(FixedPointError) {
    precondition(numbers.count == elements.count, "terms of a sum have one length")
    try format.check(weight: weight)
    let scale = format.scale * Double(weight)
    let bound = format.singlePrecisionBound
    let done = elements.withUnsafeMutableBufferPointer { elements in
      guard let x = numbers.baseAddress, let sum = elements.baseAddress else { return 0 }
      return Kernels.active.accumulateFixed(x, scale: scale, bound: bound, into: sum, count: numbers.count)
    }
    if done < numbers.count { throw format.refusal(of: Double(numbers[done]), at: done) }
  }

  /// Adds modulo 2^64.
  public static func += (sum: inout RingVector, term: RingVector) {
    precondition(sum.elements.count == term.elements.count, "terms of a sum have one length")
    let count = term.elements.count
    sum.elements.withUnsafeMutableBufferPointer { sum in
      term.elements.withUnsafeBufferPointer { term in
        guard let sum = sum.baseAddress, let term = term.baseAddress else { return }
        Kernels.active.accumulateRing(term, into: sum, count: count)
      }
    }
  }

  /// Calls the body with the address of the elements; nil where there are none.
  package mutating func withElements<Result>(_ body: (UnsafeMutablePointer<Int64>) -> Result) -> Result? {
    elements.withUnsafeMutableBufferPointer { $0.baseAddress.map(body) }
  }

  /// The real numbers: elements · 2^-f.
  public func decoded(as format: FixedPoint) -> [Double] {
    let unit = 1 / format.scale
    return elements.map { Double($0) * unit }
  }
}

extension FixedPoint {
  package func check(weight: Int) throws(FixedPointError) {
    guard (0...weightCap).contains(weight) else {
      throw FixedPointError(code: .weight, message: "weight \(weight) lies outside 0...\(weightCap)")
    }
  }

  package func refusal(of number: Double, at index: Int) -> FixedPointError {
    guard number.isFinite else {
      return FixedPointError(code: .notFinite, message: "not a finite number", index: index)
    }
    return FixedPointError(
      code: .outOfRange, message: "\(number) exceeds the bound of \(bound)", index: index,
      excess: number.magnitude / bound)
  }
}
