import AtollNumerics

extension Loss {
  /// Each example's loss, and the derivatives of Σ scale · loss by the outputs.
  ///
  /// - Parameters:
  ///   - outputs: `[rows, width]`.
  ///   - losses: `[rows]`, not scaled.
  ///   - slopes: `[rows, width]`; nil where only losses are wanted.
  ///   - scratch: room for `rows` numbers and for what softmax needs.
  func evaluate(
    _ outputs: UnsafePointer<Float>, width: Int, targets: Batch.Targets, scale: UnsafePointer<Float>,
    rows: Int, losses: UnsafeMutablePointer<Float>, slopes: UnsafeMutablePointer<Float>?,
    scratch: UnsafeMutablePointer<Float>, kernels: Kernels
  ) {
    switch (self, targets) {
    case (.crossEntropy, .classes(let labels)):
      CrossEntropy.evaluate(
        outputs, width: width, labels: labels, scale: scale, rows: rows, losses: losses, slopes: slopes,
        scratch: scratch, kernels: kernels)
    case (.hinge, .classes(let labels)):
      Hinge.evaluate(outputs, width, labels, scale, rows, losses, slopes) {
        max(0, $0)
      } slope: {
        $0 > 0 ? 1 : 0
      }
    case (.squaredHinge, .classes(let labels)):
      Hinge.evaluate(outputs, width, labels, scale, rows, losses, slopes) {
        $0 > 0 ? $0 * $0 : 0
      } slope: {
        $0 > 0 ? 2 * $0 : 0
      }
    case (.squaredError, .values(let values)):
      Residual.evaluate(outputs, values, scale, rows, losses, slopes) {
        $0 * $0
      } slope: {
        2 * $0
      }
    case (.absoluteError, .values(let values)):
      Residual.evaluate(outputs, values, scale, rows, losses, slopes) {
        $0.magnitude
      } slope: {
        $0 > 0 ? 1 : $0 < 0 ? -1 : 0
      }
    case (.huber(let delta), .values(let values)):
      Residual.evaluate(outputs, values, scale, rows, losses, slopes) {
        $0.magnitude <= delta ? 0.5 * $0 * $0 : delta * ($0.magnitude - 0.5 * delta)
      } slope: {
        $0.magnitude <= delta ? $0 : $0 > 0 ? delta : -delta
      }
    case (.crossEntropy, .values), (.hinge, .values), (.squaredHinge, .values), (.squaredError, .classes),
      (.absoluteError, .classes), (.huber, .classes):
      preconditionFailure("the loss was checked against the architecture")
    }
  }
}

/// Losses of e = prediction − target.
private enum Residual {
  @inline(__always)
  static func evaluate(
    _ outputs: UnsafePointer<Float>, _ values: UnsafePointer<Float>, _ scale: UnsafePointer<Float>,
    _ rows: Int,
    _ losses: UnsafeMutablePointer<Float>, _ slopes: UnsafeMutablePointer<Float>?,
    loss: (Float) -> Float, slope: (Float) -> Float
  ) {
    for row in 0..<rows {
      let residual = outputs[row] - values[row]
      losses[row] = loss(residual)
      if let slopes { slopes[row] = scale[row] * slope(residual) }
    }
  }
}
