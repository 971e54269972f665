import ArgumentParser
import AtollFederation
import AtollNumerics
import AtollSimulation
import AtollStore
import FoundationEssentials

/// `atoll run`: a task simulated on this machine.
struct RunCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Simulate a task on this machine.",
    discussion: """
      Every participant of the task trains here, on its own rows only; the result is the bytes that a deployed run \
      with the same contributors gives, whatever the number of threads.

      The run's folder holds task.yaml as resolved, events.jsonl, manifest.json (a chain of records), the model \
      (model.safetensors with model.json) and report.html, a page about what came of it. With --seeds it holds such a folder for each seed. What was interrupted or \
      killed goes on with --resume.

      EXAMPLES:
        atoll run task.yaml
        atoll run task.yaml --set training.learning-rate=0.01 --seeds 5
        atoll run --resume runs/heart-1
        atoll run task.yaml --trainer "python train.py"
      """)

  static let undone: String? = "Nothing was trained and nothing was written."

  @Argument(help: "The task file.", completion: .file(extensions: ["yaml", "yml"]), transform: nonEmptyPath)
  var task: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Change a key of the task. May be repeated; the last wins.", valueName: "key=value"))
  var overrides: [String] = []

  @Option(help: "Participants trained at the same time. [default: one for each core]")
  var threads: Int?

  @Option(help: "The seed, instead of the task's.")
  var seed: UInt64?

  @Option(help: "Run with so many seeds, from the first on, and report mean and deviation.")
  var seeds: Int?

  @Option(
    help: "Start from a saved model: a run's folder, or a file.",
    completion: .file(extensions: ["safetensors"]), transform: nonEmptyPath)
  var start: String?

  @Option(
    help: "Let exactly those contribute who did in an earlier run: its folder, or its manifest.json.",
    completion: .file(extensions: ["json"]), transform: nonEmptyPath)
  var contributors: String?

  @Option(
    help: "The run's folder, which must be new or empty. [default: runs/NAME-N]", completion: .directory,
    transform: nonEmptyPath)
  var out: String?

  @Option(
    help: "Go on with the interrupted run, or series of runs, in this folder.", completion: .directory,
    transform: nonEmptyPath)
  var resume: String?

  @Option(
    help: "Let every participant apply this policy, on each instruction; open consents to everything.",
    completion: .file(extensions: ["yaml", "yml"]), transform: nonEmptyPath)
  var policy: String?

  @OptionGroup var data: SourceOptions
  @OptionGroup var trainer: TrainerOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let error = KernelChoice.error { throw ValidationError(error) }
    guard (task == nil) != (resume == nil) else {
      throw ValidationError(
        task == nil ? "name a task file, or a run to --resume" : "--resume takes the place of the task file"
      )
    }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads lies between 1 and 1024")
    }
    if let seeds, !(1...10_000).contains(seeds) {
      throw ValidationError("--seeds lies between 1 and 10,000")
    }
    if resume != nil, seeds != nil || seed != nil || start != nil || out != nil || !overrides.isEmpty {
      throw ValidationError("an interrupted run goes on as it began: --resume stands alone")
    }
    if let seed, let seeds, SeriesRecord(firstSeed: seed, count: seeds) == nil {
      throw ValidationError("--seeds \(seeds) from \(seed) on would run past the last seed, \(UInt64.max)")
    }
  }

  func run(on console: Console) throws {
    let isInterrupted = Interrupt.watch()
    var options = TaskRun.Options(
      threads: threads ?? Machine.cores, trainer: try trainer.chosen, isCancelled: isInterrupted)
    options.consent = try policy.map { Consent(try Policy(contentsOf: $0)) }
    let manifest = try contributors.map(Manifest.read)
    options.contributors = manifest?.contributors
    if let resume {
      if let record = try SeriesRecord.read(in: resume) {
        let task = try SeriesRecord.task(in: resume)
        return try SeedSeries(
          record, task: task, participants: data.participants, request: request(resume), options: options
        ).run(on: console)
      }
      _ = try RunReporter.goOn(
        in: resume, participants: data.participants, request: request(resume), options: options, on: console)
      return
    }
    let task = try readTask()
    if let manifest, let contributors, manifest.header.task != task.contentHash {
      console.warn(
        "\(contributors) is of another task (\(manifest.header.task.abbreviated), this one is \(task.contentHash.abbreviated)); who contributed there contributes here"
      )
    }
    let folder = out ?? RunFolder.next(for: task.name)
    guard let seeds else {
      _ = try RunReporter.begin(
        task, participants: data.participants, folder: folder, request: request(folder), options: options,
        on: console)
      return
    }
    guard let record = SeriesRecord(firstSeed: task.federation.seed, count: seeds) else {
      throw Failure(
        .usage,
        "--seeds \(seeds) from \(task.federation.seed) on would run past the last seed, \(UInt64.max)")
    }
    let series = SeedSeries(
      record, task: task, participants: try data.participants, request: request(folder), options: options)
    try record.create(
      in: folder, task: task.withPaths(in: FileManager.default.currentDirectoryPath).yaml)
    try series.run(on: console)
  }

  private func request(_ folder: String) -> RunRequest {
    RunRequest(
      task: task, overrides: overrides + (seed.map { ["federation.seed=\($0)"] } ?? []),
      contributors: contributors, parts: data.words + trainer.words,
      policy: policy, folder: folder)
  }

  private func readTask() throws -> FederatedTask {
    var overrides = overrides
    let here = FileManager.default.currentDirectoryPath
    if let seed { overrides.append("federation.seed=\(seed)") }
    if let start {
      // Named from here, not from the task's folder; in quotes of YAML, whatever the path holds.
      let path = (start.hasPrefix("/") ? start : here + "/" + start).replacing("'", with: "''")
      overrides.append("federation.initial={file: '\(path)'}")
    }
    // Checked above: there is a task or a run to resume.
    return try TaskFile.read(self.task ?? "", overrides: overrides).withPaths(from: here)
  }
}

/// Where runs go by default.
enum RunFolder {
  /// `runs/NAME-N` with the smallest N that is free.
  static func next(for name: String) -> String {
    var number = 1
    while FileManager.default.fileExists(atPath: "runs/\(name)-\(number)") { number += 1 }
    return "runs/\(name)-\(number)"
  }
}

/// What this machine has.
enum Machine {
  static var cores: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }
}
