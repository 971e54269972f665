import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollTraining

/// The general training program: start → (train → evaluate)… → finish, with any strategy.
public struct Training<S: Strategy>: StartsFrom {
  public static var kind: String { "training \(S.Rule.kind)" }

  private enum Phase: Hashable, Codable, Sendable {
    case starting, training, evaluating, finished
  }

  private var plan: TrainingPlan<S>
  /// Of participants' own initial models.
  private let format: FixedPoint
  /// The clipping norm, where it follows the norms of updates.
  private var norm: Double?
  private let preparation: Preparation
  private let architecture: ModelArchitecture
  private var phase = Phase.training
  private var model: ParameterSet
  /// Rounds done.
  private var round = 0
  /// Of the round that is being evaluated, or was last.
  private var report: RoundReport?
  /// Participants of the run, as far as is known: they decide how finely figures are rounded.
  private var population = 1
  private var best: Best?
  private var last: FederatedEvaluation?

  private struct Best: Codable, Sendable {
    var round: Int
    var value: Double
    var evaluation: FederatedEvaluation
    /// Kept only where the best model is wanted.
    var model: ParameterSet?
    /// Evaluations since without a better one.
    var disappointments = 0
  }

  /// - Throws: `ModelError`, `EvaluationError`, `FixedPointError` or ``RunFailure`` when model, metrics or bounds
  ///   do not fit the data: what can be known before the first round is known before it.
  public init(_ plan: TrainingPlan<S>, from preparation: Preparation) throws {
    self.plan = plan
    self.preparation = preparation
    architecture = try ModelArchitecture(
      kind: plan.model, inputShape: preparation.inputShape, classes: preparation.classes)
    try architecture.check(plan.training.loss)
    try plan.training.check(classes: preparation.classes)
    let first = try plan.protection.round(plan.privacy)
    format = first.format
    if case .adaptive(let adaptive) = plan.protection.clip { norm = adaptive.initial }
    var coins = RandomStream(seed: plan.seed, purpose: .initialModel)
    model = architecture.model.initialParameters(using: &coins)
    switch plan.initial {
    case .server: break
    case .participants: phase = .starting
    case .saved(let saved):
      guard saved.layout == model.layout else {
        throw RunFailure(
          .unfit, "the model to start from has other tensors than the task's \(plan.model.name) model")
      }
      model = saved
    }
    _ = try question.sums()
    try checkCorrelation()
  }

  /// The memory of correlated noise is written with each commit, and a database has its limits.
  private static var mostMemory: Int { 1 << 29 }

  private func checkCorrelation() throws(RunFailure) {
    guard let correlation = plan.privacy?.correlation else { return }
    guard correlation.rounds == plan.rounds else {
      throw RunFailure(
        .unfit,
        "noise is correlated over \(correlation.rounds) rounds, and the run has \(plan.rounds)")
    }
    let bytes = correlation.memory(of: model.layout.count)
    guard bytes <= Self.mostMemory else {
      throw RunFailure(
        .unfit,
        "the memory of the noise has \(grouped(bytes)) bytes for this model, at most \(grouped(Self.mostMemory)) are kept",
        hint: "fewer bands under privacy.mechanism")
    }
  }

  public func next() throws -> Step<LearnedModel> {
    switch phase {
    case .starting:
      return .exchange(Exchange(InitialModelQuery(architecture: architecture, format: format)))
    case .training:
      let protection = try plan.protection.round(plan.privacy, norm: norm)
      var query = TrainQuery(
        round: round, architecture: architecture, model: model, preparation: preparation,
        training: plan.training,
        learningRate: plan.training.schedule.rate(
          round: round, of: plan.rounds, base: plan.training.learningRate),
        rule: plan.strategy.rule, weighting: weighting, format: protection.format)
      query.isCountingClips = protection.isCounting
      return .exchange(
        Exchange(
          query, to: plan.cohort.inRound(round), completion: plan.completion, protection: protection.pipeline,
          charge: try plan.privacy?.charge))
    case .evaluating:
      return .exchange(
        Exchange(
          question,
          completion: Completion(quorum: plan.completion.quorum, deadline: plan.completion.deadline)))
    case .finished: return .finish(outcome)
    }
  }

  public mutating func absorb(_ result: ExchangeResult) throws -> StepReport {
    population = result.population
    switch phase {
    case .starting:
      model.values = try result.mean(.initialModel).map { Float($0) }
      phase = .training
      return StepReport(note: "started from the mean of \(result.contributors.count) initial models")
    case .training:
      try plan.strategy.apply(result, to: &model)
      if let norm, case .adaptive(let adaptive) = plan.protection.clip {
        self.norm = adaptive.next(after: norm, share: try result.mean(.withinClip)[0])
      }
      guard model.isFinite else {
        throw RunFailure(
          .diverged, "training diverged: the model of round \(round + 1) is not finite",
          hint: "a smaller learning-rate")
      }
      round += 1
      var report = RoundReport(round: round, participants: result.answers, cohort: result.cohort)
      report.epsilon = try spentEpsilon
      self.report = report
      guard round % plan.evaluation.every == 0 || round == plan.rounds else {
        return StepReport(round: report)
      }
      phase = .evaluating
      return StepReport()
    case .evaluating:
      let evaluation = try question.evaluation(from: result)
      report?.evaluation = evaluation.brief
      last = evaluation
      let stops = judge(evaluation) && round < plan.rounds
      phase = stops || round == plan.rounds ? .finished : .training
      return StepReport(
        round: report, note: stops ? "stopped early, in round \(round) of \(plan.rounds)" : nil)
    case .finished: preconditionFailure("a finished program asks nothing")
    }
  }

  /// How much each participant counts: where participants are protected, all the same.
  private var weighting: Weighting {
    plan.privacy?.unit == .participant ? .equal : plan.strategy.weighting
  }

  /// The ε of all rounds so far; told of at most fifty rounds of a run, as finding it takes a while.
  private var spentEpsilon: Double? {
    get throws {
      let step = (plan.rounds + 49) / 50
      guard let privacy = plan.privacy, round == 1 || round % step == 0 || round == plan.rounds else {
        return nil
      }
      return try privacy.guarantee(rounds: round).epsilon
    }
  }

  /// The question of an evaluation of the present model.
  private var question: EvaluateQuery {
    EvaluateQuery(
      architecture: architecture, model: model, preparation: preparation, loss: plan.training.loss,
      metrics: plan.evaluation.metrics, participants: population, perSite: plan.evaluation.perSite,
      details: round == plan.rounds || plan.evaluation.mayEndAnywhere)
  }

  /// Compares with the best round so far; true when patience is at an end.
  private mutating func judge(_ evaluation: FederatedEvaluation) -> Bool {
    guard let metric = plan.evaluation.deciding, let value = evaluation.pooled[metric] else { return false }
    let gain = best.map { metric.higherIsBetter ? value - $0.value : $0.value - value }
    if let gain, gain <= plan.evaluation.stopping?.minimumGain ?? 0 {
      best?.disappointments += 1
    } else {
      best = Best(
        round: round, value: value, evaluation: evaluation,
        model: plan.evaluation.keep == .best ? model : nil)
    }
    guard let stopping = plan.evaluation.stopping, let best else { return false }
    return best.disappointments >= stopping.patience
  }

  /// The model so far.
  var outcome: LearnedModel {
    let chosen = plan.evaluation.keep == .best ? best : nil
    return LearnedModel(
      architecture: architecture, preparation: preparation, parameters: chosen?.model ?? model,
      round: chosen?.round ?? round, rounds: round, evaluation: chosen?.evaluation ?? last)
  }
}
