import AtollFederation
import AtollLearning
import AtollNumerics
import AtollStore
import AtollTraining
import FoundationEssentials

/// What a program is told of one training: `instruction.json`.
struct TrainerInstruction: Encodable {
  /// What the program is to leave in `result.safetensors`.
  enum Wanted: String, Encodable {
    /// The model after training.
    case model
    /// The mean gradient over all examples at the global model.
    case gradient
  }

  struct Model: Encodable {
    let kind: String
    let inputShape: [Int]
    let classes: Int?
    let outputs: Int
    let tensors: [Tensor]
  }

  struct Tensor: Encodable {
    let name: String
    let shape: [Int]
  }

  struct Examples: Encodable {
    let count: Int
    let targets: String
  }

  struct Training: Encodable {
    let loss: Kind
    let optimizer: Kind
    let learningRate: Double
    let batchSize: Int?
    let epochs: Int?
    let steps: Int?
    let shuffle: Bool
    let l1: Float
    let l2: Float
    let classWeights: [Float]?
  }

  /// A name with numbers: `{"kind": "sgd", "momentum": 0.9, "nesterov": 0}`.
  struct Kind: Encodable {
    let kind: String
    var settings: [String: Float] = [:]

    private struct Key: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(kind, forKey: Key(stringValue: "kind"))
      for (name, value) in settings { try container.encode(value, forKey: Key(stringValue: name)) }
    }
  }

  let contract = ExternalTrainer.contract
  let wanted: Wanted
  let participant: String
  let round: Int
  let seed: UInt32
  let model: Model
  let examples: Examples
  let training: Training
  let correction: Kind?

  init(_ work: TrainingWork, wanted: Wanted) {
    self.wanted = wanted
    participant = work.participant.name
    round = work.round + 1
    seed = work.coins.programSeed
    let architecture = work.architecture
    model = Model(
      kind: architecture.kind.name, inputShape: architecture.inputShape, classes: architecture.classes,
      outputs: architecture.outputCount,
      tensors: work.start.layout.tensors.map { Tensor(name: $0.name, shape: $0.shape) })
    examples = Examples(count: work.examples.count, targets: work.examples.targets.word)
    training = Training(work)
    correction = work.correction.kind
  }

  /// Writes everything that the program is to find.
  ///
  /// - Throws: `StoreError` when something cannot be written.
  func write(to folder: WorkFolder, _ work: TrainingWork) throws {
    try folder.write(Safetensors.encode(work.start), to: "model.safetensors")
    try folder.write(Safetensors.encode(work.examples.tensors), to: "examples.safetensors")
    if case .control(let control) = work.correction {
      try folder.write(Safetensors.encode(control), to: "correction.safetensors")
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    // Last: who waits for it finds the rest.
    try folder.write(encoder.encode(self), to: "instruction.json")
  }
}

extension TrainingCoins {
  /// 32 public bits for a program: the first of SHA-256 of `atoll trainer`, seed, round (from 0) and participant, one a
  /// line.
  var programSeed: UInt32 {
    let text = "atoll trainer\n\(seed)\n\(round)\n\(participant)"
    return UInt32(ContentHash(of: Array(text.utf8)).hexadecimal.prefix(8), radix: 16) ?? 0
  }
}

extension TrainerInstruction.Training {
  fileprivate init(_ work: TrainingWork) {
    let plan = work.plan
    loss =
      switch plan.loss {
      case .squaredError: .init(kind: "squared-error")
      case .absoluteError: .init(kind: "absolute-error")
      case .huber(let delta): .init(kind: "huber", settings: ["delta": delta])
      case .crossEntropy: .init(kind: "cross-entropy")
      case .hinge: .init(kind: "hinge")
      case .squaredHinge: .init(kind: "squared-hinge")
      }
    optimizer =
      switch plan.optimizer {
      case .sgd(let momentum, let nesterov):
        .init(kind: "sgd", settings: ["momentum": momentum, "nesterov": nesterov ? 1 : 0])
      case .adagrad(let epsilon): .init(kind: "adagrad", settings: ["epsilon": epsilon])
      case .adam(let beta1, let beta2, let epsilon):
        .init(kind: "adam", settings: ["beta1": beta1, "beta2": beta2, "epsilon": epsilon])
      case .adamW(let beta1, let beta2, let epsilon, let decay):
        .init(kind: "adamw", settings: ["beta1": beta1, "beta2": beta2, "epsilon": epsilon, "decay": decay])
      }
    learningRate = work.learningRate
    batchSize = if case .rows(let rows) = plan.batchSize { rows } else { nil }
    epochs = if case .epochs(let count) = plan.amount { count } else { nil }
    steps = if case .steps(let count) = plan.amount { count } else { nil }
    shuffle = plan.shuffle
    (l1, l2) = (plan.regularization.l1, plan.regularization.l2)
    if case .values(let weights) = plan.classWeights {
      classWeights = weights
    } else {
      classWeights = work.classWeights
    }
  }
}

extension GradientCorrection {
  fileprivate var kind: TrainerInstruction.Kind? {
    switch self {
    case .none: nil
    case .proximal(let mu): .init(kind: "proximal", settings: ["mu": mu])
    case .control: .init(kind: "control")
    }
  }

  /// Its name in instructions and metrics.
  var name: String? { kind?.kind }
}

extension Targets {
  fileprivate var word: String {
    switch self {
    case .values: "values"
    case .classes: "classes"
    }
  }
}

extension Dataset {
  /// `features`, one example after the other, and `targets`: numbers, or indices of classes.
  fileprivate var tensors: ParameterSet {
    let layout = ParameterLayout([("features", [count] + inputShape), ("targets", [count])])
    let targets: [Float] =
      switch self.targets {
      case .values(let values): values
      // Exact: there are fewer classes than single precision has whole numbers.
      case .classes(let classes, _): classes.map(Float.init)
      }
    return ParameterSet(layout: layout, values: features + targets)
  }
}
