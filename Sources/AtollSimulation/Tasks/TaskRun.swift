public import AtollFederation
import AtollLearning
public import AtollNumerics
import AtollPrivacy
public import AtollStore
import AtollTraining
import FoundationEssentials
import Synchronization

/// A task simulated in a run directory, from its files to its model: what `atoll run` does.
public struct TaskRun: Sendable {
  /// What is learnt, and how.
  public let task: FederatedTask
  /// The participants' rows.
  public let data: TaskData
  /// Where the run is kept.
  public let directory: RunDirectory
  /// What a person should know before the run begins.
  public let warnings: [String]
  private let options: Options
  private let start: StartingModel?
  /// What the run gives away of participants, in its folder; nil where the task promises no privacy.
  private let charges: RunLedger?

  /// How a task is simulated.
  public struct Options: Sendable {
    /// Participants trained at the same time.
    public var threads: Int
    /// How long participants take, and who is away.
    public var network: any SimulatedNetwork
    /// Who contributed to each exchange of an earlier run, to be repeated.
    public var contributors: [[Contributor]]?
    /// Asked between participants and between batches.
    public var isCancelled: @Sendable () -> Bool
    /// What trains at the participants.
    public var trainer: any Trainer
    /// What each participant allows; nil: nobody asks. One policy stands for all of them here, each counts for itself.
    public var consent: Consent?
    /// Fixes secret coins: for tests only, it protects nothing.
    package var insecureSeed: UInt64?
    /// From when on the run's time is counted: before its data are read, where the caller reads them.
    public var began = ContinuousClock.now

    public init(
      threads: Int, network: any SimulatedNetwork = PerfectNetwork(), contributors: [[Contributor]]? = nil,
      trainer: any Trainer = GradientDescent(), isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
      self.threads = threads
      self.network = network
      self.contributors = contributors
      self.trainer = trainer
      self.isCancelled = isCancelled
    }
  }

  /// What an observer hears.
  public enum Event: Sendable {
    /// Participants are being asked.
    case opened(exchange: Int, query: String, cohort: Int)
    /// So many of the cohort are done. From any thread.
    case answered(Int, of: Int)
    /// What the run's log has.
    case told(RunEvent)
    /// So many of the baselines' trainings are done.
    case baseline(Int, of: Int)
    /// Something turned out on the way that a person should know.
    case warned(String)
  }

  /// Begins a run in a new folder.
  public init(
    _ task: FederatedTask, data: TaskData, folder: String, version: String, options: Options
  ) throws {
    self.task = task
    self.data = data
    self.options = options
    let header = RunHeader(
      atoll: version, task: task.contentHash, seed: task.federation.seed, data: data.hashes,
      participants: data.participants.keys.sorted(), trainer: options.trainer.externalCommand)
    // What can be refused is refused before anything is written.
    if options.trainer.externalCommand != nil, let reason = task.reasonAgainstExternalTrainers {
      throw RunFailure(.unfit, reason, hint: "it without --trainer, or privacy with unit: participant")
    }
    _ = try Self.consents(options, to: task)
    start = try StartingModel(of: task)
    _ = try Self.program(of: task, data: data, start: start)
    try Self.checkRows(task, data)
    try task.checkTurns(of: data.participants.count)
    // The task knows how many there are only where it names them.
    try task.updateFormat.proveNoOverflow(participants: data.participants.count)
    if let contributors = options.contributors { try Self.check(contributors, of: task, data) }
    warnings = data.warnings + (start?.warnings(for: task) ?? [])
    // Wherever it is read again, it means the same files.
    let here = FileManager.default.currentDirectoryPath
    directory = try RunDirectory(creating: folder, header: header, task: task.withPaths(in: here).yaml)
    charges = try Self.charges(of: task, in: folder)
  }

  /// Goes on with an interrupted run.
  ///
  /// - Parameters:
  ///   - folder: the run's folder.
  ///   - given: the task; nil to read it from the folder, where it has no strategy or model of one's own.
  ///   - participants: those of a task that does not name their data.
  ///   - options: how the run goes on.
  ///   - progress: told how far the reading of the data is.
  /// - Throws: `RunFailure` with code `.resume` when the task or the data have changed since it began.
  public init(
    resuming folder: String, task given: FederatedTask? = nil, participants: Participants? = nil,
    options: Options, progress: @escaping TaskData.Progress = { _, _ in }
  ) throws {
    directory = try RunDirectory(resuming: folder)
    if let given, given.contentHash != directory.header.task {
      throw RunFailure(.resume, "the run in \(folder) is of another task", hint: "another folder")
    }
    task =
      try given
      ?? FederatedTask(yaml: directory.taskText, file: folder + "/task.yaml")
      .withPaths(from: FileManager.default.currentDirectoryPath)
    self.options = options
    try Self.check(options.trainer, against: directory.header, in: folder)
    guard task.contentHash == directory.header.task else {
      throw RunFailure(.resume, "\(folder)/task.yaml is not the task that the run began with")
    }
    data = try TaskData(task, participants: participants, progress: progress)
    start = try StartingModel(of: task)
    warnings = data.warnings
    if let contributors = options.contributors { try Self.check(contributors, of: task, data) }
    charges = try Self.charges(of: task, in: folder)
    if let changed = data.hashes.first(where: { directory.header.data[$0.key] != $0.value })?.key {
      throw RunFailure(.resume, "the data of “\(changed)” have changed since the run began")
    }
  }

  /// Refuses a trainer that is not the one which a run began with.
  ///
  /// A folder may come from somebody else: it is never taken at its word which program to start.
  ///
  /// - Throws: `RunFailure` with code `.resume`.
  public static func check(_ trainer: any Trainer, against header: RunHeader, in folder: String) throws {
    guard trainer.externalCommand != header.trainer else { return }
    throw RunFailure(
      .resume,
      header.trainer.map { "the run in \(folder) is trained by a program of its own, “\($0)”" }
        ?? "the run in \(folder) is trained by Atoll, not by “\(trainer.externalCommand ?? "")”",
      hint: header.trainer == nil ? "it without --trainer" : "it with that --trainer, if you trust it")
  }

  private static var noRepetition: RunFailure {
    RunFailure(
      .unfit, "a run with noise cannot be repeated: its noise is drawn anew, and who was asked may be secret")
  }

  private static func charges(of task: FederatedTask, in folder: String) throws -> RunLedger? {
    guard task.privacy != nil else { return nil }
    return try RunLedger(
      LedgerBook(folder + "/ledger.jsonl", holder: "simulation"), run: "run",
      subject: .population("participants", at: "simulation", named: task.name))
  }

  private static func consents(_ options: Options, to task: FederatedTask) throws -> Consents? {
    try options.consent.map {
      try Consents($0, to: task, usesExternalTrainer: options.trainer.externalCommand != nil)
    }
  }

  private static func checkRows(_ task: FederatedTask, _ data: TaskData) throws {
    if let largest = data.participants.max(by: { $0.value.heldOutCount < $1.value.heldOutCount }) {
      try task.checkHeldOutRows(of: largest.value, participant: largest.key)
    }
    if let largest = data.participants.max(by: { $0.value.trainingCount < $1.value.trainingCount }) {
      try task.checkTrainingRows(of: largest.value, participant: largest.key)
    }
  }

  private static func check(
    _ contributors: [[Contributor]], of task: FederatedTask, _ data: TaskData
  ) throws {
    guard task.privacy == nil else { throw noRepetition }
    guard contributors.count >= task.fewestExchanges else {
      throw RunFailure(
        .unfit,
        "the run whose contributors are repeated has \(contributors.count) exchanges, and this one at least \(task.fewestExchanges)",
        hint: "the manifest of a run with as many rounds")
    }
    for (number, contributors) in contributors.enumerated() {
      let names = contributors.map(\.participant)
      if let stranger = names.first(where: { data.participants[$0] == nil }) {
        throw RunFailure(
          .unfit,
          "“\(stranger)” contributed to exchange \(number) to be repeated, and does not take part here")
      }
      guard Set(names).count == names.count else {
        throw RunFailure(.unfit, "a participant contributed twice to exchange \(number) to be repeated")
      }
    }
  }

  static func program(
    of task: FederatedTask, data: TaskData, start: StartingModel?
  ) throws -> any FederatedProgram<LearnedModel> {
    try task.program(preparation: data.preparation, initial: start?.parameters)
  }

  /// Runs to the end and writes what came of it.
  ///
  /// - Throws: what went wrong. What was committed is kept, and the log ends with the reason; but where the input turns
  ///   out to be unfit before the first round, nothing stays behind.
  public func complete(observer: @escaping @Sendable (Event) -> Void) throws -> Outcome {
    do {
      return try completeOrFail(observer: observer)
    } catch let error where Self.isAboutInput(error) && directory.lastRound == 0 {
      directory.discard()
      throw error
    } catch let error as RunFailure where error.code != .cancelled {
      let failed = RunEvent.Failed(
        rounds: directory.lastRound, reason: error.message,
        hint: error.hint, participant: error.participant, time: Self.now)
      // Where even this cannot be written, the failure itself is what counts.
      try? EventLog(in: directory.path).append(.failed(failed))
      throw error
    }
  }

  /// In UTC.
  private static var now: String { Date.now.formatted(.iso8601) }

  private static func isAboutInput(_ error: any Error) -> Bool {
    switch error {
    case is Refusal, is PreparationError, is ModelError, is EvaluationError, is FixedPointError: true
    case let error as TrainingError: [.plan, .data].contains(error.code)
    case let failure as RunFailure: [.noWeight, .overflow, .unfit].contains(failure.code)
    default: false
    }
  }

  private func completeOrFail(observer: @escaping @Sendable (Event) -> Void) throws -> Outcome {
    let log = try RunLog(of: directory)
    let stopped = Mutex<String?>(nil)
    let model = try simulate(Self.program(of: task, data: data, start: start)) { event in
      switch event {
      case .opened(let exchange, let query, let cohort):
        observer(.opened(exchange: exchange, query: query, cohort: cohort))
      case .answered(let count, let total): observer(.answered(count, of: total))
      case .stopped(let reason): stopped.withLock { $0 = reason }
      case .committed(let progress):
        if let note = progress.note { observer(.told(.note(note))) }
        if let round = progress.round { observer(.told(log.append(round))) }
      }
    }
    return try finish(model, stopped: stopped.withLock { $0 }, log: log, observer: observer)
  }

  /// Writes the model, trains the baselines and closes the records.
  func finish(
    _ model: LearnedModel, stopped: String? = nil, log: RunLog, observer: @escaping @Sendable (Event) -> Void
  ) throws -> Outcome {
    let hashes = try ModelFile(model, tables: task.sharedTableFormat).write(to: directory.path)
    let baselines = try Baselines(
      of: task, data: data.participants, preparation: model.preparation, workers: workers,
      options: Simulation.Options(
        seed: task.federation.seed, threads: options.threads, isCancelled: options.isCancelled)
    ) { observer(.baseline($0, of: $1)) }
    let rows = data.participants.mapValues(\.rows)
    let finished = RunEvent.Finished(
      rounds: model.rounds, bestRound: model.round, model: directory.path + "/model.safetensors",
      hash: hashes.numbers, parameters: model.parameters.layout.count, classes: model.classNames,
      rows: rows.values.reduce(into: RunEvent.Rows()) {
        $0.training += $1.training
        $0.heldOut += $1.heldOut
      },
      siteRows: task.evaluation.perSite ? rows : [:], evaluation: model.evaluation,
      baselines: baselines.named, sites: sites(of: model, baselines),
      seconds: (ContinuousClock.now - options.began) / .seconds(1), time: Self.now, stopped: stopped)
    for warning in start?.warnings(comparedWith: model.preparation) ?? [] { observer(.warned(warning)) }
    if let failure = baselines.pooledFailure {
      observer(.warned("the baseline pooled has no model: \(failure.message)"))
    }
    try log.events.append(.finished(finished))
    let traffic = directory.traffic
    let head = try directory.finish(model: hashes)
    observer(.told(.finished(finished)))
    return Outcome(
      model: model, baselines: baselines, finished: finished, head: head, bytesUp: traffic.up,
      bytesDown: traffic.down)
  }

  /// What came of a run.
  public struct Outcome: Sendable {
    /// The federated model.
    public let model: LearnedModel
    /// What it is compared with.
    public let baselines: Baselines
    /// The run's last event.
    public let finished: RunEvent.Finished
    /// The end of the chain of records, which `manifest.json` has.
    public let head: ContentHash
    /// Bytes that all participants sent.
    public let bytesUp: Int
    /// Bytes that all participants received.
    public let bytesDown: Int
  }

  /// Runs a task again without writing anything.
  ///
  /// - Returns: the model that comes of it.
  public static func replay(
    _ task: FederatedTask, data: TaskData, header: RunHeader, options: Options
  ) throws -> LearnedModel {
    guard task.privacy == nil else { throw Self.noRepetition }
    func outcome<Program: FederatedProgram<LearnedModel>>(_ program: Program) throws -> LearnedModel {
      try Simulation(
        of: MemoryPopulation(data.participants),
        workers: .training(task.extensions, trainer: options.trainer),
        store: MemoryRunStore(keepsRecords: false),
        header: header.hash,
        options: Simulation.Options(
          seed: task.federation.seed, threads: options.threads, network: options.network,
          contributors: options.contributors, isCancelled: options.isCancelled)
      ).run(program)
    }
    return try outcome(Self.program(of: task, data: data, start: StartingModel(of: task)))
  }

  private func simulate<Program: FederatedProgram>(
    _ program: Program, observer: @escaping @Sendable (Simulation.Event) -> Void
  ) throws -> Program.Outcome {
    try simulation.run(program, observer: observer)
  }

  /// The run's simulation.
  var simulation: Simulation {
    get throws {
      var own = Simulation.Options(
        seed: task.federation.seed, threads: options.threads, network: options.network,
        contributors: options.contributors, isCancelled: options.isCancelled)
      own.consents = try Self.consents(options, to: task)
      own.charges = charges
      own.insecureSeed = options.insecureSeed
      return Simulation(
        of: MemoryPopulation(data.participants), workers: workers, store: directory,
        header: try directory.header.hash, options: own)
    }
  }

  private var workers: WorkerRegistry { .training(task.extensions, trainer: options.trainer) }

  private func sites(of model: LearnedModel, _ baselines: Baselines) -> [ParticipantID: [String: Evaluation]]
  {
    guard !data.testIsCommon, task.evaluation.perSite else { return [:] }
    var sites: [ParticipantID: [String: Evaluation]] = [:]
    for participant in data.participants.keys {
      var figures: [String: Evaluation] = [:]
      figures["alone"] = baselines.local[participant]?.own
      figures["federated"] = model.evaluation?.sites[participant]
      figures["pooled"] = baselines.pooled?.sites[participant]
      if !figures.isEmpty { sites[participant] = figures }
    }
    return sites
  }
}

/// What is written of a run while it goes on.
final class RunLog: Sendable {
  let events: EventLog
  private let lastRound: Mutex<ContinuousClock.Instant>

  init(of directory: RunDirectory) throws {
    events = EventLog(in: directory.path)
    try events.mend(after: directory)
    lastRound = Mutex(.now)
  }

  /// Writes of a round, with the time since the one before.
  func append(_ round: RoundReport) -> RunEvent {
    let seconds = lastRound.withLock { last in
      let now = ContinuousClock.now
      defer { last = now }
      return (now - last) / .seconds(1)
    }
    let event = RunEvent.round(round, seconds: seconds)
    // The log can be mended from the records; a full disk shows at the next commit.
    try? events.append(event)
    return event
  }
}

extension LocalData {
  fileprivate var rows: RunEvent.Rows {
    switch contents {
    case .table(let local): RunEvent.Rows(training: local.training.count, heldOut: local.heldOut.count)
    case .examples(let training, let heldOut):
      RunEvent.Rows(training: training.count, heldOut: heldOut.count)
    }
  }
}

extension Baselines {
  fileprivate var named: [String: Evaluation] {
    var named: [String: Evaluation] = [:]
    named["local"] = meanLocal
    named["pooled"] = pooled?.pooled
    return named
  }
}
