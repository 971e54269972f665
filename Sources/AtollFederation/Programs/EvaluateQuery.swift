public import AtollLearning
public import AtollNumerics

/// “How good is this model on the rows that you hold out?”
public struct EvaluateQuery: Query {
  public static let kind = "evaluate"

  /// The kind of model.
  public let architecture: ModelArchitecture
  /// Its parameters.
  public let model: ParameterSet
  /// How rows become examples.
  public let preparation: Preparation
  /// The loss of the metric `loss`.
  public let loss: Loss
  /// The figures wanted.
  public let metrics: [Metric]
  /// Most participants that answer; decides how finely reals are rounded.
  public let participants: Int
  /// Whether each participant's own sums may leave, or their total only.
  public let perSite: Bool
  /// Whether to count what a report tells of the model: `EvaluationDetails`.
  public let details: Bool

  public init(
    architecture: ModelArchitecture, model: ParameterSet, preparation: Preparation, loss: Loss,
    metrics: [Metric], participants: Int, perSite: Bool, details: Bool
  ) {
    self.architecture = architecture
    self.model = model
    self.preparation = preparation
    self.loss = loss
    self.metrics = metrics
    self.participants = participants
    self.perSite = perSite
    self.details = details
  }

  /// The integers that are summed.
  ///
  /// - Throws: `EvaluationError` when a metric does not suit the model.
  public func sums() throws(EvaluationError) -> EvaluationSums {
    let classes = architecture.classes ?? 2
    let problem: EvaluationSums.Problem =
      switch architecture.prediction {
      case .value: .regression(unit: preparation.targetUnit, loss: loss)
      case .probability, .probabilities: .classification(classes: classes, scale: .probability)
      case .score, .scores: .classification(classes: classes, scale: .margin)
      }
    return try EvaluationSums(
      problem, metrics: metrics, participants: participants, details: details)
  }

  /// Sums over all participants, or each one's own where they may be told.
  public var reply: ReplyShape {
    // A question whose sums cannot be is never asked: `Training` tries them before its first round.
    guard let sums = try? sums().sums else { return .sums([]) }
    if perSite { return .individual(limit: sums.reduce(0) { $0 + 8 * $1.count }) }
    return .sums(
      sums.compactMap { sum in
        (try? sum.format).map { SumSpec(.init(rawValue: sum.name), count: sum.count, format: $0) }
      })
  }

  public func check() throws {
    try architecture.check(model, preparation, nil)
    _ = try sums()
  }

  /// What follows from the answers.
  public func evaluation(from result: ExchangeResult) throws -> FederatedEvaluation {
    let sums = try sums()
    guard perSite else {
      let totals = sums.sums.map { RingVector(result.integers(.init(rawValue: $0.name))) }
      return FederatedEvaluation(pooled: sums.evaluation(from: totals), sites: [:])
    }
    var totals = sums.sums.map { RingVector(zeros: $0.count) }
    var sites: [ParticipantID: Evaluation] = [:]
    for (participant, bytes) in result.individual {
      guard let own = RingVector.decode(bytes, counts: sums.sums.map(\.count)) else {
        throw RunFailure(
          .shape, "the evaluation has not the form that was asked for", participant: participant)
      }
      for index in totals.indices { totals[index] += own[index] }
      // The details of all together are told; a participant's own would only fill the record.
      sites[participant] = sums.evaluation(from: own).brief
    }
    return FederatedEvaluation(pooled: sums.evaluation(from: totals), sites: sites)
  }
}

/// Answers ``EvaluateQuery``.
public struct EvaluateWorker: Worker {
  /// The worker has no settings.
  public init() {}

  public func answer(_ question: EvaluateQuery, in context: inout LocalContext) throws -> Reply {
    let examples = try question.preparation.examples(of: context.data, .heldOut)
    // What no preprocessing has made may have any shape.
    if question.preparation.preprocessing == nil { try question.architecture.check(examples) }
    let sums = try question.sums()
    let vectors: [RingVector]
    do {
      vectors = try contribution(to: sums, question, examples, context.workbench.tool { Workspace() })
    } catch {
      throw RunFailure(error)
    }
    if question.perSite { return .individual(RingVector.encode(vectors)) }
    let named = zip(sums.sums, vectors).map {
      (SumSpec.Name(rawValue: $0.name), Contribution.Numbers.integers($1.elements))
    }
    return .sums(Contribution(sums: Dictionary(uniqueKeysWithValues: named)))
  }

  private func contribution(
    to sums: EvaluationSums, _ question: EvaluateQuery, _ examples: Dataset, _ workspace: Workspace
  ) throws(EvaluationError) -> [RingVector] {
    let model = question.architecture.model
    let predictions = model.predictions(at: question.model, for: examples, using: workspace)
    var losses: [Double] = []
    if question.metrics.contains(.loss) {
      losses = model.losses(question.loss, on: examples, at: question.model, using: workspace).map(
        Double.init)
    }
    switch (examples.targets, sums.problem) {
    case (.classes(let labels, let classes), .classification(_, let scale)):
      let scored = try ClassPredictions(
        predictions.map(Double.init), scale: scale, labels: labels, classes: classes)
      return try sums.contribution(of: scored, losses: losses)
    case (.values(let values), .regression):
      let preparation = question.preparation
      let scored = try ValuePredictions(
        predictions.map { preparation.labelValue(of: Double($0)) },
        targets: values.map { preparation.labelValue(of: Double($0)) })
      return try sums.contribution(
        of: scored, losses: losses.map { preparation.labelLoss($0, of: question.loss) })
    default: preconditionFailure("the preparation decides the targets and the model")
    }
  }
}

extension RunFailure {
  fileprivate init(_ error: EvaluationError) {
    if error.code == .notFinite || error.code == .outOfRange {
      self.init(.diverged, "training diverged: \(error.message)", hint: "a smaller learning-rate")
    } else {
      self.init(.worker, error.message)
    }
  }
}
