import AtollLearning
import AtollTraining

/// The section `training` as it is written: what is left out follows from the model and the strategy.
struct TrainingDraft: Sendable {
  /// Full-batch gradient descent is a way to write an optimizer, not one of its own.
  enum Optimizer: Hashable, Sendable {
    case gradientDescent
    case kind(OptimizerKind)
  }

  var loss: Loss?
  var regularization = Regularization()
  var classWeights: ClassWeights = .none
  var optimizer: Optimizer = .kind(.sgd())
  var learningRate: Double?
  var schedule: LearningRateSchedule = .constant
  var batchSize: LocalTraining.BatchSize?
  var localEpochs: Int?
  var localSteps: Int?
  var shuffle = true
}

extension Form where Value == TrainingDraft {
  static let training = record(
    TrainingDraft(),
    [
      Field(
        "loss", \.loss, .loss,
        .derived("cross-entropy for classification, squared-error for regression, hinge for svm"),
        "what training makes small"),
      Field("l1", \.regularization.l1, .number(.atLeast(0)), "penalty on the weights: l1·Σ|w|"),
      Field("l2", \.regularization.l2, .number(.atLeast(0)), "penalty on the weights: ½·l2·Σw²"),
      Field("class-weights", \.classWeights, .classWeights, "how much a row counts by its class"),
      Field("optimizer", \.optimizer, .optimizer, "how a participant goes down the slope"),
      Field(
        "learning-rate", \.learningRate, .number(.above(0)),
        .derived("0.05; 0.01 for adagrad, 0.001 for adam and adamw"), "how far each step goes"),
      Field("schedule", \.schedule, .schedule, "how the learning rate changes from round to round"),
      Field(
        "batch-size", \.batchSize, .batchSize, .derived("16; full for gd and fedsgd"),
        "rows of one step, or full"),
      Field(
        "local-epochs", \.localEpochs, .integer(1...100_000), .derived("1, where local-steps is not given"),
        "passes over its rows that a participant makes in a round"),
      Field(
        "local-steps", \.localSteps, .integer(1...1_000_000_000), .absent("local-epochs counts"),
        "batches that a participant goes through in a round, instead of local-epochs"),
      Field("shuffle", \.shuffle, .boolean, "whether rows are shuffled before each epoch"),
    ])
}

extension Form where Value == Loss {
  static let loss = variant([
    Variant("cross-entropy", .crossEntropy, "classification: −log of the class's probability"),
    Variant("hinge", .hinge, "classification: max(0, 1 − y·f)"),
    Variant("squared-hinge", .squaredHinge, "classification: max(0, 1 − y·f)²"),
    Variant("squared-error", .squaredError, "regression: (prediction − target)²"),
    Variant("absolute-error", .absoluteError, "regression: |prediction − target|"),
    Variant(
      "huber", "regression: squared near the target, absolute far from it",
      Parameter("delta", .number(.above(0)), 1, "where squared turns into absolute"),
      make: { .huber(delta: $0) }, take: { if case .huber(let delta) = $0 { delta } else { nil } }),
  ])
}

extension Form where Value == ClassWeights {
  private static let words = Form.choice([
    (.none, "none", meaning: "every row counts the same"),
    (.balanced, "balanced", meaning: "every class counts the same"),
  ])

  fileprivate static let classWeights = either(
    Alternative(words, make: { $0 }, take: { if case .values = $0 { nil } else { $0 } }),
    Alternative(Form<[Float]>.list(of: .number(.above(0)), count: 2...100_000), make: { .values($0) }) {
      if case .values(let weights) = $0 { weights } else { nil }
    })
}

extension Form where Value == TrainingDraft.Optimizer {
  private static var beta1: Parameter<Float> {
    Parameter("beta1", .number(.within(0..<1)), 0.9, "decay of the mean")
  }
  private static var beta2: Parameter<Float> {
    Parameter("beta2", .number(.within(0..<1)), 0.999, "decay of the mean square")
  }
  private static func epsilon(_ standard: Float) -> Parameter<Float> {
    Parameter("epsilon", .number(.above(0)), standard, "keeps the quotient finite")
  }

  fileprivate static let optimizer = variant([
    Variant("gd", .gradientDescent, "gradient descent: sgd with batch-size full"),
    Variant(
      "sgd", "stochastic gradient descent", Parameter("momentum", .number(.within(0..<1)), 0, "0: none"),
      Parameter("nesterov", .boolean, false, "look ahead (Nesterov 1983)"),
      make: { .kind(.sgd(momentum: $0, nesterov: $1)) },
      take: { if case .kind(.sgd(let momentum, let nesterov)) = $0 { (momentum, nesterov) } else { nil } }),
    Variant(
      "adagrad", "Duchi, Hazan & Singer 2011", epsilon(1e-10), make: { .kind(.adagrad(epsilon: $0)) },
      take: { if case .kind(.adagrad(let epsilon)) = $0 { epsilon } else { nil } }),
    Variant(
      "adam", "Kingma & Ba 2015", beta1, beta2, epsilon(1e-8),
      make: { .kind(.adam(beta1: $0, beta2: $1, epsilon: $2)) },
      take: {
        if case .kind(.adam(let beta1, let beta2, let epsilon)) = $0 { (beta1, beta2, epsilon) } else { nil }
      }),
    Variant(
      "adamw", "Loshchilov & Hutter 2019", beta1, beta2, epsilon(1e-8),
      Parameter("decay", .number(.within(0..<1)), 0.01, "weight decay apart from the gradient"),
      make: { .kind(.adamW(beta1: $0, beta2: $1, epsilon: $2, decay: $3)) },
      take: {
        guard case .kind(.adamW(let beta1, let beta2, let epsilon, let decay)) = $0 else { return nil }
        return (beta1, beta2, epsilon, decay)
      }),
  ])
}

extension Form where Value == LearningRateSchedule {
  private static let plain: [Variant<LearningRateSchedule>] = [
    Variant("constant", .constant, "always the same"),
    Variant(
      "step", "multiplied every few rounds", Parameter("every", .integer(1...1_000_000), nil, "rounds"),
      Parameter("factor", .number(.above(0, upTo: 1)), 0.5, "by this"),
      make: { .step(every: $0, factor: $1) },
      take: { if case .step(let every, let factor) = $0 { (every, factor) } else { nil } }),
    Variant(
      "exponential", "multiplied every round",
      Parameter("factor", .number(.above(0, upTo: 1)), 0.99, "by this"),
      make: { .exponential(factor: $0) },
      take: { if case .exponential(let factor) = $0 { factor } else { nil } }),
    Variant(
      "cosine", "half a wave from the full rate down",
      Parameter("minimum", .number(.within(0...1)), 0, "part left"),
      make: { .cosine(minimum: $0) }, take: { if case .cosine(let minimum) = $0 { minimum } else { nil } }),
    Variant(
      "inverse-time", "rate / (1 + decay·round)", Parameter("decay", .number(.atLeast(0)), 0.01, "per round"),
      make: { .inverseTime(decay: $0) }, take: { if case .inverseTime(let decay) = $0 { decay } else { nil } }
    ),
  ]

  fileprivate static let schedule = variant(
    plain + [
      Variant(
        "warmup", "rises first", Parameter("rounds", .integer(1...1_000_000), nil, "rounds of rising"),
        Parameter("then", variant(plain), .constant, "the schedule that follows"),
        make: { .warmup(rounds: $0, then: $1) },
        take: { if case .warmup(let rounds, let then) = $0 { (rounds, then) } else { nil } })
    ])
}

extension Form where Value == LocalTraining.BatchSize {
  private static let full = Form.choice([(.full, "full", meaning: "all rows at once")])

  fileprivate static let batchSize = either(
    Alternative(.integer(1...1_000_000_000), make: { .rows($0) }) {
      if case .rows(let rows) = $0 { rows } else { nil }
    },
    Alternative(full, make: { $0 }, take: { $0 }))
}
