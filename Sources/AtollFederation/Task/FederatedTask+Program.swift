public import AtollLearning
public import AtollNumerics
import AtollTraining

extension FederatedTask {
  /// The program that the task stands for.
  ///
  /// - Parameters:
  ///   - preparation: how examples are made where that is known; nil to have a preprocessing fitted first, or, for images,
  ///     to go by what the task declares.
  ///   - label: the label as a federation agreed on it, for one participant that trains alone and may lack classes.
  ///   - initial: the saved model that the task starts from, read from its file.
  /// - Throws: `PreparationError` when what the task says about columns contradicts itself; what
  ///   ``Training/init(_:from:)`` throws.
  public func program(
    preparation: Preparation? = nil, label: FeatureSchema.Label? = nil, initial: ParameterSet? = nil
  ) throws -> any FederatedProgram<LearnedModel> {
    switch federation.strategy {
    case .fedAvg(let weights):
      try program(FedAvg(weighting: weights), preparation, label, initial)
    case .fedSGD: try program(FedSGD(learningRate: training.learningRate), preparation, label, initial)
    case .fedProx(let mu): try program(FedProx(mu: mu), preparation, label, initial)
    case .fedAvgM(let rate, let momentum):
      try program(FedAvgM(learningRate: rate, momentum: momentum), preparation, label, initial)
    case .fedAdam(let rate, let beta1, let beta2, let tau):
      try program(
        FedAdam(learningRate: rate, beta1: beta1, beta2: beta2, tau: tau), preparation, label, initial)
    case .fedAdagrad(let rate, let beta1, let tau):
      try program(FedAdagrad(learningRate: rate, beta1: beta1, tau: tau), preparation, label, initial)
    case .fedYogi(let rate, let beta1, let beta2, let tau):
      try program(
        FedYogi(learningRate: rate, beta1: beta1, beta2: beta2, tau: tau), preparation, label, initial)
    case .scaffold(let rate): try program(Scaffold(learningRate: rate), preparation, label, initial)
    case .own(let own): try program(own.strategy, preparation, label, initial)
    }
  }

  private func program<S: Strategy>(
    _ strategy: S, _ preparation: Preparation?, _ label: FeatureSchema.Label?, _ initial: ParameterSet?
  ) throws -> any FederatedProgram<LearnedModel> {
    let plan = TrainingPlan(
      model: model, strategy: strategy, training: training, rounds: federation.rounds, cohort: audience,
      completion: completion, protection: protection, privacy: privacy, initial: initialModel(initial),
      evaluation: evaluation, seed: federation.seed)
    if let preparation = preparation ?? declaredPreparation {
      return try Training(plan, from: preparation)
    }
    guard var features = featurePlan else {
      preconditionFailure("the preparation of images is declared, or known when they are read")
    }
    if let label {
      features.label.mayLackClasses = true
      if case .classes(let names) = label.kind { features.label.classes = names }
    }
    let fit = try FitPreprocessing(
      features, data.preprocess, completion: Completion(quorum: 1, deadline: federation.deadline))
    return Chain<FitPreprocessing, Training<S>>(fit, then: plan)
  }

  private var audience: Audience {
    if privacy?.correlation != nil, let share = federation.cohort.share { return .turn(share, round: 0) }
    switch federation.cohort {
    case .fraction(1): return .all
    case .fraction(let fraction): return .sample(fraction: fraction)
    case .count(let count): return .count(count)
    case .poisson(let rate): return .poisson(rate: rate)
    }
  }

  private var completion: Completion {
    var quorum = 1.0
    switch federation.quorum {
    case .fraction(let fraction): quorum = fraction
    case .count(let count):
      // A count of the cohort, as a share of it.
      quorum = min(1, Double(count) / Double(cohortSize ?? count))
    }
    guard case .buffered(let size, let staleness) = federation.mode else {
      return Completion(quorum: quorum, deadline: federation.deadline)
    }
    return Completion(
      quorum: quorum, deadline: federation.deadline,
      buffer: Completion.Buffer(size: size, maxStaleness: staleness))
  }

  private var cohortSize: Int? {
    (federation.participants?.count ?? data.participantCount).map {
      if case .poisson = federation.cohort { $0 } else { cohortSize(of: $0) }
    }
  }

  private func initialModel(_ saved: ParameterSet?) -> InitialModel {
    switch federation.initial {
    case .server: .server
    case .participants: .participants
    case .file: saved.map(InitialModel.saved) ?? .server
    }
  }
}

extension WorkerRegistry {
  /// The workers that answer everything a training task asks, where it asks for Atoll's own strategies and models.
  public static var training: WorkerRegistry { training(Extensions()) }

  /// The workers that answer everything a training task asks.
  ///
  /// - Parameters:
  ///   - extensions: strategies and models of one's own that tasks may ask for.
  ///   - trainer: what trains here.
  public static func training(
    _ extensions: Extensions, trainer: any Trainer = GradientDescent()
  ) -> WorkerRegistry {
    var workers = WorkerRegistry(models: extensions.models)
    workers.register(ColumnsWorker())
    workers.register(StatisticsWorker())
    workers.register(InitialModelWorker())
    workers.register(EvaluateWorker())
    workers.register(TrainWorker<PlainTraining>(trainer: trainer))
    workers.register(TrainWorker<FullGradient>(trainer: trainer))
    workers.register(TrainWorker<ProximalTraining>(trainer: trainer))
    workers.register(TrainWorker<ControlledTraining>(trainer: trainer))
    for strategy in extensions.strategies { workers.register(ruleOf: strategy, trainer) }
    return workers
  }

  private mutating func register<S: Strategy>(ruleOf strategy: S.Type, _ trainer: any Trainer) {
    register(TrainWorker<S.Rule>(trainer: trainer))
  }
}
