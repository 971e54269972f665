import AtollLearning
public import AtollNumerics
public import AtollTraining

/// One participant's round, as its rule sees it: the model that came, and a way to train on the participant's rows.
public struct LocalSession {
  /// The global model of the round.
  public let start: ParameterSet
  /// The learning rate of the round, scheduled.
  public let learningRate: Double
  /// What the participant remembers; changes count when the exchange is committed.
  public var state = LocalState()

  private let training: LocalTraining
  private let classWeights: [Float]?
  private let trainer: GradientTrainer
  private var examples: Dataset
  private var coins = TrainingCoins(seed: 0)
  private var cancelled: @Sendable () -> Bool = { false }

  /// A session before its first participant.
  init(
    start: ParameterSet, learningRate: Double, training: LocalTraining, classWeights: [Float]?,
    trainer: GradientTrainer
  ) {
    self.start = start
    self.learningRate = learningRate
    self.training = training
    self.classWeights = classWeights
    self.trainer = trainer
    examples = Dataset(inputShape: [0], features: [], targets: .values([]))
  }

  /// Turns to a participant.
  mutating func begin(
    _ examples: Dataset, state: LocalState, coins: TrainingCoins, cancelled: @escaping @Sendable () -> Bool
  ) {
    self.examples = examples
    self.state = state
    self.coins = coins
    self.cancelled = cancelled
  }

  /// Trains from the global model as the task says.
  public func train(correction: GradientCorrection = .none) throws -> TrainedModel {
    try trainer.train(
      from: start, on: examples, plan: training, learningRate: learningRate, coins: coins,
      classWeights: classWeights, correction: correction, shouldStop: cancelled)
  }

  /// The mean gradient over all rows at the global model.
  public func gradient() throws -> ParameterSet {
    try trainer.gradient(at: start, on: examples, plan: training, classWeights: classWeights).gradient
  }
}

extension TrainedModel {
  /// The change from the model that training started from, each number rounded once.
  func change(from start: ParameterSet) -> [Float] { (parameters - start).values }
}
