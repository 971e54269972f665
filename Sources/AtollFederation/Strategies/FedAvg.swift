public import AtollNumerics
import AtollTraining

/// Federated averaging: the new model is the mean of the participants' models.
///
/// McMahan, Moore, Ramage, Hampson & Agüera y Arcas, "Communication-efficient learning of deep networks from
/// decentralized data", AISTATS 2017, Algorithm 1. Deviation: participants send the change of the model, which has the
/// same mean and smaller numbers.
public struct FedAvg: Strategy, Hashable {
  public let weighting: Weighting
  public var rule: PlainTraining { PlainTraining() }

  public init(weighting: Weighting = .rows) { self.weighting = weighting }

  public func apply(_ result: ExchangeResult, to model: inout ParameterSet) throws {
    try result.forEachPiece(ofMean: .update) { start, mean in model.add(mean, at: start) }
  }
}

/// The participant's half of most strategies: train as the task says, send the change of the model.
public struct PlainTraining: LocalRule {
  public static let kind = "plain"

  /// The rule has no settings.
  public init() {}

  public func update(_ session: inout LocalSession) throws -> LocalUpdate {
    LocalUpdate(update: try session.train().change(from: session.start))
  }
}

extension PlainTraining: PlainRule {
  var correction: GradientCorrection { .none }
}
