import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollTraining

/// A question that runs of a ``FederatedTask`` ask, which can be held against the task.
protocol TaskQuestion: Query {
  /// How the question departs from what the task says; nil when it does not.
  func departure(from task: FederatedTask) -> String?
}

extension Instruction {
  /// How the instruction departs from what the task says; nil when it does not.
  func departure(from task: FederatedTask) -> String? {
    guard let question = query as? any TaskQuestion else {
      return "a task asks no question of kind “\(type(of: query).kind)”"
    }
    if let departure = question.departure(from: task) { return departure }
    let isTraining = query.demand.round != nil
    let lawful = isTraining ? task.lawfulRound(like: protection)?.pipeline : UpdateProtection.none
    guard protection == lawful else {
      return "the answer is to be protected otherwise"
    }
    if isTraining, let question = query as? any ProtectedQuestion,
      question.format != task.lawfulRound(like: protection)?.format
    {
      return "numbers are encoded in another way"
    }
    return nil
  }
}

extension FederatedTask {
  /// How the task protects a round with that clipping norm: it may follow the norms of updates where the task says so.
  fileprivate func lawfulRound(like protection: UpdateProtection) -> RoundProtection? {
    guard case .adaptive = self.protection.clip, let norm = protection.clip,
      AdaptiveClipping.norms.contains(norm)
    else { return try? self.protection.round(privacy) }
    return try? self.protection.round(privacy, norm: norm)
  }
}

/// A question whose answer is encoded as the protection of its round says.
private protocol ProtectedQuestion {
  var format: FixedPoint { get }
}

extension TrainQuery: ProtectedQuestion {}

extension TrainQuery: TaskQuestion {
  func departure(from task: FederatedTask) -> String? {
    if architecture.kind != task.model { return "it trains another model, \(architecture.kind.name)" }
    if training != task.training { return "it trains in another way" }
    if !(0..<task.federation.rounds).contains(round) {
      return "it is round \(round + 1) of \(task.federation.rounds)"
    }
    let rate = task.training.schedule.rate(
      round: round, of: task.federation.rounds, base: task.training.learningRate)
    if learningRate != rate { return "its learning rate is \(learningRate), not \(rate)" }
    if weighting != task.weighting { return "it counts participants in another way" }
    if !task.federation.strategy.asks(for: rule) {
      return "it is of another strategy, with rule “\(Rule.kind)”"
    }
    if isCountingClips != (task.privacy?.unit == .participant && task.protection.clip?.isAdaptive == true) {
      return "it counts other things than the task says"
    }
    return preparation.departure(from: task)
  }
}

extension EvaluateQuery: TaskQuestion {
  func departure(from task: FederatedTask) -> String? {
    if architecture.kind != task.model { return "it judges another model, \(architecture.kind.name)" }
    if loss != task.training.loss || metrics != task.evaluation.metrics { return "it asks for other figures" }
    if perSite, !task.evaluation.perSite { return "it asks for this participant's own figures" }
    return preparation.departure(from: task)
  }
}

extension ColumnsQuery: TaskQuestion {
  func departure(from task: FederatedTask) -> String? {
    if task.declaredPreparation != nil { return "the task declares its columns, and asks nothing about them" }
    if features != task.featurePlan { return "it asks about other columns" }
    return plan == task.data.preprocess ? nil : "columns are transformed in another way"
  }
}

extension StatisticsQuery: TaskQuestion {
  func departure(from task: FederatedTask) -> String? {
    guard let plan = task.featurePlan else { return "the task has no columns" }
    if task.declaredPreparation != nil { return "the task declares its columns, and counts nothing" }
    let schema = question.schema
    if let departure = plan.departure(
      ofLabel: schema.label.column, group: schema.group, features: schema.features.map(\.column))
    {
      return departure
    }
    var lawful = Demand(question: "statistics")
    lawful.add(task.data.preprocess)
    let permissions = Set(lawful.computations.flatMap(\.allowedBy))
    let odd = demand.computations.first { permissions.isDisjoint(with: $0.allowedBy) }
    return odd.map { "it asks for \($0.words)" }
  }
}

extension InitialModelQuery: TaskQuestion {
  func departure(from task: FederatedTask) -> String? {
    if task.federation.initial != .participants { return "the first model is not the participants'" }
    if architecture.kind != task.model { return "it asks for another model, \(architecture.kind.name)" }
    return task.data.departure(ofImages: architecture.inputShape, classes: architecture.classes)
  }
}

extension Preparation {
  fileprivate func departure(from task: FederatedTask) -> String? {
    guard let plan = task.featurePlan else {
      return preprocessing == nil
        ? task.data.departure(ofImages: inputShape, classes: classes) : "the task has no columns"
    }
    guard let preprocessing else { return "rows are used without preprocessing" }
    if let declared = task.declaredPreparation {
      return preprocessing == declared.preprocessing ? nil : "columns are transformed in another way"
    }
    if preprocessing.plan != task.data.preprocess { return "columns are transformed in another way" }
    return plan.departure(
      ofLabel: preprocessing.label.column, group: preprocessing.group,
      features: preprocessing.features.map(\.column))
  }
}

extension DataPlan {
  /// What the task declares of images holds for whoever asks about them.
  fileprivate func departure(ofImages shape: [Int], classes: Int?) -> String? {
    if let declared = self.shape, shape != declared { return "its images have another shape" }
    if let declared = self.classes, classes != declared { return "it knows another number of classes" }
    return nil
  }
}

extension FeaturePlan {
  fileprivate func departure(ofLabel column: String, group: String?, features names: [String]) -> String? {
    if column != label.column { return "it predicts “\(column)”" }
    if let group, group != self.group { return "it groups by “\(group)”" }
    if let features, let stranger = names.first(where: { !features.contains($0) }) {
      return "it learns from “\(stranger)”"
    }
    return names.contains(label.column) || names.contains(where: { $0 == self.group })
      ? "it learns from the label or the group" : nil
  }
}

extension StrategyKind {
  /// Whether the strategy tells participants to follow this rule.
  fileprivate func asks(for rule: any LocalRule) -> Bool {
    switch self {
    case .fedAvg, .fedAvgM, .fedAdam, .fedAdagrad, .fedYogi: rule is PlainTraining
    case .fedSGD: rule is FullGradient
    case .fedProx(let mu): rule as? ProximalTraining == ProximalTraining(mu: mu)
    case .scaffold: rule is ControlledTraining
    case .own(let own): type(of: rule).kind == type(of: own.strategy.rule as any LocalRule).kind
    }
  }
}
