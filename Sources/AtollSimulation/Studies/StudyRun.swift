public import AtollFederation
import AtollLearning
import AtollNumerics
import AtollStore
import Synchronization

/// A study that is being run, round by round.
///
/// ```swift
/// let run = try study.start()
/// for try await round in run {
///   print(round)
///   if let auc = round[.auc], auc > 0.99 { break }
/// }
/// let model = run.model
/// ```
/// One round is trained at a time, when it is asked for; what was committed stays, and `finish()` runs what is left.
/// Without concurrency, `while let round = try run.next()` does the same.
public final class StudyRun: Sendable {
  /// The study.
  public let study: Study
  private let durable: TaskRun?
  private let log: RunLog?
  /// The rounds of a study without a folder; what a folder keeps is read back from there.
  private let told = Mutex<[RoundReport]>([])
  private let driver: Mutex<any TaskDriver>
  private let isCancelled: Cancellation

  init(_ study: Study) throws {
    self.study = study
    let flag = Cancellation()
    isCancelled = flag
    let durable = try study.durableRun { flag.isSet }
    self.durable = durable
    log = try durable.map { try RunLog(of: $0.directory) }
    let simulation = try durable?.simulation ?? Self.simulation(of: study, isCancelled: flag)
    do {
      let program = try TaskRun.program(
        of: study.task, data: study.data, start: StartingModel(of: study.task))
      driver = Mutex(try makeDriver(simulation, program))
    } catch {
      if let durable, durable.directory.isEmpty { durable.directory.discard() }
      throw error
    }
  }

  private static func simulation(of study: Study, isCancelled flag: Cancellation) throws -> Simulation {
    let header = RunHeader(
      atoll: RunHeader.currentVersion, task: study.task.contentHash, seed: study.task.federation.seed,
      data: study.data.hashes, participants: study.data.participants.keys.sorted(),
      trainer: study.options.trainer.externalCommand)
    return Simulation(
      of: MemoryPopulation(study.data.participants), workers: study.workers,
      store: MemoryRunStore(keepsRecords: false), header: try header.hash,
      options: Simulation.Options(
        seed: study.task.federation.seed, threads: study.options.threads, network: study.options.network,
        isCancelled: { flag.isSet }))
  }

  /// Trains the next round on the caller's thread and those of the run.
  ///
  /// - Returns: the round, once it is kept; nil after the last one.
  /// - Throws: `RunFailure`, and what trainers and stores throw. What was committed is kept.
  public func next() throws -> Round? {
    let next = try driver.withLock { driver in
      let report = try driver.nextRound()
      if log == nil, let report { told.withLock { $0.append(report) } }
      return report
    }
    guard let report = next else { return nil }
    _ = log?.append(report)
    return Round(report, of: study.task.federation.rounds)
  }

  /// The model so far; nil before the first round.
  public var model: LearnedModel? {
    driver.withLock { $0.model }.flatMap { $0.rounds > 0 ? $0 : nil }
  }

  /// Runs what is left, and trains the models that the task compares with.
  ///
  /// - Returns: the model, and what it is compared with. Where the study has a folder, all is written there.
  public func finish() throws -> StudyResult {
    while try next() != nil {}
    let model = try driver.withLock { try $0.outcome() }
    if let durable, let log {
      var rounds: [RoundReport] = []
      try durable.directory.forEachRound { rounds.append($0) }
      let outcome = try durable.finish(model, log: log) { _ in }
      return StudyResult(task: study.task, model: outcome.model, rounds: rounds, baselines: outcome.baselines)
    }
    let flag = isCancelled
    let baselines = try Baselines(
      of: study.task, data: study.data.participants, preparation: model.preparation,
      workers: study.workers,
      options: Simulation.Options(
        seed: study.task.federation.seed, threads: study.options.threads, isCancelled: { flag.isSet }))
    return StudyResult(
      task: study.task, model: model, rounds: told.withLock { $0 }, baselines: baselines)
  }

  /// The same on threads of its own while the caller is suspended.
  public func finish() async throws -> StudyResult { try await cancellable { try self.finish() } }

  /// Work on a thread of its own that ends when the caller's task is cancelled.
  fileprivate func cancellable<Result: Sendable>(
    _ work: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    isCancelled.clear()
    return try await withTaskCancellationHandler {
      do {
        return try await onThread(work)
      } catch let failure as RunFailure where failure.code == .cancelled {
        throw CancellationError()
      }
    } onCancel: {
      isCancelled.set()
    }
  }
}

extension StudyRun: AsyncSequence {
  /// Trains a round, on threads of the run, whenever one is asked for. A cancelled task ends it with `CancellationError`.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let run: StudyRun

    /// The next round, once it is kept; nil after the last one.
    public mutating func next() async throws -> Round? {
      let run = run
      return try await run.cancellable { try run.next() }
    }
  }

  /// The rounds that are left.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(run: self) }
}

extension Study {
  var workers: WorkerRegistry { .training(task.extensions, trainer: options.trainer) }
}

/// Whether a run is to stop.
private final class Cancellation: Sendable {
  private let flag = Atomic(false)
  var isSet: Bool { flag.load(ordering: .relaxed) }
  func set() { flag.store(true, ordering: .relaxed) }
  func clear() { flag.store(false, ordering: .relaxed) }
}

// MARK: Programs, whatever their type

/// The driver of a program that gives a model.
private protocol TaskDriver: Sendable {
  mutating func nextRound() throws -> RoundReport?
  func outcome() throws -> LearnedModel
  var model: LearnedModel? { get }
}

extension Driver: TaskDriver where Program.Outcome == LearnedModel {
  fileprivate mutating func nextRound() throws -> RoundReport? {
    while case .exchange(let exchange) = try state.program.next() {
      if let round = try perform(exchange).round { return round }
    }
    return nil
  }

  fileprivate func outcome() throws -> LearnedModel {
    guard case .finish(let model) = try state.program.next() else {
      preconditionFailure("asked for after the last round")
    }
    return model
  }

  fileprivate var model: LearnedModel? { (state.program as? any ModelInProgress)?.modelSoFar }
}

private func makeDriver<Program: FederatedProgram<LearnedModel>>(
  _ simulation: Simulation, _ program: Program
) throws -> any TaskDriver {
  try Driver(simulation, program) { _ in }
}
