public import AtollNumerics

/// What local training gives.
public struct TrainedModel: Hashable, Sendable {
  public let parameters: ParameterSet
  /// Optimizer steps taken.
  public let steps: Int
  /// Examples in the participant's data set: its weight in a weighted mean.
  public let examples: Int
  /// Mean loss of the examples that were looked at, each taken just before the step that it was part of; penalties on
  /// the weights are not in it.
  public let meanLoss: Double
}

/// The gradient of the mean loss over all examples.
public struct MeanGradient: Hashable, Sendable {
  public let gradient: ParameterSet
  /// Examples in the participant's data set.
  public let examples: Int
  /// Mean loss, without penalties on the weights.
  public let meanLoss: Double
}
