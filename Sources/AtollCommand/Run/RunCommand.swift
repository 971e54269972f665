import ArgumentParser
import AtollFederation
import AtollSimulation
import AtollStore
import FoundationEssentials

/// `atoll run`: a task simulated on this machine.
struct RunCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Simulate a task on this machine.",
    discussion: """
      Every participant of the task trains here, on its own rows only; the result is the bytes that a deployed run
      with the same contributors gives, whatever the number of threads.

      The run's folder holds task.yaml as resolved, events.jsonl, manifest.json (a chain of records), the model
      (model.safetensors with model.json) and report.html, a page about what came of it. A run that was interrupted or
      killed goes on with --resume.

        atoll run task.yaml
        atoll run task.yaml --set training.learning-rate=0.01 --seeds 5
        atoll run --resume runs/heart-1
      """)

  static let undone: String? = nil

  @Argument(help: "The task file.", completion: .file(extensions: ["yaml", "yml"]))
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

  @Option(help: "Start from a saved model.", completion: .file(extensions: ["safetensors"]))
  var start: String?

  @Option(
    help: "Let exactly those contribute who did in an earlier run.", completion: .file(extensions: ["json"]))
  var contributors: String?

  @Option(help: "The run's folder, which must not exist. [default: runs/NAME-N]", completion: .directory)
  var out: String?

  @Option(help: "Go on with the interrupted run in this folder.", completion: .directory)
  var resume: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let error = KernelChoice.error { throw ValidationError(error) }
    guard (task == nil) != (resume == nil) else {
      throw ValidationError(
        task == nil ? "Name a task file, or a run to --resume." : "--resume takes the place of the task file."
      )
    }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads lies between 1 and 1024.")
    }
    if let seeds, !(1...10_000).contains(seeds) {
      throw ValidationError("--seeds lies between 1 and 10,000.")
    }
    if resume != nil, seeds != nil || seed != nil || start != nil || out != nil || !overrides.isEmpty {
      throw ValidationError("An interrupted run goes on as it began: --resume stands alone.")
    }
  }

  func run(on console: Console) throws {
    let isInterrupted = Interrupt.watch()
    var options = TaskRun.Options(threads: threads ?? Machine.cores, isCancelled: isInterrupted)
    if let contributors {
      options.contributors = try Manifest.read(contributors).contributors
    }
    if let resume {
      let run = try TaskRun(resuming: resume, options: options)
      _ = try show(run, on: console, title: "goes on")
      return
    }
    let task = try readTask()
    if let seeds {
      try SeedSeries(command: self, task: task, count: seeds, options: options).run(on: console)
    } else {
      let folder = out ?? RunFolder.next(for: task.name)
      _ = try runOnce(task, folder: folder, options: options, on: console)
    }
  }

  /// One run from its beginning.
  func runOnce(
    _ task: FederatedTask, folder: String, options: TaskRun.Options, on console: Console
  ) throws -> TaskRun.Outcome {
    let data = try TaskData(task)
    let run = try TaskRun(task, data: data, folder: folder, version: Atoll.version, options: options)
    return try show(run, on: console, title: nil)
  }

  private func show(_ run: TaskRun, on console: Console, title: String?) throws -> TaskRun.Outcome {
    try RunReporter(run, console: console, hints: self.task).complete(continued: title != nil)
  }

  private func readTask() throws -> FederatedTask {
    var overrides = overrides
    if let seed { overrides.append("federation.seed=\(seed)") }
    if let start { overrides.append("federation.initial={file: \"\(absolute(start))\"}") }
    // Checked above: there is a task or a run to resume.
    let task = try TaskFile.read(self.task ?? "", overrides: overrides)
    return try task.withPaths(in: FileManager.default.currentDirectoryPath)
  }

  private func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
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
