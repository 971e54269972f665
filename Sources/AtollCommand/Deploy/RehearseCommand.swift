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
      Reads your table as the task says, prepares it, trains one round and evaluates, all on this machine and alone. What \
      fails here would fail in the federation; what is listed is what would leave.

      EXAMPLES:
        atoll rehearse task.yaml --data admissions.csv
      """)

  @OptionGroup var task: TaskArguments

  @Option(
    help: "Your table: a CSV file, plain or compressed by gzip.",
    completion: .file(extensions: ["csv", "gz"]), transform: nonEmptyPath)
  var data: String

  @Option(help: "Your name in the federation, where the task says what your columns are called.")
  var name = "rehearsal"

  @OptionGroup var common: CommonOptions

  static let undone: String? = "Nothing was sent."

  func run(on console: Console) throws {
    let isInterrupted = Interrupt.watch()
    guard let participant = ParticipantID(name) else {
      throw Failure(.usage, "--name: “\(name)” cannot be a participant's name")
    }
    let task = try task.read()
    try task.checkDeployable()
    let local = try LocalData(
      csv: data, for: task, participant: participant, progress: console.reading(until: isInterrupted))
    console.show(live: StyledText("one round on \(Figure.count(local.trainingCount, "row"))", .dim))
    let rehearsal = try Rehearsal(
      of: task, data: local, participant: participant, isCancelled: isInterrupted)
    for step in rehearsal.steps {
      console.emit(
        "answer",
        [
          "kind": .string(step.kind), "bytes": .integer(step.bytes),
          "seconds": .number(step.duration / .seconds(1)),
        ])
    }
    console.emit(
      "rehearsed",
      [
        "training_rows": .integer(local.trainingCount), "held_out_rows": .integer(local.heldOutCount),
        "parameters": .integer(rehearsal.parameters), "task_sha256": .string("\(task.contentHash)"),
      ])
    console.print(
      "\(Figure.count(local.trainingCount, "row")) to train on, \(Figure.grouped(local.heldOutCount)) held out; a model of \(Figure.count(rehearsal.parameters, "number"))."
    )
    console.print("")
    console.print(
      TextTable(
        [.text("what would leave", width: 18), .number("size", width: 9), .number("takes", width: 9)],
        rows: rehearsal.steps.map { step in
          [
            StyledText(step.kind), StyledText(Figure.bytes(step.bytes)),
            StyledText(Figure.duration(seconds: step.duration / .seconds(1))),
          ]
        }, margin: 2))
    console.print("")
    console.print("Nothing was sent. Training and evaluation come again each round.")
    console.print("next   \("atoll task show \(Shell.quoted(self.task.task))", .next)")
  }
}
