/// Terms that come piece by piece: nothing as long as the vector is made of them.
extension RingVector {
  /// The first number that the format refuses; nil when all are within its bound.
  package static func firstRefused(_ numbers: UnsafeBufferPointer<Float>, as format: FixedPoint) -> Int? {
    // The patterns of magnitudes are ordered as the magnitudes are, and those that are no numbers come last.
    let bound = format.singlePrecisionBound.bitPattern
    var largest: UInt32 = 0
    for number in numbers { largest = max(largest, number.bitPattern & 0x7FFF_FFFF) }
    guard largest > bound else { return nil }
    return numbers.firstIndex { $0.bitPattern & 0x7FFF_FFFF > bound }
  }

  /// Encodes numbers and adds them from a place on.
  ///
  /// - Precondition: the format refuses none of them, nor the weight, and the vector has so many elements.
  package mutating func add(
    _ numbers: UnsafeBufferPointer<Float>, weight: Int, as format: FixedPoint, at place: Int
  ) {
    precondition(place >= 0 && place + numbers.count <= elements.count, "a piece lies in its vector")
    let done = withElements { sum in
      guard let x = numbers.baseAddress else { return numbers.count }
      return Kernels.active.accumulateFixed(
        x, scale: format.scale * Double(weight), bound: format.singlePrecisionBound, into: sum + place,
        count: numbers.count)
    }
    precondition((done ?? 0) == numbers.count, "the numbers were checked")
  }

  /// Adds a piece, modulo 2^64, from a place on.
  ///
  /// - Precondition: the vector has so many elements.
  package mutating func add(_ piece: RingVector, at place: Int) {
    precondition(place >= 0 && place + piece.elements.count <= elements.count, "a piece lies in its vector")
    piece.elements.withUnsafeBufferPointer { term in
      _ = withElements { sum in
        guard let term = term.baseAddress else { return }
        Kernels.active.accumulateRing(term, into: sum + place, count: piece.elements.count)
      }
    }
  }
}

extension ExactSum {
  /// Encodes numbers and adds them to one of the vectors from a place on; a contribution ends with ``endTerm(weight:)``.
  ///
  /// - Precondition: the format refuses none of them, nor the weight.
  package mutating func add(
    _ numbers: UnsafeBufferPointer<Float>, weight: Int, as format: FixedPoint, to index: Int, at place: Int
  ) {
    withVector(index) { $0.add(numbers, weight: weight, as: format, at: place) }
  }

  /// Adds a piece to one of the vectors.
  package mutating func add(_ piece: RingVector, to index: Int, at place: Int) {
    withVector(index) { $0.add(piece, at: place) }
  }
}
