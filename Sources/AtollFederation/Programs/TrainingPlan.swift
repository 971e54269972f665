public import AtollLearning
public import AtollNumerics
public import AtollTraining

/// Everything that a training needs to know before the data are.
public struct TrainingPlan<S: Strategy>: Codable, Sendable {
  public var model: ModelKind
  public var strategy: S
  public var training: LocalTraining
  public var rounds: Int
  public var cohort: Audience
  public var completion: Completion
  public var protection: ProtectionPlan
  public var initial: InitialModel
  public var evaluation: EvaluationPlan
  public var seed: UInt64

  public init(
    model: ModelKind, strategy: S, training: LocalTraining, rounds: Int, cohort: Audience = .all,
    completion: Completion = Completion(), protection: ProtectionPlan = ProtectionPlan(),
    initial: InitialModel = .server, evaluation: EvaluationPlan, seed: UInt64
  ) {
    self.model = model
    self.strategy = strategy
    self.training = training
    self.rounds = rounds
    self.cohort = cohort
    self.completion = completion
    self.protection = protection
    self.initial = initial
    self.evaluation = evaluation
    self.seed = seed
  }
}

/// Where the first global model comes from.
public enum InitialModel: Codable, Sendable {
  /// Drawn by the server.
  case server
  /// The mean of the participants' own draws.
  case participants
  /// A saved model.
  case saved(ParameterSet)
}
