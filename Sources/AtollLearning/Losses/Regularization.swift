public import AtollNumerics

extension Regularization {
  /// Whether there is no penalty at all.
  public var isNone: Bool { l1 == 0 && l2 == 0 }

  /// The penalty itself, in double: l1·Σ|w| + ½·l2·Σw² over all tensors but biases. It is not part of reported losses.
  public func penalty(of parameters: ParameterSet) -> Double {
    var sum = 0.0
    for tensor in parameters.layout.tensors where tensor.isPenalised {
      for value in parameters.values[tensor.range] {
        let weight = Double(value)
        sum += Double(l1) * weight.magnitude + 0.5 * Double(l2) * weight * weight
      }
    }
    return sum
  }

  /// Adds the penalty's derivative; that of |w| at 0 is taken as 0.
  package func addGradient(
    at weights: UnsafePointer<Float>, to gradient: UnsafeMutablePointer<Float>, over ranges: [Range<Int>],
    kernels: Kernels
  ) {
    for range in ranges {
      if l2 != 0 {
        kernels.axpy(l2, weights + range.lowerBound, gradient + range.lowerBound, count: range.count)
      }
      if l1 != 0 {
        for index in range { gradient[index] += weights[index] > 0 ? l1 : weights[index] < 0 ? -l1 : 0 }
      }
    }
  }
}

extension ParameterLayout.Tensor {
  /// Whether penalties on weights apply: biases go free.
  package var isPenalised: Bool { !name.hasSuffix("bias") }
}
