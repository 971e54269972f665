import ArgumentParser
import AtollClient
import AtollFederation
import AtollNumerics
import AtollReport
import AtollStore
import AtollWire
import FoundationEssentials

/// `atoll participate`: a data owner takes part.
struct ParticipateCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "participate",
    abstract: "Take part in a federation with your own data, which stay here.",
    discussion: """
      Connects outwards to the identity's server and answers what is asked about tasks that you approve, and nothing \
      else. A task is approved by its file, or by its SHA-256, which atoll task check TASK --json tells; one that was \
      changed has another. Every question is checked before any data are read.

      When the connection breaks it is made again, as often as needed. What was not settled when the process was killed is \
      offered again at the next start. Ends when a run of the task is over; with --stay it goes on.

      EXAMPLES:
        atoll participate task.yaml --identity st-olav --data admissions.csv
        atoll participate --approve sha256:41d0… --identity st-olav --data admissions.csv
      """)

  @Argument(
    help: "The task file that you approve.", completion: .file(extensions: ["yaml", "yml"]),
    transform: nonEmptyPath)
  var task: String?

  @Option(
    help: "The folder with your key and certificate.", completion: .directory, transform: nonEmptyPath)
  var identity: String

  @Option(
    help: "Your table: a CSV file, plain or compressed by gzip.",
    completion: .file(extensions: ["csv", "gz"]), transform: nonEmptyPath)
  var data: String

  @Option(
    help: ArgumentHelp("A task that you approve, by its SHA-256. May be repeated.", valueName: "sha256:…"),
    transform: taskHash)
  var approve: [ContentHash] = []

  @Option(help: "“open” approves every task; for a server on this machine only.")
  var policy: OwnPolicy?

  @Option(
    help: ArgumentHelp(
      "Give up when the server is away for so many seconds. [default: try on]", valueName: "seconds"))
  var giveUp: Int?

  @Flag(help: "Go on when a run is over.")
  var stay = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard task != nil || !approve.isEmpty || policy != nil else {
      throw ValidationError("name the task that you approve: its file, or --approve with its SHA-256")
    }
    if let giveUp, giveUp < 1 { throw ValidationError("--give-up takes a number of seconds") }
  }

  func run(on console: Console) throws {
    let isInterrupted = Interrupt.watch()
    let who = try Identity(contentsOf: identity)
    guard policy == nil || who.server.isLoopback else {
      throw Failure(
        .refusedByOwner, "--policy open is for a server on this machine, and \(who.server) is another one",
        undone: "No data were read and nothing was sent.", try: ["--approve sha256:…"])
    }
    guard let name = ParticipantID(who.name) else {
      throw Failure(.badInput, "\(identity): “\(who.name)” cannot be a participant's name")
    }
    let approved = Set(approve + (try task.map { [try TaskFile.read($0).contentHash] } ?? []))
    try checkData()
    let table = ParticipationTable(console, identity: who)
    let participant = Participant(
      who, folder: identity + "/state", delegate: delegate(name, approved: approved, table),
      patience: giveUp.map { .seconds($0) })
    table.introduce(approved: approved, isOpen: policy != nil)
    let stay = stay
    let ending = try waiting {
      try await withThrowingTaskGroup(of: Participant.Ending?.self) { group in
        group.addTask {
          try await participant.run { _, task, _ in !stay && approved.contains(task) }
        }
        group.addTask {
          await untilInterrupted(isInterrupted)
          return nil
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
      }
    }
    guard let ending else {
      throw Failure(
        .interrupted, "stopped", undone: "What is not settled is kept in \(identity)/state.",
        try: ["the same command goes on"])
    }
    guard ending.status == .finished else {
      throw Failure(
        .runFailed,
        "\(ending.run) is \(ending.status.rawValue)" + (ending.reason.isEmpty ? "" : ": \(ending.reason)"))
    }
    console.print("\("\(ending.run)", .strong) is finished.")
  }

  /// A wrong path is said before anyone is called.
  private func checkData() throws {
    do {
      try FileSource(data).forEachChunk { _ in throw Enough() }
    } catch is Enough {
      // It can be read; what is in it is seen when the task is known.
    }
  }

  private struct Enough: Error {}

  private func delegate(
    _ name: ParticipantID, approved: Set<ContentHash>, _ table: ParticipationTable
  ) -> ParticipantDelegate {
    let (data, isOpen) = (data, policy != nil)
    return ParticipantDelegate(
      data: { task in try LocalData(csv: data, for: task, participant: name) },
      consent: { ask in
        isOpen || approved.contains(ask.taskHash)
          ? nil : Ask.Refusal("the owner has not approved the task \(ask.taskHash.abbreviated)")
      },
      observe: { table.hear($0) })
  }
}

/// What the owner allows at large.
enum OwnPolicy: String, ExpressibleByArgument, CaseIterable {
  case open
}

/// Reads a task's SHA-256 from the command line.
@Sendable func taskHash(_ text: String) throws -> ContentHash {
  guard let hash = ContentHash(text) else {
    throw ValidationError("“\(text)” is no SHA-256; atoll task check TASK --json tells the task's")
  }
  return hash
}
