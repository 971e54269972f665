public import AtollFederation
import AtollLearning
import AtollNumerics
public import AtollPrivacy
import AtollSimulation
public import AtollStore

/// A task and its participants' rows, ready to be attacked: the task is trained again and again in simulation, with rows that
/// the attacker puts in or leaves out.
///
/// How rows become examples is fitted once, to the rows as they are, and counts as known: what the fitting itself gives away
/// is not attacked.
public struct AuditedTask: Sendable {
  /// What is attacked, without what training does not need: no evaluation on the way and no early end.
  let task: FederatedTask
  /// ε and its circumstances, as the task promises them; nil where it promises nothing.
  public let promise: PrivacyGuarantee?
  let preparation: Preparation
  let architecture: ModelArchitecture
  /// Each participant's training rows, as examples.
  let rows: [ParticipantID: Dataset]
  let options: Options
  private let initial: ParameterSet?

  /// How an audit is carried out.
  public struct Options: Sendable {
    /// Decides where canaries lie and which of them are in, and with which seeds the task is trained.
    public var seed: UInt64
    /// Participants trained at the same time.
    public var threads: Int
    /// Told what is being done, and how many of how many trainings are over.
    public var progress: @Sendable (_ what: String, _ done: Int, _ total: Int) -> Void
    /// Asked between participants and between batches.
    public var isCancelled: @Sendable () -> Bool
    /// Fixes secret coins: for tests only, it protects nothing.
    package var insecureSeed: UInt64?

    /// - Parameters:
    ///   - seed: decides where canaries lie and which of them are in, and with which seeds the task is trained.
    ///   - threads: participants trained at the same time.
    ///   - progress: told what is being done, and how many of how many trainings are over.
    ///   - isCancelled: asked between participants and between batches.
    public init(
      seed: UInt64 = 7, threads: Int = 1,
      progress: @escaping @Sendable (_ what: String, _ done: Int, _ total: Int) -> Void = { _, _, _ in },
      isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
      self.seed = seed
      self.threads = threads
      self.progress = progress
      self.isCancelled = isCancelled
    }
  }

  /// Makes examples of the participants' rows.
  ///
  /// - Parameters:
  ///   - task: what is attacked.
  ///   - data: its participants' rows.
  ///   - options: how the audit is carried out.
  /// - Throws: `PreparationError`, `ModelError`, `RunFailure` and `PrivacyError` where the task cannot be run, `StoreError`
  ///   where it starts from a model that cannot be read.
  public init(_ task: FederatedTask, data: TaskData, options: Options = Options()) throws {
    self.options = options
    promise = try task.guarantee
    self.task = try task.setting(
      ["evaluation.baselines=[]", "evaluation.stopping=", "evaluation.keep=last"]
        + ["evaluation.every=\(task.federation.rounds)", "evaluation.per-site=false"])
    let preparation = try data.preparation ?? Self.fit(task, to: data, options)
    self.preparation = preparation
    architecture = try ModelArchitecture(
      kind: task.model, inputShape: preparation.inputShape, classes: preparation.classes)
    rows = try data.participants.mapValues { try preparation.examples(of: $0, .training) }
    if case .file(let path) = task.federation.initial {
      initial = try ModelFile.parameters(path)
    } else {
      initial = nil
    }
    guard rows.values.contains(where: { $0.count > 0 }) else {
      throw RunFailure(.noWeight, "no participant has a row to train on")
    }
  }

  private static func fit(
    _ task: FederatedTask, to data: TaskData, _ options: Options
  ) throws -> Preparation {
    guard let features = task.featurePlan else {
      preconditionFailure("how images become examples is known when they are read")
    }
    return try Simulation(
      of: MemoryPopulation(data.participants), workers: .training(task.extensions),
      options: Simulation.Options(
        seed: task.federation.seed, threads: options.threads, isCancelled: options.isCancelled)
    ).run(FitPreprocessing(features, task.data.preprocess))
  }

  /// The participants, in ascending order.
  var participants: [ParticipantID] { rows.keys.sorted() }

  /// The δ at which ε is told.
  func delta(_ given: Double?) -> Double { promise?.delta ?? given ?? 1e-5 }
}

extension AuditedTask {
  /// Trains the task on some rows.
  ///
  /// - Parameters:
  ///   - population: who takes part, and the rows of each.
  ///   - number: of the training, which decides its public coins.
  ///   - repetition: of a training with the same public coins: its secret ones are others.
  ///   - changes: of the task, as by `--set`.
  ///   - observation: what is to be seen of it.
  /// - Returns: the last model.
  func train(
    _ population: [ParticipantID: Dataset], number: Int, repetition: Int = 0, changes: [String] = [],
    observation: Observation? = nil
  ) throws -> ParameterSet {
    var coins = RandomStream(seed: options.seed, purpose: .audit, step: number)
    let seed = coins.next() >> 1
    let task = try task.setting(["federation.seed=\(seed)"] + changes)
    let program = try task.program(preparation: preparation, initial: initial)
    var workers = WorkerRegistry.training(task.extensions)
    observation?.watch(&workers, task.extensions)
    var own = Simulation.Options(
      seed: seed, threads: options.threads, isCancelled: options.isCancelled)
    own.insecureSeed = options.insecureSeed.map { $0 &+ UInt64(2 * number + repetition) }
    func run(_ program: some FederatedProgram<LearnedModel>) throws -> ParameterSet {
      try Simulation(
        of: MemoryPopulation(population), workers: workers, options: own
      ).run(program).parameters
    }
    return try run(program)
  }
}

extension FederatedTask {
  /// What happens to an update of the first round before it leaves.
  var clipping: UpdateProtection {
    get throws {
      guard let clip = protection.clip else { return .none }
      return try UpdateProtection(clip: clip.initial, of: [.update])
    }
  }
}

extension RandomStream.Purpose {
  /// Canaries, and what an audit leaves to chance.
  static let audit = RandomStream.Purpose(rawValue: "audit")
}
