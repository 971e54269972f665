public import AtollLearning
public import AtollNumerics
public import AtollTraining

/// What trains at a participant: ``GradientDescent``, or your own: a closed form, another framework, another machine.
///
/// ```swift
/// /// Ridge regression in closed form: each round, the least squares over a participant's own rows, held near the global
/// /// model: ‖Xw − y‖² + n·pull·‖w − start‖².
/// struct Ridge: Trainer {
///   var pull = 0.1
///
///   func train(_ work: TrainingWork) throws -> TrainedModel {
/// ```
/// One value serves every participant and every thread.
public protocol Trainer: Sendable {
  /// Trains from the global model on one participant's examples.
  ///
  /// > Important: the result is a function of `work` alone, with the same bits on every machine: no clock, no coins but
  /// > ``TrainingWork/coins``, no `exp` or `log` of the system's library.
  ///
  /// - Returns: parameters in the layout of `work.start`.
  func train(_ work: TrainingWork) throws -> TrainedModel

  /// The mean gradient over all examples at the global model, for strategies that ask for gradients (`fedsgd`).
  ///
  /// By default refused.
  func gradient(_ work: TrainingWork) throws -> ParameterSet

  /// The command line of the program that trains, where it is not this one: records name it, and no privacy of single
  /// records is claimed for it. By default nil.
  var externalCommand: String? { get }
}

extension Trainer {
  /// None.
  public var externalCommand: String? { nil }

  /// Refuses.
  ///
  /// - Throws: ``RunFailure`` with code `.worker`.
  public func gradient(_ work: TrainingWork) throws -> ParameterSet {
    throw RunFailure(
      .worker, "the strategy asks for gradients, and \(type(of: self)) gives none",
      hint: "a strategy that takes updates, such as fedavg")
  }
}

/// All that a ``Trainer`` is given for one participant in one round. There is at least one example.
public struct TrainingWork {
  /// Whose examples they are.
  public private(set) var participant: ParticipantID
  /// From 0.
  public let round: Int
  /// The model to be trained.
  public let architecture: ModelArchitecture
  /// The global model of the round.
  public let start: ParameterSet
  /// The participant's own training rows, ready for the model.
  public private(set) var examples: Dataset
  /// How the task says to train.
  public let plan: LocalTraining
  /// The learning rate of the round, scheduled.
  public let learningRate: Double
  /// How much each class counts, where classes are balanced over all participants; nil takes the plan's.
  public let classWeights: [Float]?
  /// What the strategy adds to each gradient; a trainer without gradients may pull towards `start` in its own way.
  public private(set) var correction = GradientCorrection.none
  /// The participant's public coins of the round.
  public private(set) var coins: TrainingCoins
  /// Things that the thread keeps from participant to participant.
  public let workbench: Workbench
  private(set) var cancelled: @Sendable () -> Bool = { false }

  /// Whether the run is being stopped; to be asked now and then by whoever takes long.
  public var isCancelled: Bool { cancelled() }

  /// What is the same for all participants of a round.
  init(
    round: Int, architecture: ModelArchitecture, start: ParameterSet, plan: LocalTraining,
    learningRate: Double,
    classWeights: [Float]?, workbench: Workbench
  ) {
    participant = "nobody"
    self.round = round
    self.architecture = architecture
    self.start = start
    examples = Dataset(inputShape: [0], features: [], targets: .values([]))
    self.plan = plan
    self.learningRate = learningRate
    self.classWeights = classWeights
    coins = TrainingCoins(seed: 0)
    self.workbench = workbench
  }

  /// Takes the work of the next participant.
  mutating func turn(to examples: Dataset, in context: LocalContext) {
    participant = context.participant
    self.examples = examples
    coins = TrainingCoins(seed: context.seed, round: round, participant: context.participant.name)
    coins.insecureSeed = context.insecureSeed
    cancelled = context.cancelled
  }

  func corrected(by correction: GradientCorrection) -> TrainingWork {
    var work = self
    work.correction = correction
    return work
  }
}
