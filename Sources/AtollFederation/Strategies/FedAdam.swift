public import AtollNumerics

/// A server-side Adam on the mean change: v ← β₂·v + (1 − β₂)·Δ² (Reddi et al. 2021, Algorithm 2).
public struct FedAdam: Strategy, Hashable {
  /// β₂, the decay of the mean square.
  public let beta2: Double
  private var moments: AdaptiveMoments

  public var rule: PlainTraining { PlainTraining() }

  /// η, β₁, β₂ and τ of Algorithm 2.
  public init(learningRate: Double = 0.01, beta1: Double = 0.9, beta2: Double = 0.99, tau: Double = 1e-3) {
    self.beta2 = beta2
    moments = AdaptiveMoments(learningRate: learningRate, beta1: beta1, tau: tau)
  }

  public mutating func apply(_ result: ExchangeResult, to model: inout ParameterSet) throws {
    let beta2 = beta2
    try moments.step(by: result, on: &model) { beta2 * $0 + (1 - beta2) * $1 }
  }
}
