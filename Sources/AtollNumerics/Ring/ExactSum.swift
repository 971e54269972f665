/// A sum of encoded updates, exact whatever the order: threads, processes and trees of aggregators all merge the same
/// way.
public struct ExactSum: Hashable, Sendable {
  /// One participant's contribution: a ring vector for each named sum, and the weight that it was multiplied with.
  public struct Term: Hashable, Sendable {
    /// A vector for each named sum.
    public var vectors: [RingVector]
    /// The participant's weight.
    public var weight: Int64

    public init(vectors: [RingVector], weight: Int64) {
      self.vectors = vectors
      self.weight = weight
    }
  }

  /// Sums, in the order in which the exchange names them.
  public private(set) var vectors: [RingVector]
  /// Σ of the weights.
  public private(set) var weight: Int64 = 0
  /// Number of terms.
  public private(set) var terms = 0

  /// An empty sum of vectors with these lengths.
  public init(counts: [Int]) { vectors = counts.map(RingVector.init(zeros:)) }

  /// Adds one contribution.
  ///
  /// - Precondition: the term has the lengths of the sum. (What comes from outside is checked when it is decoded.)
  public mutating func add(_ term: Term) {
    precondition(term.vectors.count == vectors.count, "a term has one vector for each sum")
    for index in vectors.indices { vectors[index] += term.vectors[index] }
    weight &+= term.weight
    terms += 1
  }

  /// Encodes numbers and adds them to one of the vectors; a contribution ends with ``endTerm(weight:)``.
  ///
  /// - Throws: as ``RingVector/init(_:weight:as:)-(Float,_,_)``; then the sum is spoilt.
  package mutating func add(
    _ numbers: [Float], weight: Int, as format: FixedPoint, to index: Int
  ) throws(FixedPointError) {
    try vectors[index].add(numbers, weight: weight, as: format)
  }

  /// The same for numbers at an address.
  package mutating func add(
    _ numbers: UnsafeBufferPointer<Float>, weight: Int, as format: FixedPoint, to index: Int
  ) throws(FixedPointError) {
    try vectors[index].add(numbers, weight: weight, as: format)
  }

  /// Changes one of the vectors where it lies.
  package mutating func withVector(_ index: Int, _ body: (inout RingVector) -> Void) { body(&vectors[index]) }

  /// Adds a vector to one of the vectors.
  package mutating func add(_ vector: RingVector, to index: Int) { vectors[index] += vector }

  /// Counts the contribution whose vectors were added.
  package mutating func endTerm(weight: Int64) {
    self.weight &+= weight
    terms += 1
  }

  /// Adds another partial sum.
  public mutating func merge(_ other: ExactSum) {
    precondition(other.vectors.count == vectors.count, "partial sums have the same vectors")
    for index in vectors.indices { vectors[index] += other.vectors[index] }
    weight &+= other.weight
    terms += other.terms
  }
}
