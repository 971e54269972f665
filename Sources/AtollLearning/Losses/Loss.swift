/// What training minimises, averaged over the examples of a batch.
public enum Loss: Hashable, Codable, Sendable {
  /// (prediction − target)²
  case squaredError
  /// |prediction − target|
  case absoluteError
  /// Huber 1964: ½e² up to |e| = delta, delta·(|e| − ½delta) beyond.
  case huber(delta: Float)
  /// Binary (one output) or categorical (one output for each class) cross-entropy on logits.
  case crossEntropy
  /// max(0, 1 − y·f) with y = ±1; for more than two classes the sum over one-against-rest outputs.
  case hinge
  /// max(0, 1 − y·f)²
  case squaredHinge
}

/// Penalties on the weights (biases go free): l1·Σ|w| + ½·l2·Σw².
public struct Regularization: Hashable, Codable, Sendable {
  /// Factor of Σ|w|.
  public var l1: Float
  /// Factor of ½·Σw².
  public var l2: Float

  public init(l1: Float = 0, l2: Float = 0) {
    self.l1 = l1
    self.l2 = l2
  }
}

/// How much an example counts by its class.
public enum ClassWeights: Hashable, Codable, Sendable {
  /// Every example counts the same.
  case none
  /// rows / (classes · rows of the class), over all participants.
  case balanced
  /// One weight for each class.
  case values([Float])
}
