import AtollFederation
import AtollLearning
import AtollMeasurement
import AtollNumerics
import AtollSimulation
import AtollTraining
import Synchronization

/// What `atoll bench` gives the machine to do: small, made from coins, the same everywhere.
enum BenchWorkloads {
  // MARK: Training

  /// Grey images in 62 classes, as of handwritten letters and digits.
  private static let imageShape = [28, 28, 1]
  private static let imageClasses = 62
  private static let imageBatch = 10

  /// Two convolutions, max-pooling and two fully connected layers: 1.2 million parameters.
  private static let layers: [Layer] = [
    .convolution(channels: 32), .activation(.relu), .convolution(channels: 64), .activation(.relu),
    .maxPooling(window: 2, stride: 2), .dense(units: 128), .activation(.relu),
  ]

  private static func images(_ count: Int, seed: UInt64) -> Dataset {
    examples(count, shape: imageShape, classes: imageClasses, seed: seed)
  }

  private static func examples(_ count: Int, shape: [Int], classes: Int, seed: UInt64) -> Dataset {
    var coins = RandomStream(seed: seed, purpose: .sample)
    let features = (0..<count * shape.reduce(1, *)).map { _ in Float(2 * coins.uniform() - 1) }
    let labels = (0..<count).map { _ in Int32(coins.next() >> 33) % Int32(classes) }
    return Dataset(inputShape: shape, features: features, targets: .classes(labels, count: classes))
  }

  /// Examples per second of the small network on one thread.
  static func training(repeats: Int, seconds: Double) throws -> Spread {
    let architecture = try ModelArchitecture(
      kind: .cnn(layers: layers), inputShape: imageShape, classes: imageClasses)
    let network = Network(architecture)
    let trainer = GradientTrainer(network)
    let examples = images(200, seed: 1)
    var coins = RandomStream(seed: 1, purpose: .initialModel)
    var model = network.initialParameters(using: &coins)
    var plan = imagePlan
    func train(steps: Int) throws {
      plan.amount = .steps(steps)
      model = try trainer.train(
        from: model, on: examples, plan: plan, learningRate: plan.learningRate, coins: TrainingCoins(seed: 1)
      ).parameters
    }
    // Memory is taken and caches are filled.
    try train(steps: 2)
    return try Spread.rate(repeats: repeats, seconds: seconds) {
      try train(steps: 5)
      return Double(5 * imageBatch)
    }
  }

  private static var imagePlan: LocalTraining {
    LocalTraining(
      loss: .crossEntropy, learningRate: 0.01, batchSize: .rows(imageBatch), shuffle: false)
  }

  /// Operations of one example's training, two for each multiply-add: forwards, and backwards to the weights and, but
  /// for the first layer, to what comes in; before a pooling only from what it let through. Activations and pooling are
  /// not counted.
  static let operationsPerImage: Double = {
    var (height, width, channels) = (imageShape[0], imageShape[1], imageShape[2])
    var forward: [Int] = []
    var backward: [Int] = []
    func count(_ products: Int) {
      forward.append(products)
      backward.append(products)
    }
    for layer in layers + [.dense(units: imageClasses)] {
      switch layer {
      case .convolution(let outputs, let kernel, let stride, let padding):
        (height, width) = (
          (height + 2 * padding - kernel) / stride + 1, (width + 2 * padding - kernel) / stride + 1
        )
        count(height * width * outputs * kernel * kernel * channels)
        channels = outputs
      case .maxPooling(let window, let stride):
        let before = height * width
        (height, width) = ((height - window) / stride + 1, (width - window) / stride + 1)
        backward[backward.count - 1] = backward[backward.count - 1] * height * width / before
      case .dense(let units):
        count(height * width * channels * units)
        (height, width, channels) = (1, 1, units)
      case .activation: break
      }
    }
    return Double(2 * (forward.reduce(0, +) + 2 * backward.reduce(0, +) - backward[0]))
  }()

  /// Examples per second in whole rounds of the same network: training, exact sums and commits.
  static func trainingInRounds(threads: Int, seconds: Double) throws -> Spread {
    let rows = 2 * imageBatch
    let plan = TrainingPlan(
      model: .cnn(layers: layers), strategy: FedAvg(), training: imagePlan, rounds: manyRounds,
      evaluation: neverEvaluated, seed: 1)
    let participants = try population(4 * threads) { images(rows, seed: UInt64($0)) }
    let preparation = Preparation(inputShape: imageShape, classes: imageClasses)
    return try rounds(of: plan, preparation, participants, threads: threads, seconds: seconds)
      * Double(4 * threads * rows)
  }

  // MARK: Tables

  static let tablesPerRound = 1000
  static let rowsPerTable = 32
  static let columnsPerTable = 64

  /// Participants per second that train a logistic regression on a small table, in whole rounds on one thread.
  static func tables(seconds: Double) throws -> Spread {
    let shape = [columnsPerTable]
    let plan = TrainingPlan(
      model: .logistic, strategy: FedAvg(),
      training: LocalTraining(loss: .crossEntropy, learningRate: 0.1, batchSize: .rows(16), shuffle: false),
      rounds: manyRounds, evaluation: neverEvaluated, seed: 1)
    let participants = try population(tablesPerRound) {
      examples(rowsPerTable, shape: shape, classes: 2, seed: UInt64($0))
    }
    return try rounds(
      of: plan, Preparation(inputShape: shape, classes: 2), participants, threads: 1, seconds: seconds)
      * Double(tablesPerRound)
  }

  /// Operations of one participant's pass: forwards and backwards to the weights.
  static let operationsPerTable = Double(4 * rowsPerTable * columnsPerTable)

  // MARK: Rounds

  private static let manyRounds = 1_000_000
  private static var neverEvaluated: EvaluationPlan {
    EvaluationPlan(every: manyRounds, metrics: [.loss], perSite: false)
  }

  private static func population(
    _ count: Int, _ examples: (Int) -> Dataset
  ) throws -> MemoryPopulation {
    var data: [ParticipantID: LocalData] = [:]
    for number in 0..<count {
      guard let participant = ParticipantID("bench-\(number)") else { continue }
      let all = examples(number + 1)
      data[participant] = LocalData(all)
    }
    return MemoryPopulation(data)
  }

  /// Rounds per second of a simulation that is stopped after some time; the first round warms up.
  private static func rounds(
    of plan: TrainingPlan<FedAvg>, _ preparation: Preparation, _ population: MemoryPopulation, threads: Int,
    seconds: Double
  ) throws -> Spread {
    let commits = Mutex<[ContinuousClock.Instant]>([])
    let isOver: @Sendable () -> Bool = {
      commits.withLock { commits in
        guard let first = commits.first, commits.count > 3 else { return false }
        return ContinuousClock.now - first > .seconds(seconds)
      }
    }
    let simulation = Simulation(
      of: population, workers: .training, store: MemoryRunStore(keepsRecords: false),
      options: Simulation.Options(seed: 1, threads: threads, isCancelled: isOver))
    do {
      _ = try simulation.run(Training(plan, from: preparation)) { event in
        if case .committed = event { commits.withLock { $0.append(.now) } }
      }
    } catch let failure as RunFailure where failure.code == .cancelled {
      // As planned.
    }
    let times = commits.withLock { $0 }
    return Spread(of: zip(times, times.dropFirst()).map { 1 / (($1 - $0) / .seconds(1)) })
  }

  // MARK: Sums and tables of text

  /// Bytes per second of updates that are added up exactly on one thread.
  static func exactSum(repeats: Int, seconds: Double) throws -> Spread {
    let (updates, count) = (8, 2_000_000)
    let format = try FixedPoint(fractionBits: 24, bound: 8, weightCap: 1 << 20)
    var coins = RandomStream(seed: 1, purpose: .sample)
    let terms = (0..<updates).map { update in
      WeightedNumbers((0..<count).map { _ in Float(coins.uniform() - 0.5) }, weight: 100 + update)
    }
    return try Spread.rate(repeats: repeats, seconds: seconds) {
      var sum = RingVector(zeros: count)
      try sum.add(terms, as: format)
      return Double(4 * updates * count)
    }
  }

  /// Bytes per second of delimited text that becomes a table on one thread.
  static func parsing(_ sample: SampleTable, repeats: Int, seconds: Double) throws -> Spread {
    let source = MemorySource(sample.csv, name: "sample.csv")
    return try Spread.rate(repeats: repeats, seconds: seconds) {
      let table = try Table(csv: source, schema: sample.schema)
      precondition(table.rowCount == sample.rowCount, "every row is read")
      return Double(sample.csv.count)
    }
  }
}
