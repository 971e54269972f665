extension Kernels {
  /// Σ x² in double, in sixteen partial sums.
  package func squaredNorm(_ x: [Float]) -> Double {
    x.withUnsafeBufferPointer { x in
      guard let address = x.baseAddress else { return 0 }
      return squaredNorm(address, count: x.count)
    }
  }
}
