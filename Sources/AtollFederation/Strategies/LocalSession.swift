public import AtollNumerics
public import AtollTraining

/// One participant's round, as its rule sees it: the model that came, and a way to train on the participant's rows.
public struct LocalSession {
  /// The global model of the round.
  public let start: ParameterSet
  /// The learning rate of the round, scheduled.
  public let learningRate: Double
  /// What the participant remembers; changes count when the exchange is committed.
  public var state: LocalState

  private let trainer: (GradientCorrection) throws -> TrainedModel
  private let differentiator: () throws -> ParameterSet

  /// - Parameters:
  ///   - start: the global model of the round.
  ///   - learningRate: the learning rate of the round.
  ///   - state: what the participant remembers.
  ///   - trainer: trains from `start` as the task says, with each gradient corrected.
  ///   - differentiator: gives the mean gradient over all rows at `start`.
  public init(
    start: ParameterSet, learningRate: Double, state: LocalState,
    trainer: @escaping (GradientCorrection) throws -> TrainedModel,
    differentiator: @escaping () throws -> ParameterSet
  ) {
    self.start = start
    self.learningRate = learningRate
    self.state = state
    self.trainer = trainer
    self.differentiator = differentiator
  }

  /// Trains from the global model as the task says.
  public func train(correction: GradientCorrection = .none) throws -> TrainedModel { try trainer(correction) }

  /// The mean gradient over all rows at the global model.
  public func gradient() throws -> ParameterSet { try differentiator() }
}

extension TrainedModel {
  /// The change from the model that training started from, each number rounded once.
  func change(from start: ParameterSet) -> [Float] { (parameters - start).values }
}
