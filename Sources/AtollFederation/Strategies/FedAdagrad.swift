public import AtollNumerics

/// A server-side Adagrad on the mean change: v ← v + Δ² (Reddi et al. 2021, Algorithm 2; there with β₁ = 0).
public struct FedAdagrad: Strategy, Hashable {
  private var moments: AdaptiveMoments

  public var rule: PlainTraining { PlainTraining() }

  /// η, β₁ and τ of Algorithm 2.
  public init(learningRate: Double = 0.01, beta1: Double = 0, tau: Double = 1e-3) {
    moments = AdaptiveMoments(learningRate: learningRate, beta1: beta1, tau: tau)
  }

  public mutating func apply(_ result: ExchangeResult, to model: inout ParameterSet) throws {
    try moments.step(by: result, on: &model) { $0 + $1 }
  }
}
