public import AtollLearning
public import AtollNumerics
public import AtollTraining

/// Everything that a training needs to know before the data are.
public struct TrainingPlan<S: Strategy>: Codable, Sendable {
  /// What is learnt.
  public var model: ModelKind
  /// How updates become the next model.
  public var strategy: S
  /// How participants train.
  public var training: LocalTraining
  /// How many rounds.
  public var rounds: Int
  /// Who is asked in a round.
  public var cohort: Audience
  /// When a round is over.
  public var completion: Completion
  /// What happens to updates before they leave.
  public var protection: ProtectionPlan
  /// What is promised of privacy; nil where nothing is.
  public var privacy: PrivacyPlan?
  /// Where the first model comes from.
  public var initial: InitialModel
  /// How models are judged.
  public var evaluation: EvaluationPlan
  /// Decides every public coin.
  public var seed: UInt64

  public init(
    model: ModelKind, strategy: S, training: LocalTraining, rounds: Int, cohort: Audience = .all,
    completion: Completion = Completion(), protection: ProtectionPlan = ProtectionPlan(),
    privacy: PrivacyPlan? = nil,
    initial: InitialModel = .server, evaluation: EvaluationPlan, seed: UInt64
  ) {
    self.model = model
    self.strategy = strategy
    self.training = training
    self.rounds = rounds
    self.cohort = cohort
    self.completion = completion
    self.protection = protection
    self.privacy = privacy
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
