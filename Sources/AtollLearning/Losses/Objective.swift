/// What training makes small: a loss, and how much each class counts.
///
/// The mean over n examples is (1/n)·Σ weight(class)·loss: the divisor is the number of examples, not the sum of their
/// weights, so that the gradients of batches average to the gradient of the whole.
public struct Objective: Hashable, Sendable {
  /// What each example's loss is.
  public let loss: Loss
  /// One weight for each class; empty where all count alike.
  public let classWeights: [Float]

  public init(_ loss: Loss, classWeights: [Float] = []) {
    self.loss = loss
    self.classWeights = classWeights
  }

  /// share · weight for each example.
  func fillScale(for batch: Batch, share: Float, classes: Int, into scale: UnsafeMutablePointer<Float>) {
    switch batch.targets {
    case .classes(let labels):
      precondition(classWeights.isEmpty || classWeights.count == classes, "every class has a weight")
      for row in 0..<batch.rows {
        precondition(UInt32(bitPattern: labels[row]) < UInt32(classes), "a class is one of the model's")
        scale[row] = classWeights.isEmpty ? share : share * classWeights[Int(labels[row])]
      }
    case .values: scale.update(repeating: share, count: batch.rows)
    }
  }

  /// Σ weight · loss in the order of the examples.
  func sum(_ losses: UnsafePointer<Float>, of batch: Batch) -> Double {
    var sum = 0.0
    if !classWeights.isEmpty, case .classes(let labels) = batch.targets {
      for row in 0..<batch.rows { sum += Double(classWeights[Int(labels[row])]) * Double(losses[row]) }
    } else {
      for row in 0..<batch.rows { sum += Double(losses[row]) }
    }
    return sum
  }
}
