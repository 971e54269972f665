public import AtollNumerics

/// Federated stochastic gradient descent: every participant sends the gradient over all its rows, the server takes one
/// step.
///
/// McMahan et al. 2017, section 2 ("FederatedSGD"). With all participants it is gradient descent on the pooled rows.
public struct FedSGD: Strategy, Hashable {
  /// How far the server goes against the gradient.
  public let learningRate: Double
  public var rule: FullGradient { FullGradient() }

  public init(learningRate: Double) { self.learningRate = learningRate }

  public func apply(_ result: ExchangeResult, to model: inout ParameterSet) throws {
    model.add(try result.mean(.update).map { -learningRate * $0 })
  }
}

/// The participant's half of ``FedSGD``: the mean gradient over its rows.
public struct FullGradient: LocalRule {
  public static let kind = "gradient"

  /// The rule has no settings.
  public init() {}

  public func update(_ session: inout LocalSession) throws -> LocalUpdate {
    LocalUpdate(update: try session.gradient().values)
  }
}
