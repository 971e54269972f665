import ArgumentParser
import AtollFederation
import AtollNumerics
import AtollSimulation
import AtollStore
import FoundationEssentials

/// `atoll verify`: whether a finished run is what it says.
struct VerifyCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check a finished run: its records, its model, and with --replay the training itself.",
    discussion: """
      Recomputes the chain of records in manifest.json and the SHA-256 of model.safetensors, model.json and the task, \
      and compares events.jsonl with the records. With --replay the task is run again with the same contributors, and \
      must end with the same bytes. Of a series of runs, all are checked.

      Exit code 0 when all holds, 1 when something does not.
      """)

  @Argument(
    help: "The run's folder, or that of a series of runs.", completion: .directory, transform: nonEmptyPath)
  var run: String

  @Flag(help: "Run the task again and compare the models.")
  var replay = false

  @OptionGroup var data: SourceOptions
  @OptionGroup var trainer: TrainerOptions

  @Option(help: "Participants trained at the same time in the replay. [default: one for each core]")
  var threads: Int?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let error = KernelChoice.error { throw ValidationError(error) }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads lies between 1 and 1024.")
    }
  }

  func run(on console: Console) throws {
    let isInterrupted = Interrupt.watch()
    if let series = try SeriesRecord.read(in: run) { return try verify(series, on: console) }
    let manifest = try Manifest.read(run)
    var findings = Findings(console: console)
    let broken = try manifest.firstBrokenLink()
    findings.add(
      "records", holds: broken == nil,
      broken.map { number in
        number < manifest.exchanges.count
          ? "exchange \(number) does not follow from its predecessor"
          : "the last exchange is not the one that the chain ends with"
      }
        ?? "\(Figure.count(manifest.exchanges.count, "exchange")), an unbroken chain")
    let model = try ModelFile.Hashes(in: run)
    findings.add(
      "model", holds: model == manifest.model,
      model == manifest.model
        ? model.numbers.abbreviated
        : "the SHA-256 of \(model.numbers == manifest.model.numbers ? "model.json" : "model.safetensors") is not "
          + "the recorded one")
    let odd = try EventLog(in: run).firstDisagreement(with: manifest.exchanges)
    findings.add(
      "events", holds: odd == nil,
      odd.map { "events.jsonl does not tell what was recorded of round \($0)" }
        ?? "the rounds as they were recorded")
    let task = try TaskFile.read(run + "/task.yaml")
    findings.add(
      "task", holds: task.contentHash == manifest.header.task,
      task.contentHash == manifest.header.task
        ? task.contentHash.abbreviated : "task.yaml is not the one that was run")
    if replay { try repeatRun(task, manifest, isInterrupted: isInterrupted, findings: &findings) }
    console.emit(
      "verified", ["run": .string(run), "holds": .bool(findings.allHold), "replayed": .bool(replay)])
    guard findings.allHold else {
      throw Failure(.runFailed, "\(run) is not what its manifest says")
    }
  }

  private func repeatRun(
    _ task: FederatedTask, _ manifest: Manifest, isInterrupted: @escaping @Sendable () -> Bool,
    findings: inout Findings
  ) throws {
    let data = try TaskData(
      task, participants: self.data.participants, progress: findings.console.reading(until: isInterrupted))
    let changed = manifest.header.data.keys.sorted().filter { data.hashes[$0] != manifest.header.data[$0] }
    findings.add(
      "data", holds: changed.isEmpty,
      changed.isEmpty
        ? Figure.count(data.hashes.count, "file")
        : "changed since the run: \(changed.joined(separator: ", "))")
    let options = TaskRun.Options(
      threads: threads ?? Machine.cores, contributors: manifest.contributors, trainer: try trainer.chosen,
      isCancelled: isInterrupted)
    try TaskRun.check(options.trainer, against: manifest.header, in: run)
    let again = try TaskRun.replay(task, data: data, header: manifest.header, options: options)
    let hashes = try ModelFile(again, tables: task.sharedTableFormat).hashes
    findings.add(
      "replay", holds: hashes == manifest.model,
      hashes == manifest.model
        ? "the same bytes again"
        : hashes.numbers == manifest.model.numbers
          ? "the same numbers again, with another model.json"
          : "the training now gives sha256:\(hashes.numbers.hexadecimal)")
  }
}

/// What was checked, line by line.
private struct Findings {
  let console: Console
  private(set) var allHold = true

  init(console: Console) { self.console = console }

  mutating func add(_ subject: String, holds: Bool, _ text: String) {
    allHold = allHold && holds
    let sign: StyledText = holds ? StyledText("✓", .good) : StyledText("✗", .bad)
    let label = subject + String(repeating: " ", count: max(0, 10 - subject.count))
    console.print("  " + sign + " \(label)\(text)", indent: 14)
    console.emit("check", ["subject": .string(subject), "holds": .bool(holds), "text": .string(text)])
  }
}
