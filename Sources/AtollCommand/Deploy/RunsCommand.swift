import ArgumentParser
import AtollFederation
import AtollNumerics
import AtollWire
import FoundationEssentials

/// `atoll runs`: what a server does and did.
struct RunsCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List the runs of a server, and what each waits for.")

  @OptionGroup var identity: IdentityOption
  @OptionGroup var common: CommonOptions

  func run(on console: Console) throws {
    let client = try identity.client()
    console.show(live: StyledText("asking \(client.server), for up to 20 s", .dim))
    let runs = try waiting { try await client.runs() }
    for run in runs { console.emit("run", run.fields) }
    guard !runs.isEmpty else { return console.print("There are no runs.") }
    let width = runs.map(\.run.name.count).max() ?? 0
    console.print(
      runs.map { run in
        let progress = "\(run.status.rawValue), round \(run.round) of \(run.rounds)"
        return (run.run.name, StyledText(run.detail.isEmpty ? progress : "\(progress): \(run.detail)"))
      }, width: width)
  }
}

/// `atoll cancel`: ends a run.
struct CancelCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "End a run at a server.",
    discussion: "What was committed stays on record. The run does not go on.")

  @Argument(help: "The run's name.", transform: runName)
  var run: RunID
  @OptionGroup var identity: IdentityOption
  @OptionGroup var common: CommonOptions

  static let undone: String? = "The run goes on."

  func run(on console: Console) throws {
    let (client, run) = (try identity.client(), run)
    console.show(live: StyledText("asking \(client.server), for up to 20 s", .dim))
    let after = try waiting { try await client.cancel(run) }
    console.emit("cancelled", after.fields)
    console.print(
      "\(after.run.name) is \(after.status.rawValue), after round \(after.round) of \(after.rounds).")
  }
}
