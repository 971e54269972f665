import AtollLearning
public import AtollNumerics
public import AtollTraining

/// One participant's round, as its rule sees it: the model that came, and a way to train on the participant's rows.
public struct LocalSession {
  /// What trains.
  enum Engine {
    case descent(GradientTrainer)
    case own(any Trainer)
  }

  /// What the participant remembers; changes count when the exchange is committed.
  public var state = LocalState()

  private var work: TrainingWork
  private let engine: Engine

  /// A session before its first participant.
  init(_ work: TrainingWork, engine: Engine) {
    self.work = work
    self.engine = engine
  }

  /// Turns to a participant.
  mutating func begin(_ examples: Dataset, in context: LocalContext) {
    state = context.state
    work.turn(to: examples, in: context)
  }

  /// The global model of the round.
  public var start: ParameterSet { work.start }

  /// The learning rate of the round, scheduled.
  public var learningRate: Double { work.learningRate }

  /// Trains from the global model as the task says.
  public func train(correction: GradientCorrection = .none) throws -> TrainedModel {
    switch engine {
    case .descent(let trainer):
      return try trainer.train(
        from: work.start, on: work.examples, plan: work.plan, learningRate: work.learningRate,
        coins: work.coins,
        classWeights: work.classWeights, correction: correction, shouldStop: work.cancelled)
    case .own(let trainer):
      try refusePrivacy(by: trainer)
      let trained = try trainer.train(work.corrected(by: correction))
      guard trained.parameters.layout == work.start.layout else {
        throw RunFailure(.shape, "\(type(of: trainer)) gives back other tensors than those of the model")
      }
      return trained
    }
  }

  /// The mean gradient over all rows at the global model.
  public func gradient() throws -> ParameterSet {
    switch engine {
    case .descent(let trainer):
      return try trainer.gradient(
        at: work.start, on: work.examples, plan: work.plan, classWeights: work.classWeights
      ).gradient
    case .own(let trainer):
      try refusePrivacy(by: trainer)
      return try trainer.gradient(work)
    }
  }

  /// A trainer of someone's own knows nothing of clipping: it would train as if nothing had been asked.
  private func refusePrivacy(by trainer: any Trainer) throws(RunFailure) {
    guard work.plan.privacy != nil else { return }
    throw RunFailure(
      .worker, "the plan asks for the privacy of single records, which \(type(of: trainer)) does not give",
      hint: "Atoll's own trainer, or a plan without privacy")
  }
}

extension TrainedModel {
  /// The change from the model that training started from, each number rounded once: made of the model where it lies, if
  /// nobody else has it.
  consuming func change(from start: ParameterSet) -> [Float] {
    parameters.subtract(start)
    return parameters.values
  }
}
