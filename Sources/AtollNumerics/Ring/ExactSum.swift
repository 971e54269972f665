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

  /// Adds another partial sum.
  public mutating func merge(_ other: ExactSum) {
    precondition(other.vectors.count == vectors.count, "partial sums have the same vectors")
    for index in vectors.indices { vectors[index] += other.vectors[index] }
    weight &+= other.weight
    terms += other.terms
  }
}
