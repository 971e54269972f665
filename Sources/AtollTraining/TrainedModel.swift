public import AtollNumerics

/// What local training gives.
public struct TrainedModel: Hashable, Sendable {
  /// The model after training.
  public var parameters: ParameterSet
  /// Optimizer steps taken.
  public let steps: Int
  /// Examples in the participant's data set: its weight in a weighted mean.
  public let examples: Int
  /// Mean loss of the examples that were looked at, each taken just before the step that it was part of; penalties on
  /// the weights are not in it. Not a number under ``LocalTraining/privacy``: no noise covers it.
  public let meanLoss: Double

  /// - Parameters:
  ///   - parameters: the model after training.
  ///   - steps: optimizer steps taken, at least 1.
  ///   - examples: examples in the participant's data set.
  ///   - meanLoss: mean loss of the examples that were looked at.
  public init(parameters: ParameterSet, steps: Int = 1, examples: Int, meanLoss: Double) {
    self.parameters = parameters
    self.steps = steps
    self.examples = examples
    self.meanLoss = meanLoss
  }
}

/// The gradient of the mean loss over all examples.
public struct MeanGradient: Hashable, Sendable {
  /// In the layout of the model.
  public let gradient: ParameterSet
  /// Examples in the participant's data set.
  public let examples: Int
  /// Mean loss, without penalties on the weights.
  public let meanLoss: Double
}
