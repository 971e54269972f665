public import AtollNumerics

/// A server-side Yogi on the mean change: v ← v − (1 − β₂)·Δ²·sign(v − Δ²) (Reddi et al. 2021, Algorithm 2).
public struct FedYogi: Strategy, Hashable {
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
    try moments.step(by: result, on: &model) { second, square in
      let sign: Double = second > square ? 1 : second < square ? -1 : 0
      return second - (1 - beta2) * square * sign
    }
  }
}
