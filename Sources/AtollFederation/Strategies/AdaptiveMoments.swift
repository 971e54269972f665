import AtollNumerics

/// What FedAdagrad, FedAdam and FedYogi have in common: the mean change is the gradient of a server-side optimizer.
///
/// Reddi, Charles, Zaheer, Garrett, Rush, Konečný, Kumar & McMahan, "Adaptive federated optimization", ICLR 2021,
/// Algorithm 2: m ← β₁·m + (1 − β₁)·Δ, then v by the strategy's own rule from v₀ = τ², then w ← w + η·m / (√v + τ). As
/// there, no bias correction. Deviation: Δ is weighted by rows.
struct AdaptiveMoments: Hashable, Codable, Sendable {
  let learningRate: Double
  let beta1: Double
  let tau: Double
  private var first: ParameterSet?
  private var second: ParameterSet?

  init(learningRate: Double, beta1: Double, tau: Double) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.tau = tau
  }

  /// One step; `accumulate` gives the new second moment from the old one and the squared change.
  mutating func step(
    by change: [Double], on model: inout ParameterSet,
    accumulate: (_ second: Double, _ square: Double) -> Double
  ) {
    var first = first ?? ParameterSet(zeros: model.layout)
    var second =
      second
      ?? ParameterSet(
        layout: model.layout, values: [Float](repeating: Float(tau * tau), count: model.layout.count))
    var step = [Double](repeating: 0, count: change.count)
    for index in change.indices {
      let momentum = beta1 * Double(first.values[index]) + (1 - beta1) * change[index]
      let variance = accumulate(Double(second.values[index]), change[index] * change[index])
      first.values[index] = Float(momentum)
      second.values[index] = Float(variance)
      step[index] = learningRate * momentum / (variance.squareRoot() + tau)
    }
    model.add(step)
    self.first = first
    self.second = second
  }
}
