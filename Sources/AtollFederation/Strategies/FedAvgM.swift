public import AtollNumerics

/// FedAvg with server momentum.
///
/// Hsu, Qi & Brown, "Measuring the effects of non-identical data distribution for federated visual classification",
/// arXiv:1909.06335: v ← β·v + Δ, w ← w + η·v, with Δ the weighted mean change.
public struct FedAvgM: Strategy, Hashable {
  /// η, how far the server follows its velocity.
  public let learningRate: Double
  /// β, how much of the velocity goes on.
  public let momentum: Double
  private var velocity: ParameterSet?

  public var rule: PlainTraining { PlainTraining() }

  public init(learningRate: Double = 1, momentum: Double = 0.9) {
    self.learningRate = learningRate
    self.momentum = momentum
  }

  public mutating func apply(_ result: ExchangeResult, to model: inout ParameterSet) throws {
    let change = try result.mean(.update)
    var velocity = velocity ?? ParameterSet(zeros: model.layout)
    for index in change.indices {
      velocity.values[index] = Float(momentum * Double(velocity.values[index]) + change[index])
    }
    model.add(velocity.values.map { learningRate * Double($0) })
    self.velocity = velocity
  }
}
