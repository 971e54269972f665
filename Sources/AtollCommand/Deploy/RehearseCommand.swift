import ArgumentParser
import AtollClient
import AtollFederation
import AtollNumerics
import AtollReport
import AtollStore

/// `atoll rehearse`: one round with nothing sent.
struct RehearseCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "rehearse",
    abstract:
      "Try one round of a task on your own data, with nothing sent: what would leave, and how long it takes.",
    discussion: """
      Reads your table, or your images, as the task says, prepares them, trains one round and evaluates, all on this \
      machine and alone. What fails here would fail in the federation; what is listed is what would leave. With --policy, \
      every question is judged as it would be there, and the exit code is 77 when one would be refused.

      EXAMPLES:
        atoll rehearse task.yaml --data admissions.csv
        atoll rehearse task.yaml --data images:scans.idx.gz,findings.idx.gz
        atoll rehearse task.yaml --data ward.yaml --policy policy.yaml --trainer "python train.py"
      """)

  @OptionGroup var task: TaskArguments

  @Option(help: "Your name in the federation, where the task says what your columns are called.")
  var name = "rehearsal"

  @Option(
    help: "The policy that would judge; open allows everything.",
    completion: .file(extensions: ["yaml", "yml"]), transform: nonEmptyPath)
  var policy = "open"

  @OptionGroup var own: OwnSource
  @OptionGroup var trainer: TrainerOptions
  @OptionGroup var common: CommonOptions

  static let undone: String? = "Nothing was sent."

  func run(on console: Console) throws {
    let isInterrupted = Interrupt.watch()
    guard let participant = ParticipantID(name) else {
      throw Failure(.usage, "--name: “\(name)” cannot be a participant's name")
    }
    let task = try task.read()
    try task.checkDeployable()
    let policy = try Policy(contentsOf: policy)
    let trainer = try trainer.chosen
    if trainer.externalCommand != nil, let reason = task.reasonAgainstExternalTrainers {
      throw Failure(.badInput, reason, try: ["it without --trainer"])
    }
    let local = try LocalData(
      own.source, for: task, participant: participant, progress: console.reading(until: isInterrupted))
    console.show(live: StyledText("one round on \(Figure.count(local.trainingCount, "row"))", .dim))
    let rehearsal = try Rehearsal(
      of: task, data: local, participant: participant, policy: policy, trainer: trainer,
      isCancelled: isInterrupted)
    let refusals =
      policy.findings(on: task, usesExternalTrainer: trainer.externalCommand != nil).compactMap(\.refusal)
      + rehearsal.steps.compactMap(\.refusal)
    emit(rehearsal, of: task, on: local, refusals, console)
    console.print(
      "\(Figure.count(local.trainingCount, "row")) to train on, \(Figure.grouped(local.heldOutCount)) held out; a model of \(Figure.count(rehearsal.parameters, "number"))."
    )
    console.print("")
    show(rehearsal, on: console)
    console.print("")
    guard let first = refusals.first else {
      console.print("Nothing was sent. Training and evaluation come again each round.")
      return console.print("next   \("atoll task show \(Shell.quoted(self.task.task))", .next)")
    }
    var failure = Failure(first)
    failure.faults[0][0] = "your policy would refuse: " + failure.faults[0][0]
    throw failure
  }

  private func emit(
    _ rehearsal: Rehearsal, of task: FederatedTask, on local: LocalData, _ refusals: [Refusal],
    _ console: Console
  ) {
    for step in rehearsal.steps {
      console.emit(
        "answer",
        [
          "kind": .string(step.kind), "what": .string(step.what), "bytes": .integer(step.bytes),
          "seconds": .number(step.duration / .seconds(1)),
          "refused": step.refusal.map { .string($0.message) } ?? .null,
        ])
    }
    console.emit(
      "rehearsed",
      [
        "training_rows": .integer(local.trainingCount), "held_out_rows": .integer(local.heldOutCount),
        "parameters": .integer(rehearsal.parameters), "task_sha256": .string("\(task.contentHash)"),
        "refusals": .array(
          refusals.map { ["rule": .string($0.rule), "message": .string($0.message)] }),
      ])
  }

  private func show(_ rehearsal: Rehearsal, on console: Console) {
    console.print(
      TextTable(
        [
          .text("what would leave", width: 18), .number("size", width: 9), .number("takes", width: 9),
          .text(""),
        ],
        rows: rehearsal.steps.map { step in
          [
            StyledText(step.kind), StyledText(Figure.bytes(step.bytes)),
            StyledText(Figure.duration(seconds: step.duration / .seconds(1))),
            step.refusal.map { StyledText("✗ \($0.rule)", .bad) } ?? "",
          ]
        }, margin: 2))
  }
}
