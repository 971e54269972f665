import ArgumentParser
import AtollFederation
import AtollNumerics
import AtollReport
import AtollStore
import AtollWire
import FoundationEssentials

/// `atoll watch`: follows a run at a server.
struct WatchCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Follow a run at a server until it is over.",
    discussion: """
      Tells every round from the first on, and what is waited for, for whom and until when. With --out the model and the \
      records are fetched at the end, into a folder that every other command takes: atoll predict, report, verify.

      With --json: the events of atoll run --json, and “waiting” between them.
      """)

  @Argument(help: "The run's name.", transform: runName)
  var run: RunID
  @OptionGroup var identity: IdentityOption

  @Option(
    help: "The folder for the model and the records, which must be new or empty.", completion: .directory,
    transform: nonEmptyPath)
  var out: String?

  @OptionGroup var common: CommonOptions

  func run(on console: Console) throws {
    let isInterrupted = Interrupt.watch()
    if let out { try requireNewFolder(out) }
    let (client, run) = (try identity.client(), run)
    let told = WatchTable(console)
    console.show(live: StyledText("asking \(client.server), for up to 20 s", .dim))
    let isOver: Void? = try waiting(unless: isInterrupted) { try await client.watch(run) { told.hear($0) } }
    guard isOver != nil else {
      throw Failure(
        .interrupted, "stopped watching \(run)", undone: "The run itself goes on.",
        try: ["atoll watch \(run) --identity \(Shell.quoted(identity.identity))"])
    }
    guard let end = told.ending else {
      throw Failure(
        .unreachable, "the server ended the connection before the run was over",
        try: ["atoll watch \(run) --identity \(Shell.quoted(identity.identity))"])
    }
    switch end {
    case .failed(let end):
      throw Failure(.runFailed, "\(run): \(end.reason)", try: end.hint.map { [$0] } ?? [])
    case .finished(let end):
      console.print("\("\(run):", .strong) \(end.rounds) rounds done. The model has \(end.hash.description).")
      if let stopped = end.stopped { console.print("It ended before its time: \(stopped).") }
      guard let out else {
        return console.print(
          "next   \("atoll watch \(run) --identity \(Shell.quoted(identity.identity)) --out DIR", .next)")
      }
      try waiting { try await client.fetchFiles(of: run, to: out) }
      console.print("It is in \(out).")
      console.print("next   \("atoll predict \(Shell.quoted(out)) DATA", .next)")
    case .round, .note: break
    }
  }
}
