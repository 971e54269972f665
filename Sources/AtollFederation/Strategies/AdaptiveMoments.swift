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
    by result: ExchangeResult, on model: inout ParameterSet,
    accumulate: (_ second: Double, _ square: Double) -> Double
  ) throws {
    let layout = model.layout
    var first = self.first.take() ?? ParameterSet(zeros: layout)
    var second =
      self.second.take()
      ?? ParameterSet(layout: layout, values: [Float](repeating: Float(tau * tau), count: layout.count))
    var step: [Double] = []
    // Piece by piece: beside the model and the moments there is no other array of their length.
    try result.forEachPiece(ofMean: .update) { start, change in
      step.removeAll(keepingCapacity: true)
      for (place, change) in change.enumerated() {
        let index = start + place
        let momentum = beta1 * Double(first.values[index]) + (1 - beta1) * change
        let variance = accumulate(Double(second.values[index]), change * change)
        first.values[index] = Float(momentum)
        second.values[index] = Float(variance)
        step.append(learningRate * momentum / (variance.squareRoot() + tau))
      }
      step.withUnsafeBufferPointer { model.add($0, at: start) }
    }
    self.first = first
    self.second = second
  }
}
