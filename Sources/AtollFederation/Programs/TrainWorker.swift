import AtollLearning
import AtollNumerics
import AtollTraining

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

extension TrainWorker: SummingWorker {
  package func summation(of question: TrainQuery<Rule>, for asker: Asker) -> (any Summation)? {
    guard let rule = question.rule as? any PlainRule, trainer is GradientDescent else { return nil }
    return UpdateSummation(question, correction: rule.correction, for: asker)
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
    session = LocalSession(
      TrainingWork(
        round: question.round, architecture: question.architecture,
        start: question.ownModel(in: layout), plan: question.training,
        learningRate: question.learningRate, classWeights: question.classWeights, workbench: workbench),
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
  init(_ error: TrainingError, round: Int) {
    switch error.code {
    case .stopped: self.init(.cancelled, "the run was stopped")
    case .diverged: self.init(.diverged, "round \(round + 1): \(error.message)")
    default: self.init(.unfit, error.message)
    }
  }
}

extension TrainQuery {
  /// A copy of the model for one thread.
  func ownModel(in layout: ParameterLayout) -> ParameterSet {
    ParameterSet(layout: layout, values: model.values.withUnsafeBufferPointer(Array.init))
  }

  /// How much each class counts, where that follows from all participants' rows.
  var classWeights: [Float]? { training.classWeights == .balanced ? preparation.balancedWeights : nil }
}
