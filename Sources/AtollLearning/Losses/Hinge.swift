/// Losses of the gap 1 − y·f, with y = ±1 (Cortes & Vapnik 1995). One output: y = 1 for class 1. More: the sum over the
/// outputs, each for its class against the rest.
enum Hinge {
  @inline(__always)
  static func evaluate(
    _ outputs: UnsafePointer<Float>, _ width: Int, _ labels: UnsafePointer<Int32>,
    _ scale: UnsafePointer<Float>, _ rows: Int, _ losses: UnsafeMutablePointer<Float>,
    _ slopes: UnsafeMutablePointer<Float>?, loss: (Float) -> Float, slope: (Float) -> Float
  ) {
    for row in 0..<rows {
      var sum: Float = 0
      for output in 0..<width {
        let isTrue = width == 1 ? labels[row] == 1 : labels[row] == Int32(output)
        let sign: Float = isTrue ? 1 : -1
        let gap = 1 - sign * outputs[row * width + output]
        sum += loss(gap)
        if let slopes { slopes[row * width + output] = -sign * scale[row] * slope(gap) }
      }
      losses[row] = sum
    }
  }
}
