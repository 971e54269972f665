public import AtollLearning
public import AtollNumerics
public import AtollTraining

/// “Train this model on your rows, by this rule, and tell by how much it changed.”
public struct TrainQuery<Rule: LocalRule>: Query {
  public static var kind: String { "train-\(Rule.kind)" }

  /// From 0.
  public let round: Int
  public let architecture: ModelArchitecture
  public let model: ParameterSet
  public let preparation: Preparation
  public let training: LocalTraining
  /// Scheduled for this round.
  public let learningRate: Double
  public let rule: Rule
  public let weighting: Weighting
  /// How the update becomes integers.
  public let format: FixedPoint

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
  public init() {}

  public func answer(_ question: TrainQuery<Rule>, in context: inout LocalContext) throws -> Reply {
    try TrainingDesk(question, workbench: context.workbench).answer(in: &context)
  }

  public func answerer(
    of question: TrainQuery<Rule>, on workbench: Workbench
  ) -> (inout LocalContext) throws -> Reply {
    let desk = TrainingDesk(question, workbench: workbench)
    return { context in try desk.answer(in: &context) }
  }
}

/// One thread's work on one question: what is the same for all participants is made once, and of what threads would
/// share it has copies, because counting the references to shared memory makes threads wait for each other.
private final class TrainingDesk<Rule: LocalRule> {
  private let question: TrainQuery<Rule>
  private var session: LocalSession

  init(_ question: TrainQuery<Rule>, workbench: Workbench) {
    self.question = question
    let trainer = workbench.tool { TrainerBench() }.trainer(for: question.architecture)
    precondition(question.model.layout == trainer.model.layout, "a question has a model of its architecture")
    session = LocalSession(
      start: ParameterSet(
        layout: trainer.model.layout, values: question.model.values.withUnsafeBufferPointer(Array.init)),
      learningRate: question.learningRate, training: question.training,
      classWeights: question.training.classWeights == .balanced
        ? question.preparation.balancedWeights : nil,
      trainer: trainer)
  }

  func answer(in context: inout LocalContext) throws -> Reply {
    let examples = try question.preparation.examples(of: context.data, .training)
    guard examples.count > 0 else { return .sums(nothing) }
    session.begin(
      examples, state: context.state,
      coins: TrainingCoins(
        seed: context.seed, round: question.round, participant: context.participant.name),
      cancelled: context.cancelled)
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

  /// A participant without rows has nothing to say, and says so with weight 0.
  private var nothing: Contribution {
    let count = question.model.layout.count
    let zeros = Contribution.Numbers.floats([Float](repeating: 0, count: count))
    let extras = question.rule.extraSums(count: count, format: question.format).map { ($0.name, zeros) }
    return Contribution(
      weight: 0, sums: Dictionary(uniqueKeysWithValues: [(.update, zeros)] + extras))
  }
}

/// The trainer that a thread keeps for the model it trains.
private final class TrainerBench {
  private var current: (architecture: ModelArchitecture, trainer: GradientTrainer)?

  func trainer(for architecture: ModelArchitecture) -> GradientTrainer {
    if let current, current.architecture == architecture { return current.trainer }
    let trainer = GradientTrainer(Network(architecture))
    current = (architecture, trainer)
    return trainer
  }
}

extension RunFailure {
  fileprivate init(_ error: TrainingError, round: Int) {
    switch error.code {
    case .stopped: self.init(.cancelled, "the run was stopped")
    case .diverged: self.init(.diverged, "round \(round + 1): \(error.message)")
    default: self.init(.unfit, error.message)
    }
  }
}
