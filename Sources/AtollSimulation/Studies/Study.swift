public import AtollFederation
public import AtollStore
import FoundationEssentials

/// A task and the participants to learn it from: what `atoll run` does, as a value.
///
/// ```swift
/// let study = try Study(task, participants: hospitals)
/// let result = try study.run { round in print(round) }
/// ```
/// All participants are simulated on this machine; each trains on its own rows only, and what comes out are the bytes that
/// a deployed run with the same contributors gives. Training has threads of its own and never runs on those of Swift
/// concurrency.
public struct Study: Sendable {
  /// What is learnt, and how.
  public let task: FederatedTask
  /// The participants' rows.
  public let data: TaskData
  /// Where the run is kept; nil: in memory.
  public let folder: String?
  let options: TaskRun.Options
  private let given: Participants?

  /// Reads the data, and refuses what does not go together.
  ///
  /// - Parameters:
  ///   - task: what is learnt, and how.
  ///   - participants: who takes part, and their rows; nil for a task that names its files.
  ///   - folder: where the run is kept, so that one that is interrupted goes on there the next time; nil keeps it in
  ///     memory. A finished run is never written over.
  ///   - threads: participants trained at the same time; nil for one for each core. No result depends on it.
  ///   - trainer: what trains at the participants.
  ///   - network: how long participants take, and who is away, in virtual time.
  /// - Throws: `StoreError` and `TableError` about files, `PreparationError` about what is in them, `RunFailure`
  ///   when task and participants do not go together.
  public init(
    _ task: FederatedTask, participants: Participants? = nil, folder: String? = nil, threads: Int? = nil,
    trainer: any Trainer = GradientDescent(), network: any SimulatedNetwork = PerfectNetwork()
  ) throws {
    self.task = task
    self.folder = folder
    given = participants
    data = try TaskData(task, participants: participants)
    options = TaskRun.Options(
      threads: threads ?? max(1, ProcessInfo.processInfo.activeProcessorCount), network: network,
      trainer: trainer)
  }

  /// Begins the run, or goes on with the one that was interrupted in the study's folder.
  ///
  /// - Throws: what the task's program refuses before its first round; `StoreError` about the folder.
  public func start() throws -> StudyRun { try StudyRun(self) }

  /// Runs to the end.
  ///
  /// - Parameter observe: told of each round once it is kept, on the caller's thread; what it throws ends the run, which can
  ///   be gone on with where it has a folder.
  /// - Returns: the model, and what it is compared with.
  public func run(_ observe: (Round) throws -> Void = { _ in }) throws -> StudyResult {
    let run = try start()
    while let round = try run.next() { try observe(round) }
    return try run.finish()
  }

  /// Runs to the end on threads of its own while the caller is suspended.
  ///
  /// - Parameters:
  ///   - isolation: the actor that waits.
  ///   - observe: told of each round once it is kept; what it throws ends the run.
  /// - Returns: the model, and what it is compared with.
  public func run(
    isolation: isolated (any Actor)? = #isolation, _ observe: (Round) throws -> Void = { _ in }
  ) async throws -> StudyResult {
    let run = try start()
    for try await round in run { try observe(round) }
    return try await run.finish()
  }

  /// The run in the study's folder, new or gone on with; nil without a folder.
  func durableRun(isCancelled: @escaping @Sendable () -> Bool) throws -> TaskRun? {
    guard let folder else { return nil }
    var options = options
    options.isCancelled = isCancelled
    guard FileManager.default.fileExists(atPath: folder + "/state/header.json") else {
      return try TaskRun(
        task, data: data, folder: folder, version: RunHeader.currentVersion, options: options)
    }
    return try TaskRun(resuming: folder, task: task, participants: given, options: options)
  }
}
