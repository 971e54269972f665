public import AtollLearning
public import AtollNumerics

/// The outcome of a training: all that a prediction needs, and how good it is.
public struct LearnedModel: Codable, Sendable {
  /// What kind of model it is, and the shape of its examples.
  public let architecture: ModelArchitecture
  /// How rows become examples.
  public let preparation: Preparation
  /// What was learnt.
  public let parameters: ParameterSet
  /// The round that made the model.
  public let round: Int
  /// Rounds that were run.
  public let rounds: Int
  /// Of this model, on the rows that participants held out.
  public let evaluation: FederatedEvaluation?
}
