import AtollNumerics

/// −log of the probability that the model gives to the true class, computed from outputs before sigmoid or softmax, so
/// that no probability is rounded to 0.
enum CrossEntropy {
  static func evaluate(
    _ outputs: UnsafePointer<Float>, width: Int, labels: UnsafePointer<Int32>, scale: UnsafePointer<Float>,
    rows: Int, losses: UnsafeMutablePointer<Float>, slopes: UnsafeMutablePointer<Float>?,
    scratch: UnsafeMutablePointer<Float>, kernels: Kernels
  ) {
    if width == 1 {
      for row in 0..<rows { scratch[row] = Float(labels[row]) }
      kernels.logisticLoss(
        z: outputs, target: scratch, scale: scale, loss: losses, d: slopes, batch: rows)
    } else {
      kernels.softmaxCrossEntropy(
        z: outputs, labels: labels, scale: scale, loss: losses, d: slopes, batch: rows, classes: width,
        scratch: scratch)
    }
  }
}
