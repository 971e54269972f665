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

  public func check() throws { try architecture.check(model, preparation, training) }

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
    try TrainingDesk(question, trainer, workbench: context.workbench).answer(in: &context)
  }

  public func answerer(
    of question: TrainQuery<Rule>, on workbench: Workbench
  ) -> (inout LocalContext) throws -> Reply {
    let desk = TrainingDesk(question, trainer, workbench: workbench)
    return { context in try desk.answer(in: &context) }
  }
}

/// One thread's work on one question: what is the same for all participants is made once, and of what threads would
/// share it has copies, because counting the references to shared memory makes threads wait for each other.
private final class TrainingDesk<Rule: LocalRule> {
  private let question: TrainQuery<Rule>
  private var session: LocalSession
  /// Atoll's own models look at their examples themselves.
  private let checksExamples: Bool

  init(_ question: TrainQuery<Rule>, _ trainer: any Trainer, workbench: Workbench) {
    self.question = question
    let engine: LocalSession.Engine
    let layout: ParameterLayout
    if trainer is GradientDescent {
      let trainer = workbench.tool { TrainerBench() }.trainer(for: question.architecture)
      (engine, layout) = (.descent(trainer), trainer.model.layout)
    } else {
      (engine, layout) = (.own(trainer), question.architecture.model.layout)
    }
    precondition(question.model.layout == layout, "a question has a model of its architecture")
    if case .own = question.architecture.kind { checksExamples = true } else { checksExamples = false }
    let start = ParameterSet(
      layout: layout, values: question.model.values.withUnsafeBufferPointer(Array.init))
    session = LocalSession(
      TrainingWork(
        round: question.round, architecture: question.architecture, start: start, plan: question.training,
        learningRate: question.learningRate,
        classWeights: question.training.classWeights == .balanced
          ? question.preparation.balancedWeights : nil,
        workbench: workbench),
      engine: engine)
  }

  func answer(in context: inout LocalContext) throws -> Reply {
    let examples = try question.preparation.examples(of: context.data, .training)
    guard examples.count > 0 else { return .sums(nothing) }
    if checksExamples { try question.architecture.check(examples) }
    session.begin(examples, in: context)
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

extension RunFailure {
  fileprivate init(_ error: TrainingError, round: Int) {
    switch error.code {
    case .stopped: self.init(.cancelled, "the run was stopped")
    case .diverged: self.init(.diverged, "round \(round + 1): \(error.message)")
    default: self.init(.unfit, error.message)
    }
  }
}
