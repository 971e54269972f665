import AtollFederation
import AtollLearning
import AtollNumerics
import AtollReport
import AtollSimulation
import AtollStore

/// Carries a run to its end and tells a person, or a program, what happens.
struct RunReporter {
  private let run: TaskRun
  private let console: Console
  private let request: RunRequest

  init(_ run: TaskRun, console: Console, request: RunRequest) {
    self.run = run
    self.console = console
    self.request = request
  }

  private var task: FederatedTask { run.task }

  /// One run from its beginning.
  static func begin(
    _ task: FederatedTask, participants: Participants?, folder: String, request: RunRequest,
    options: TaskRun.Options, on console: Console
  ) throws -> TaskRun.Outcome {
    let data = try TaskData(
      task, participants: participants, progress: console.reading(until: options.isCancelled))
    let run = try TaskRun(task, data: data, folder: folder, version: Atoll.version, options: options)
    return try RunReporter(run, console: console, request: request).complete()
  }

  /// The rest of an interrupted run.
  static func goOn(
    in folder: String, participants: Participants?, request: RunRequest, options: TaskRun.Options,
    on console: Console
  ) throws -> TaskRun.Outcome {
    let run = try TaskRun(
      resuming: folder, participants: participants, options: options,
      progress: console.reading(until: options.isCancelled))
    return try RunReporter(run, console: console, request: request).complete(continued: true)
  }

  func complete(continued: Bool = false, introduces: Bool = true) throws -> TaskRun.Outcome {
    if introduces { introduce(continued: continued) }
    for warning in run.warnings { console.warn(warning) }
    let outcome = try outcome { _ in true }
    let report = writeReport()
    console.note("")
    console.note(StyledText(ending(of: outcome)))
    RunSummary(run: run, outcome: outcome, request: request, report: report).print(on: console)
    if let stopped = outcome.finished.stopped {
      throw Failure(
        .refusedByOwner, stopped,
        undone: "The model of round \(outcome.model.rounds) is kept; no later round was trained.",
        try: ["more noise-multiplier, fewer rounds, or a larger epsilon under privacy"])
    }
    return outcome
  }

  /// Does again what a federation has done on this machine, and sets each site alone and all of them pooled beside it.
  ///
  /// - Parameter deployed: what the federation came to.
  /// - Throws: ``Failure`` where the model is another one.
  func compare(with deployed: DeployedOutcome) throws {
    let outcome = try outcome { event in
      switch event {
      // Its rounds have been told of already.
      case .opened, .answered, .told(.round), .told(.note): false
      case .baseline, .warned, .told: true
      }
    }
    guard outcome.finished.hash == deployed.model else {
      throw Failure(
        .bug,
        "the federation's model has \(deployed.model), and the same run simulated \(outcome.finished.hash)")
    }
    let report = writeReport()
    RunSummary(run: run, outcome: outcome, request: request, report: report, deployed: deployed)
      .print(on: console)
  }

  private func outcome(hearing isTold: @escaping @Sendable (TaskRun.Event) -> Bool) throws -> TaskRun.Outcome
  {
    let rounds = RoundTable(task: task, console: console)
    defer { rounds.end() }
    do {
      return try run.complete { event in
        if isTold(event) { rounds.hear(event) }
      }
    } catch {
      rounds.end()
      throw failure(of: error)
    }
  }

  /// - Returns: the page's path; nil where it could not be written, which takes nothing from the run.
  private func writeReport() -> String? {
    do {
      return try ReportFile.write(of: run.directory.path)
    } catch {
      console.warn("\(error); the run is finished, and has no report")
      return nil
    }
  }

  private func introduce(continued: Bool) {
    let rows = run.data.participants.values.reduce(0) { $0 + $1.rowCount }
    let participants = Figure.count(run.data.participants.count, "participant")
    let title = StyledText("\(task.name):", .strong)
    console.note(
      title
        + " \(task.federation.strategy.name), \(task.model.name), \(participants), \(Figure.count(rows, "row"))",
      indent: 2)
    console.note("  checked  task and data; no overflow possible", indent: 11)
    if let promise = task.promise { console.note("  privacy  \(promise)", indent: 11) }
    if let command = run.directory.header.trainer {
      console.note(
        "  trainer  “\(command)”, a program of your own: no privacy of single records is ever claimed for it",
        indent: 11)
    }
    if continued {
      console.note("  resumed  after round \(doneRounds) of \(task.federation.rounds)", indent: 11)
    }
  }

  /// How long it took, and which model it is where that is not the last.
  private func ending(of outcome: TaskRun.Outcome) -> String {
    let rounds = Figure.count(outcome.model.rounds, "round")
    let time = Figure.duration(seconds: outcome.finished.seconds)
    guard task.evaluation.keep == .best, let metric = task.evaluation.deciding else {
      return "Finished: \(rounds) in \(time)."
    }
    return
      "Finished: \(rounds) in \(time). The model is that of round \(outcome.model.round), the best by \(metric.title) on the held-out rows; on others expect somewhat less."
  }

  private var doneRounds: Int { run.directory.lastRound }

  /// What went wrong, what of the run is kept, and how it goes on.
  private func failure(of error: any Error) -> Failure {
    let folder = run.directory.path
    let done = "round \(doneRounds) of \(task.federation.rounds)"
    if let failure = error as? RunFailure, failure.code == .cancelled {
      return Failure(
        .interrupted, "stopped after \(done)", undone: "What is done is saved in \(folder).",
        try: [request.resuming])
    }
    var failure = Failure(error)
    // A run that could not even begin leaves nothing.
    guard RunDirectory.isUnfinished(folder) else { return failure }
    let kept = doneRounds > 0 ? "What was done up to \(done)" : "The run, of which no round is done,"
    failure.undone = failure.undone ?? "\(kept) is saved in \(folder)."
    if failure.status == .runFailed, let page = try? ReportFile.write(of: folder) {
      failure.undone = (failure.undone.map { $0 + " " } ?? "") + "What happened until then is in \(page)."
    }
    if failure.status == .cannotWrite { failure.attempts += ["when there is room again:", request.resuming] }
    return failure
  }
}

extension LocalData {
  /// All rows, to train on and held out.
  var rowCount: Int {
    switch contents {
    case .table(let local): local.training.count + local.heldOut.count
    case .examples(let training, let heldOut): training.count + heldOut.count
    }
  }
}
