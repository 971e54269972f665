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
      Connects outwards to the identity's server and answers what you allow, and nothing else: questions about a task \
      that you approve, what your policy allows, or both. A task is approved by its file, or by its SHA-256, which atoll \
      task check TASK --json tells; one that was changed has another. Every question is judged before any data are read, \
      and every answer before it leaves.

      What left stands in IDENTITY/state/receipts.jsonl, written before it left: atoll receipt shows it. Limits of a \
      policy are counted on it.

      When the connection breaks it is made again, as often as needed. What was not settled when the process was killed is \
      offered again at the next start. Ends when a run of an approved task is over; with --stay, or by a policy alone, it \
      goes on. Exit code 77 when something was refused by your own rules.

      EXAMPLES:
        atoll participate task.yaml --identity st-olav --data admissions.csv
        atoll participate --policy policy.yaml --identity st-olav --data 'sqlite:ward.db?query=select …'
        atoll participate task.yaml --identity st-olav --data images:scans.idx.gz,findings.idx.gz
        atoll participate --approve sha256:41d0… --identity st-olav --data ward.yaml --trainer "python train.py"
      """)

  @Argument(
    help: "The task file that you approve.", completion: .file(extensions: ["yaml", "yml"]),
    transform: nonEmptyPath)
  var task: String?

  @Option(
    help: "The folder with your key and certificate.", completion: .directory, transform: nonEmptyPath)
  var identity: String

  @Option(
    help: ArgumentHelp("A task that you approve, by its SHA-256. May be repeated.", valueName: "sha256:…"),
    transform: taskHash)
  var approve: [ContentHash] = []

  @Option(
    help: "The policy that judges every question; open allows everything, for a server on this machine only.",
    completion: .file(extensions: ["yaml", "yml"]), transform: nonEmptyPath)
  var policy: String?

  @Option(
    help: ArgumentHelp(
      "Give up when the server is away for so many seconds. [default: try on]", valueName: "seconds"))
  var giveUp: Int?

  @Flag(help: "Go on when a run is over.")
  var stay = false

  @OptionGroup var own: OwnSource
  @OptionGroup var trainer: TrainerOptions
  @OptionGroup var way: ProxyOption
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard task != nil || !approve.isEmpty || policy != nil else {
      throw ValidationError(
        "name the task that you approve: its file, or --approve with its SHA-256; or a --policy")
    }
    if let giveUp, giveUp < 1 { throw ValidationError("--give-up takes a number of seconds") }
  }

  private static let untouched = "No data were read and nothing was sent."

  func run(on console: Console) throws {
    ProcessSettings.prepareForLong(heaps: 1)
    let isInterrupted = Interrupt.watch()
    let who = try Identity(contentsOf: identity)
    guard let name = ParticipantID(who.name) else {
      throw Failure(.badInput, "\(identity): “\(who.name)” cannot be a participant's name")
    }
    let task = try task.map { try TaskFile.read($0) }
    let consent = try consent(to: task)
    let trainer = try trainer.chosen
    let source = try own.source
    let table = ParticipationTable(console, identity: who)
    let participant = Participant(
      who, folder: identity + "/state", consent: consent,
      delegate: ParticipantDelegate(
        data: { task in try LocalData(source, for: task, participant: name) }, observe: { table.hear($0) }),
      options: Participant.Options(
        trainer: trainer, proxy: way.choice, patience: giveUp.map { .seconds($0) }))
    if let refusal = participant.refusal {
      throw Failure(refusal).adding(undone: Self.untouched, try: ["--approve sha256:…, or --policy FILE"])
    }
    if let task,
      let refusal = consent.refusal(of: task, usesExternalTrainer: trainer.externalCommand != nil)
    {
      throw Failure(refusal).adding(undone: Self.untouched)
    }
    try source.checkPath()
    table.introduce(consent, receipts: Participant.receipts(in: identity + "/state"))
    let approved = Set(consent.approvals.map { $0.map(\.hash) } ?? [])
    let stay = stay
    let ending = try waiting(unless: isInterrupted) {
      try await participant.run { _, task, _ in !stay && approved.contains(task) }
    }
    guard let ending = ending ?? nil else {
      throw Failure(
        .interrupted, "stopped", undone: "What is not settled is kept in \(identity)/state.",
        try: ["the same command goes on"])
    }
    try finish(ending, table, console)
  }

  private func consent(to task: FederatedTask?) throws -> Consent {
    let approvals = (task.map { [Consent.Approval($0)] } ?? []) + approve.map { Consent.Approval($0) }
    guard let policy else { return Consent(approvals) }
    let read = try Policy(contentsOf: policy)
    return approvals.isEmpty ? Consent(read) : Consent(approvals, within: read)
  }

  private func finish(
    _ ending: Participant.Ending, _ table: ParticipationTable, _ console: Console
  ) throws {
    let words =
      "\(ending.run) is \(ending.status.rawValue)" + (ending.reason.isEmpty ? "" : ": \(ending.reason)")
    let refusals = table.refusals(of: ending.run)
    if let first = refusals.first {
      throw Failure(
        .refusedByOwner,
        "\(words)\n\(Figure.count(refusals.count, "question")) refused by your own rules; the first: \(first)",
        undone: "Nothing was computed of your data for what was refused.",
        details: ["run": .string(ending.run.name)])
    }
    guard ending.status == .finished else { throw Failure(.runFailed, words) }
    console.print("\("\(ending.run)", .strong) is finished.")
    console.print(
      "next   \("atoll receipt \(Shell.quoted(Participant.receipts(in: identity + "/state")))", .next)")
  }
}

/// Reads a task's SHA-256 from the command line.
@Sendable func taskHash(_ text: String) throws -> ContentHash {
  guard let hash = ContentHash(text) else {
    throw ValidationError("“\(text)” is no SHA-256; atoll task check TASK --json tells the task's")
  }
  return hash
}
