import AtollLearning
import AtollNumerics
import AtollTraining

/// A task for a trainer to work on, small enough for the software multiply-add.
struct TrainingCase: Sendable, CustomStringConvertible {
  let description: String
  let architecture: ModelArchitecture
  let plan: LocalTraining

  init(
    _ description: String, _ kind: ModelKind, _ inputShape: [Int], classes: Int?, _ loss: Loss,
    _ optimizer: OptimizerKind = .sgd(), regularization: Regularization = Regularization(),
    rate: Double = 0.05,
    batchSize: LocalTraining.BatchSize = .rows(4)
  ) throws {
    self.description = description
    architecture = try ModelArchitecture(kind: kind, inputShape: inputShape, classes: classes)
    plan = LocalTraining(
      loss: loss, regularization: regularization, optimizer: optimizer, learningRate: rate,
      batchSize: batchSize,
      amount: .epochs(2))
  }

  static func all() throws -> [TrainingCase] {
    let cnn = ModelKind.cnn(layers: [
      .convolution(channels: 5, kernel: 3, stride: 1, padding: 1), .activation(.relu),
      .convolution(channels: 17, kernel: 3, stride: 1, padding: 0), .activation(.relu),
      .maxPooling(window: 2, stride: 2), .dense(units: 18), .activation(.tanh),
    ])
    let mlp = ModelKind.mlp(hidden: [17, 9], activation: .relu)
    return [
      try TrainingCase("logistic, sgd", .logistic, [21], classes: 2, .crossEntropy),
      try TrainingCase("logistic, full batch", .logistic, [21], classes: 2, .crossEntropy, batchSize: .full),
      try TrainingCase(
        "logistic, penalties", .logistic, [21], classes: 2, .crossEntropy,
        regularization: Regularization(l1: 0.01, l2: 0.1)),
      try TrainingCase("svm, momentum", .svm, [21], classes: 2, .squaredHinge, .sgd(momentum: 0.9)),
      try TrainingCase(
        "svm of three, nesterov", .svm, [7], classes: 3, .hinge, .sgd(momentum: 0.9, nesterov: true)),
      try TrainingCase("linear, adagrad", .linear, [7], classes: nil, .huber(delta: 1), .adagrad()),
      try TrainingCase("mlp, adam", mlp, [6], classes: 3, .crossEntropy, .adam()),
      try TrainingCase("mlp, adamW", mlp, [6], classes: nil, .squaredError, .adamW()),
      try TrainingCase("mlp, sgd", mlp, [6], classes: 3, .crossEntropy),
      try TrainingCase("cnn, sgd", cnn, [8, 7, 2], classes: 4, .crossEntropy),
      try TrainingCase("cnn, adam", cnn, [8, 7, 2], classes: 4, .crossEntropy, .adam()),
    ]
  }

  /// Made-up examples: features standard normal, targets at random.
  func examples(_ rows: Int = 11, seed: UInt64 = 1) -> Dataset {
    var coins = RandomStream(seed: seed, purpose: .sample)
    let features = (0..<rows * architecture.inputCount).map { _ in Float(coins.normal()) }
    let targets: Targets =
      if let classes = architecture.classes {
        .classes((0..<rows).map { _ in Int32(coins.below(classes)) }, count: classes)
      } else {
        .values((0..<rows).map { _ in Float(coins.normal()) })
      }
    return Dataset(inputShape: architecture.inputShape, features: features, targets: targets)
  }

  func start() -> ParameterSet {
    var coins = RandomStream(seed: 3, purpose: .initialModel)
    return Network(architecture).initialParameters(using: &coins)
  }

  /// Trains with a trainer of its own, or the given one.
  func train(
    _ trainer: GradientTrainer? = nil, plan: LocalTraining? = nil, on dataset: Dataset? = nil,
    coins: TrainingCoins = TrainingCoins(seed: 7, round: 2, participant: "st-olav"),
    correction: GradientCorrection = .none, shouldStop: () -> Bool = { false }
  ) throws(TrainingError) -> TrainedModel {
    let plan = plan ?? self.plan
    return try (trainer ?? GradientTrainer(Network(architecture))).train(
      from: start(), on: dataset ?? examples(), plan: plan, learningRate: plan.learningRate, coins: coins,
      correction: correction, shouldStop: shouldStop)
  }
}

/// Least squares on three rows of two columns: small enough for formulae.
struct LeastSquares {
  let network: Network
  let dataset = Dataset(inputShape: [2], features: [1, 2, -1, 0.5, 3, -2], targets: .values([1, -2, 0.5]))
  let start: ParameterSet

  init() throws {
    network = Network(try ModelArchitecture(kind: .linear, inputShape: [2], classes: nil))
    start = ParameterSet(layout: network.layout, values: [0.5, -0.25, 1])
  }

  /// ∂/∂w of the mean of (x·w + b − y)² over these rows, in double: (2/n)·Σ (x·w + b − y)·(x, 1).
  func gradient(at parameters: [Double], rows: [Int]) -> [Double] {
    var sum = [0.0, 0, 0]
    guard case .values(let targets) = dataset.targets else { return sum }
    for row in rows {
      let (x0, x1) = (Double(dataset.features[2 * row]), Double(dataset.features[2 * row + 1]))
      let residual = x0 * parameters[0] + x1 * parameters[1] + parameters[2] - Double(targets[row])
      for (index, x) in [x0, x1, 1].enumerated() { sum[index] += 2 * residual * x / Double(rows.count) }
    }
    return sum
  }

  func plan(
    _ batchSize: LocalTraining.BatchSize, _ amount: LocalTraining.Amount,
    regularization: Regularization = .init()
  ) -> LocalTraining {
    LocalTraining(
      loss: .squaredError, regularization: regularization, learningRate: 0.0625, batchSize: batchSize,
      amount: amount, shuffle: false)
  }

  func train(_ plan: LocalTraining, correction: GradientCorrection = .none) throws -> [Float] {
    try GradientTrainer(network).train(
      from: start, on: dataset, plan: plan, learningRate: plan.learningRate, coins: TrainingCoins(seed: 1),
      correction: correction
    ).parameters.values
  }
}

func isClose(_ found: [Float], _ expected: [Double], _ tolerance: Double = 1e-6) -> Bool {
  found.count == expected.count && zip(found, expected).allSatisfy { abs(Double($0) - $1) <= tolerance }
}
