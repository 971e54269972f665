import ArgumentParser
import AtollClient
import AtollNumerics
import AtollReport
import AtollWire

/// `atoll withdraw`: ends a data owner's part in a run.
struct WithdrawCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "withdraw",
    abstract: "Give nothing more to a run that goes on.",
    discussion: """
      Works on the participant's machine, whether or not it runs: from now on it answers no question of that run, \
      and an answer that was not sent yet is dropped. The server is told with its next question, and does not wait for \
      this participant any more; a run that needs everyone ends then.

      What was given before stays in the sums that it is in: nothing can take it out of them. atoll receipt shows what \
      that was.

      EXAMPLE:
        atoll withdraw heart-disease-1 --identity st-olav
      """)

  @Argument(help: "The run's name, as the participant was told.", transform: runName)
  var run: RunID

  @Option(
    help: "The folder with your key and certificate.", completion: .directory, transform: nonEmptyPath)
  var identity: String
  @OptionGroup var common: CommonOptions

  static let undone: String? = "Nothing has changed."

  func run(on console: Console) throws {
    let state = identity + "/state"
    let isNews = try Participant.withdraw(from: run, in: state)
    console.emit("withdrawn", ["run": .string(run.name), "before": .bool(!isNews)])
    console.print(
      isNews
        ? "\("\(run)", .strong) gets nothing more from here."
        : "\("\(run)", .strong) was withdrawn from before.")
    console.print(
      "next   \("atoll receipt \(Shell.quoted(Participant.receipts(in: state))) --run \(run)", .next)")
  }
}
