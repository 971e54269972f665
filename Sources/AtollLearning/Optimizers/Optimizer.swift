public import AtollNumerics

/// An optimizer at work: its kind, and what it remembers from step to step.
public struct Optimizer: Sendable {
  /// Which one it is.
  public let kind: OptimizerKind
  /// Number of steps since the start.
  public private(set) var steps = 0

  private let kernels: Kernels
  /// Velocity, Σ gradient², or the first moment; empty where nothing is remembered.
  private var first: [Float]
  /// The second moment.
  private var second: [Float]
  /// β₁ᵗ and β₂ᵗ, by repeated multiplication.
  private var powers = (first: 1.0, second: 1.0)

  /// - Parameters:
  ///   - kind: which optimizer.
  ///   - count: number of parameters.
  ///   - kernels: the instructions to compute with; no result depends on them.
  public init(_ kind: OptimizerKind, count: Int, kernels: Kernels = .active) {
    self.kind = kind
    self.kernels = kernels
    let vectors =
      switch kind {
      case .sgd(momentum: 0, _): 0
      case .sgd, .adagrad: 1
      case .adam, .adamW: 2
      }
    first = [Float](repeating: 0, count: vectors > 0 ? count : 0)
    second = [Float](repeating: 0, count: vectors > 1 ? count : 0)
  }

  /// Forgets everything: the state before the first step.
  public mutating func reset() {
    steps = 0
    powers = (1, 1)
    for index in first.indices { first[index] = 0 }
    for index in second.indices { second[index] = 0 }
  }

  /// Changes the parameters along the gradient.
  public mutating func step(
    _ parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, learningRate: Float, count: Int
  ) {
    precondition(first.isEmpty || first.count == count, "an optimizer remembers one model")
    steps += 1
    switch kind {
    case .sgd(momentum: 0, _): kernels.axpy(-learningRate, gradient, parameters, count: count)
    case .sgd(let momentum, let nesterov):
      withMoments { [kernels] velocity, _ in
        kernels.momentumStep(
          rate: learningRate, momentum: momentum, nesterov: nesterov, gradient: gradient, velocity: velocity,
          weights: parameters, count: count)
      }
    case .adagrad(let epsilon):
      withMoments { [kernels] accumulator, _ in
        kernels.adagradStep(
          rate: learningRate, epsilon: epsilon, gradient: gradient, accumulator: accumulator,
          weights: parameters, count: count)
      }
    case .adam(let beta1, let beta2, let epsilon):
      adam(parameters, gradient, learningRate, (beta1, beta2, epsilon), decay: 0, count)
    case .adamW(let beta1, let beta2, let epsilon, let decay):
      adam(parameters, gradient, learningRate, (beta1, beta2, epsilon), decay: learningRate * decay, count)
    }
  }

  private mutating func adam(
    _ parameters: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>, _ rate: Float,
    _ constants: (beta1: Float, beta2: Float, epsilon: Float), decay: Float, _ count: Int
  ) {
    powers.first *= Double(constants.beta1)
    powers.second *= Double(constants.beta2)
    let corrections = (first: Float(1 / (1 - powers.first)), second: Float(1 / (1 - powers.second)))
    withMoments { [kernels] first, second in
      kernels.adamStep(
        rate: rate, beta1: constants.beta1, beta2: constants.beta2, epsilon: constants.epsilon,
        firstCorrection: corrections.first, secondCorrection: corrections.second, decay: decay,
        gradient: gradient, first: first, second: second, weights: parameters, count: count)
    }
  }

  private mutating func withMoments(
    _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) {
    first.withUnsafeMutableBufferPointer { first in
      second.withUnsafeMutableBufferPointer { second in
        // Without parameters there is nothing to do; without a second moment nobody reads its address.
        guard let start = first.baseAddress else { return }
        body(start, second.baseAddress ?? start)
      }
    }
  }
}
