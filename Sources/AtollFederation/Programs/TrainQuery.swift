public import AtollLearning
public import AtollNumerics
public import AtollTraining

/// “Train this model on your rows, by this rule, and tell by how much it changed.”
public struct TrainQuery<Rule: LocalRule>: Query {
  public static var kind: String { "train-\(Rule.kind)" }

  /// From 0.
  public let round: Int
  /// The kind of model.
  public let architecture: ModelArchitecture
  /// The global model of the round.
  public let model: ParameterSet
  /// How rows become examples.
  public let preparation: Preparation
  /// How to train.
  public let training: LocalTraining
  /// Scheduled for this round.
  public let learningRate: Double
  /// What to do besides.
  public let rule: Rule
  /// How much each participant counts.
  public let weighting: Weighting
  /// How the update becomes integers.
  public let format: FixedPoint

  /// The weighted update, and what the rule adds.
  public var reply: ReplyShape {
    let count = model.layout.count
    return .sums(
      [SumSpec(.update, count: count, format: format, weighted: true)]
        + rule.extraSums(count: count, format: format))
  }

  public func describe(element index: Int, of sum: SumSpec) -> String {
    "the \(sum.name.rawValue) of \(model.layout.describe(element: index))"
  }
}

/// Answers ``TrainQuery``: the worker that wraps a trainer.
public struct TrainWorker<Rule: LocalRule>: Worker {
  private let trainer: any Trainer

  /// - Parameter trainer: what trains here.
  public init(trainer: any Trainer = GradientDescent()) { self.trainer = trainer }

  public func answer(_ question: TrainQuery<Rule>, in context: inout LocalContext) throws -> Reply {
    let examples = try question.preparation.examples(of: context.data, .training)
    guard examples.count > 0 else { return .sums(nothing(for: question)) }
    let work = work(for: question, examples, in: context)
    var session = LocalSession(
      start: question.model, learningRate: question.learningRate, state: context.state,
      trainer: { try trained(work($0)) },
      differentiator: { try trainer.gradient(work(.none)) })
    do {
      let update = try question.rule.update(&session)
      context.state = session.state
      var sums: [SumSpec.Name: Contribution.Numbers] = [.update: .floats(update.update)]
      for (name, numbers) in update.extras { sums[name] = .floats(numbers) }
      return .sums(
        Contribution(weight: question.weighting == .rows ? examples.count : 1, sums: sums))
    } catch let error as TrainingError {
      throw RunFailure(error, round: question.round)
    }
  }

  private func work(
    for question: TrainQuery<Rule>, _ examples: Dataset, in context: LocalContext
  ) -> (GradientCorrection) -> TrainingWork {
    let coins = TrainingCoins(
      seed: context.seed, round: question.round, participant: context.participant.name)
    return { correction in
      TrainingWork(
        participant: context.participant, round: question.round, architecture: question.architecture,
        start: question.model, examples: examples, plan: question.training,
        learningRate: question.learningRate,
        classWeights: question.training.classWeights == .balanced
          ? question.preparation.balancedWeights : nil,
        correction: correction, coins: coins, workbench: context.workbench, cancelled: context.cancelled)
    }
  }

  private func trained(_ work: TrainingWork) throws -> TrainedModel {
    let trained = try trainer.train(work)
    guard trained.parameters.layout == work.start.layout else {
      throw RunFailure(.shape, "\(type(of: trainer)) gives back other tensors than those of the model")
    }
    return trained
  }

  /// A participant without rows has nothing to say, and says so with weight 0.
  private func nothing(for question: TrainQuery<Rule>) -> Contribution {
    let count = question.model.layout.count
    let zeros = Contribution.Numbers.floats([Float](repeating: 0, count: count))
    let extras = question.rule.extraSums(count: count, format: question.format).map { ($0.name, zeros) }
    return Contribution(
      weight: 0, sums: Dictionary(uniqueKeysWithValues: [(.update, zeros)] + extras))
  }
}

extension RunFailure {
  fileprivate init(_ error: TrainingError, round: Int) {
    switch error.code {
    case .stopped: self.init(.cancelled, "the run was stopped")
    case .diverged: self.init(.diverged, "round \(round + 1): \(error.message)")
    default: self.init(.worker, error.message)
    }
  }
}
