public import AtollLearning
public import AtollTraining

extension FederatedTask {
  /// Makes a task from what it differs in from the usual: the value of a task file that leaves out the same keys.
  ///
  /// ```swift
  /// let task = try FederatedTask(
  ///   .classification, label: "malignant", model: .mlp(hidden: [16]), optimizer: .adam(), localEpochs: 2,
  ///   strategy: .fedProx(mu: 0.1), rounds: 12)
  /// ```
  /// Keys that have no parameter here can be set with ``setting(_:)``.
  ///
  /// - Parameters:
  ///   - kind: what sort of task it is.
  ///   - name: names the folder of a run: letters, digits, `.`, `_` and `-`.
  ///   - label: the column to be predicted, as a name or with the rule that makes a row positive; nil where participants
  ///     have examples with targets instead of tables.
  ///   - data: where the data come from; by default participants bring their own, which are then given to whatever runs
  ///     the task.
  ///   - features: the columns to learn from; nil for every usable one but the label.
  ///   - preprocess: how columns become numbers.
  ///   - test: what is held out.
  ///   - model: what is learnt.
  ///   - loss: what training makes small; nil for the usual loss of the model.
  ///   - optimizer: how a participant goes down the slope.
  ///   - learningRate: how far each step goes; nil for 0.05, 0.01 with Adagrad, 0.001 with Adam and AdamW.
  ///   - batchSize: rows of one step; nil for 16, or all where the strategy wants that.
  ///   - localEpochs: passes over its rows that a participant makes in a round; nil for 1, unless `localSteps` counts.
  ///   - localSteps: batches that a participant goes through in a round, instead of `localEpochs`.
  ///   - regularization: penalties on the weights.
  ///   - strategy: how updates become the next model.
  ///   - rounds: rounds of training.
  ///   - cohort: who is asked in a round: a fraction, or from 2 on a number.
  ///   - seed: the same seed, data and task give the same bytes.
  ///   - clip: largest L2 norm of an update; nil: updates are not clipped.
  ///   - metrics: the figures to report, the first one deciding which model is best; nil for the usual ones.
  ///   - baselines: what the federated model is compared with.
  /// - Throws: ``InvalidTask`` with everything that contradicts itself, in the words of task files.
  public init(
    _ kind: Kind, name: String = "study", label: DataPlan.Label? = nil, data: DataPlan.Origin = .own,
    features: [String]? = nil, preprocess: PreprocessingPlan = PreprocessingPlan(),
    test: DataPlan.Test = .fraction(0.2), model: ModelKind, loss: Loss? = nil,
    optimizer: OptimizerKind = .sgd(),
    learningRate: Double? = nil, batchSize: LocalTraining.BatchSize? = nil, localEpochs: Int? = nil,
    localSteps: Int? = nil, regularization: Regularization = Regularization(),
    strategy: StrategyKind = .fedAvg(),
    rounds: Int = 20, cohort: Cohort = .fraction(1), seed: UInt64 = 7, clip: Double? = nil,
    metrics: [Metric]? = nil,
    baselines: [EvaluationPlan.Baseline] = EvaluationPlan.Baseline.allCases
  ) throws(InvalidTask) {
    var draft = TaskDraft()
    draft.kind = kind
    draft.name = name
    draft.data = DataDraft(
      DataPlan(
        origin: data, label: label, features: features?.map { FeatureDeclaration(name: $0) },
        preprocess: preprocess,
        test: test))
    draft.model = model
    draft.training = TrainingDraft(
      loss: loss, regularization: regularization, optimizer: .kind(optimizer), learningRate: learningRate,
      batchSize: batchSize, localEpochs: localEpochs, localSteps: localSteps)
    draft.federation.strategy = strategy
    draft.federation.rounds = rounds
    draft.federation.cohort = cohort
    draft.federation.seed = seed
    draft.protection.clip = clip.map { .fixed($0) }
    draft.evaluation.metrics = metrics
    draft.evaluation.baselines = baselines
    try self.init(
      yaml: YAMLWriter.text(Form<TaskDraft>.task.write(draft)),
      extensions: Extensions(strategy: strategy, model: model))
  }
}

extension DataPlan.Origin {
  /// Each participant has a CSV file of its own, and is named after it: `sites/ashford.csv` is that of `ashford`.
  public static func files(_ paths: [String]) -> DataPlan.Origin {
    .participants(
      paths.map { DataPlan.Participant(name: fileStem($0), source: .table(path: $0, columns: [:])) })
  }
}

// MARK: Literals

extension Cohort: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// A fraction.
  public init(floatLiteral part: Double) { self = .fraction(part) }

  /// A number of participants; 1 is the fraction 1.0, everyone.
  public init(integerLiteral number: Int) { self = number == 1 ? .fraction(1) : .count(number) }
}

extension Share: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// A fraction.
  public init(floatLiteral part: Double) { self = .fraction(part) }

  /// A number of members; 1 is the fraction 1.0, everyone.
  public init(integerLiteral number: Int) { self = number == 1 ? .fraction(1) : .count(number) }
}
