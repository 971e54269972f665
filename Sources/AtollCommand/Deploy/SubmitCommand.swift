import ArgumentParser
import AtollFederation
import AtollNumerics
import AtollReport
import AtollWire
import FoundationEssentials

/// `atoll submit`: a task becomes a run.
struct SubmitCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit",
    abstract: "Give a task to a server, signed by you: a run begins.",
    discussion: """
      Who takes part: those whom the task names under data.participants or federation.participants, or else everyone who \
      is enrolled. The paths in the task stay here; each participant brings its own data. A task with images says their \
      data.shape and data.classes: nobody sees all of them.

      EXAMPLES:
        atoll submit task.yaml --identity server/operator
        atoll submit task.yaml --identity server/operator --set federation.rounds=50 --json
      """)

  @OptionGroup var task: TaskArguments
  @OptionGroup var identity: IdentityOption
  @OptionGroup var common: CommonOptions

  static let undone: String? = "Nothing was submitted."

  func run(on console: Console) throws {
    let task = try task.read()
    try task.checkDeployable()
    let identity = try Identity(contentsOf: identity.identity)
    let yaml = try task.withoutFolders.yaml
    let signature = try identity.sign(Data(yaml.utf8))
    console.show(live: StyledText("asking \(identity.server), for up to 20 s", .dim))
    let run = try waiting { try await WireClient(identity).submit(task: yaml, signature: signature) }
    console.emit("submitted", run.fields)
    console.print("\(run.run.name, .strong)")
    console.print(
      [
        ("task", "\(run.task)"),
        ("waits for", "\(run.participants.map(\.name).joined(separator: ", "))"),
      ], margin: 2)
    let folder = Shell.quoted(self.identity.identity)
    console.print("next   \("atoll watch \(run.run) --identity \(folder)", .next)")
  }
}
