import AtollLearning
public import AtollNumerics
public import AtollTraining

/// Trains by gradient descent as the task says, with a `GradientTrainer` that each thread keeps.
public struct GradientDescent: Trainer {
  /// The trainer of `atoll run`.
  public init() {}

  public func train(_ work: TrainingWork) throws -> TrainedModel {
    try trainer(for: work).train(
      from: work.start, on: work.examples, plan: work.plan, learningRate: work.learningRate,
      coins: work.coins,
      classWeights: work.classWeights, correction: work.correction, shouldStop: work.cancelled)
  }

  public func gradient(_ work: TrainingWork) throws -> ParameterSet {
    try trainer(for: work).gradient(
      at: work.start, on: work.examples, plan: work.plan, classWeights: work.classWeights
    ).gradient
  }

  private func trainer(for work: TrainingWork) -> GradientTrainer {
    work.workbench.tool { TrainerBench() }.trainer(for: work.architecture)
  }
}

/// The trainer that a thread keeps for the model it trains.
final class TrainerBench {
  private var current: (architecture: ModelArchitecture, trainer: GradientTrainer)?

  func trainer(for architecture: ModelArchitecture) -> GradientTrainer {
    if let current, current.architecture == architecture { return current.trainer }
    let trainer = GradientTrainer(architecture.model)
    current = (architecture, trainer)
    return trainer
  }
}
