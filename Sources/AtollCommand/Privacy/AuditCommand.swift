import ArgumentParser
import AtollAudit
import AtollFederation
import AtollPrivacy
import AtollStore
import FoundationEssentials

/// `atoll privacy audit`: attacks on a task's own promise.
struct AuditCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Attack a task in simulation, and compare what it gives away with what it promises.",
    discussion: """
      Three attacks are carried out on the task as it is configured, on its own rows:
        canaries     rows (or participants, where these are the unit) that are made up are put in by fair coins, and the \
      coins are guessed from what training gives away. How many guesses are right bounds ε from below.
        membership   shadow models are trained to tell from the last model which rows it was trained on.
        inversion    the update of a participant with one row is turned back into the row.

      An audit is no proof: it finds faults, and finding none does not mean that there is none. Where the bound of ε is \
      above the promise, the promise does not hold: the command says so and ends with exit code 1. By chance that happens \
      at most as often as --confidence allows.

      With --json: the events "canaries", "membership", "inversion" and "audit".

      EXAMPLES:
        atoll privacy audit task.yaml
        atoll privacy audit task.yaml --runs 10 --shadows 32
        atoll privacy audit task.yaml --set privacy.epsilon=4 --json
      """)

  @Argument(help: "The task file.", completion: .file(extensions: ["yaml", "yml"]), transform: nonEmptyPath)
  var task: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Change a key of the task. May be repeated; the last wins.", valueName: "key=value"))
  var overrides: [String] = []

  @Option(help: "Participants trained at the same time. [default: one for each core]")
  var threads: Int?

  @Option(help: "Decides where canaries lie, which are in, and the seeds of trainings; not their noise.")
  var seed: UInt64 = 7

  @Option(
    help: "Canaries of one training. [default: as many as there are inputs, 128 at most; participants: 16]")
  var canaries: Int?

  @Option(help: "Trainings with canaries, which count together.")
  var runs = 2

  @Option(help: "Models that membership inference trains for itself.")
  var shadows = 8

  @Option(help: "Rows that inversion tries.")
  var trials = 40

  @Option(help: "The probability with which the bound of ε holds.")
  var confidence = 0.95

  @Option(help: "The δ at which ε is told where the task promises none. [default: 1e-5]")
  var delta: Double?

  @OptionGroup var data: SourceOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let error = KernelChoice.error { throw ValidationError(error) }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads lies between 1 and 1024")
    }
    if let canaries, !(1...100_000).contains(canaries) {
      throw ValidationError("--canaries lies between 1 and 100,000")
    }
    guard (1...10_000).contains(runs) else { throw ValidationError("--runs lies between 1 and 10,000") }
    guard (0...10_000).contains(shadows) else {
      throw ValidationError("--shadows lies between 0 and 10,000")
    }
    guard (1...100_000).contains(trials) else {
      throw ValidationError("--trials lies between 1 and 100,000")
    }
    guard confidence > 0, confidence < 1 else {
      throw ValidationError("--confidence lies between 0 and 1")
    }
    if let delta, !(delta >= 0 && delta < 1) {
      throw ValidationError("--delta is at least 0 and below 1")
    }
  }

  func run(on console: Console) throws {
    let isInterrupted = Interrupt.watch()
    let task = try TaskFile.read(self.task, overrides: overrides)
      .withPaths(from: FileManager.default.currentDirectoryPath)
    if let promised = task.privacy, let delta, delta != promised.delta {
      throw Failure(
        .usage, "the task promises ε at δ \(promised.delta), and --delta is for tasks that promise none")
    }
    let rows = try TaskData(task, participants: data.participants)
    for warning in rows.warnings { console.warn(warning) }
    console.note("attacking “\(task.name)” on \(rows.participants.count) participants' rows, in simulation")
    let audited = try AuditedTask(
      task, data: rows,
      options: AuditedTask.Options(
        seed: seed, threads: threads ?? Machine.cores,
        progress: { what, done, total in
          console.show(live: done < total ? "\(what)   training \(done + 1) of \(total)" : nil)
        }, isCancelled: isInterrupted))
    // Each attack is told when it is over: the next one may take long.
    let found = try CanaryAttack(canaries: canaries, runs: runs, confidence: confidence, delta: delta)(
      on: audited)
    console.show(promise: audited.promise, found)
    console.show(try MembershipInference(shadows: shadows)(on: audited))
    console.show(try GradientInversion(trials: trials, confidence: confidence)(on: audited))
    try console.conclude(promise: audited.promise, found)
  }
}
