import ArgumentParser
import AtollFederation
import AtollNumerics
import AtollReport
import AtollScenarios
import AtollSimulation
import AtollStore
import AtollWire
import FoundationEssentials

/// `atoll demo`: the whole product on real data that ship with it.
struct DemoCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "The whole product on real data that ship with it, in seconds.",
    discussion: """
      Four hospitals learn to tell malignant breast tumours from benign ones without showing each other their \
      patients: a server and four participants, each a process of its own on this machine, with certificates on both \
      sides. Then the same run is simulated, with the same model, and compared with each hospital alone and with all \
      data in one place. Leaves task.yaml and sites/*.csv to edit and run again.

      EXAMPLES:
        atoll demo
        atoll demo --stay            # leaves the server running, to look at
        atoll demo --simulate        # without a server

      Data: Wisconsin Diagnostic Breast Cancer (Wolberg, Street, Mangasarian 1993), UCI Machine Learning Repository, \
      CC BY 4.0; shared out among four made-up hospitals.
      """)

  @Option(
    help: "The folder to work in, which must be new or empty. [default: atoll-demo, or atoll-demo-N]",
    completion: .directory, transform: nonEmptyPath)
  var out: String?

  @Flag(help: "Simulate the hospitals in this process, without a server.")
  var simulate = false

  @Flag(help: "Leave server and hospitals running afterwards, until you stop them.")
  var stay = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let error = KernelChoice.error { throw ValidationError(error) }
    if simulate, stay { throw ValidationError("--simulate has no server that could --stay") }
  }

  func run(on console: Console) throws {
    let isInterrupted = Interrupt.watch()
    let folder = try prepareFolder()
    try Scaffold.breastTumours.write(to: folder)
    introduce(on: console)
    guard simulate else { return try deploy(in: folder, on: console, isInterrupted: isInterrupted) }
    let run = try simulation(in: folder, on: console, isInterrupted: isInterrupted)
    _ = try reporter(of: run, in: folder, on: console).complete(introduces: false)
    suggest(folder, on: console)
  }

  // MARK: Simulated

  private func simulation(
    in folder: String, contributors: [[Contributor]]? = nil, on console: Console,
    isInterrupted: @escaping @Sendable () -> Bool
  ) throws -> TaskRun {
    let options = TaskRun.Options(
      threads: Machine.cores, contributors: contributors, isCancelled: isInterrupted)
    let task = try TaskFile.read(folder + "/task.yaml")
    let data = try TaskData(task, progress: console.reading(until: isInterrupted))
    return try TaskRun(task, data: data, folder: folder + "/run", version: Atoll.version, options: options)
  }

  private func reporter(of run: TaskRun, in folder: String, on console: Console) -> RunReporter {
    RunReporter(
      run, console: console, request: RunRequest(task: folder + "/task.yaml", folder: run.directory.path))
  }

  private func suggest(_ folder: String, on console: Console) {
    console.print(
      [
        ("", StyledText("atoll task show \(Shell.quoted(folder + "/task.yaml"))", .next)),
        ("", StyledText("atoll new my-study", .next)),
      ], width: 6)
  }

  // MARK: Deployed

  private func deploy(
    in folder: String, on console: Console, isInterrupted: @escaping @Sendable () -> Bool
  ) throws {
    let federation = DemoFederation(folder: folder, participants: BreastTumours.hospitals.map(\.name))
    let stay = stay
    console.show(live: StyledText("starting a server and four participants, for up to 20 s", .dim))
    let isOver: Void? = try waiting(unless: isInterrupted) {
      try await federation.run { server in
        try await show(federation, on: console)
        let outcome = try await run(at: server, in: folder, on: console)
        try await onThread { try compare(outcome, in: folder, on: console, isInterrupted: isInterrupted) }
        guard stay else { return }
        console.note("")
        console.note("Server and hospitals go on: \("\(server.url)", .strong). Ctrl-C ends them.")
        try await show(federation, on: console)
        await untilInterrupted(isInterrupted)
      }
    }
    // A demo that stays ends by being interrupted.
    guard isOver != nil || stay else {
      throw Failure(
        .interrupted, "stopped", undone: "What is done is kept in \(folder)/server.", try: ["atoll demo"])
    }
  }

  /// Where the server's pages are.
  private func show(_ federation: DemoFederation, on console: Console) async throws {
    let link = try await federation.link()
    console.emit("dashboard", ["link": .string(link)])
    let end = stay ? "as long as it runs" : "until the demo ends; --stay leaves them open"
    console.note("  pages    the server's, \(end)", indent: 11)
    console.note(lines: ["           \(link, .next)"])
  }

  /// Submits the task, as its operator, and follows the run.
  private func run(
    at server: DemoFederation.Server, in folder: String, on console: Console
  ) async throws -> DeployedOutcome {
    let identity = try Identity(contentsOf: server.operator)
    let client = WireClient(identity)
    let yaml = try TaskFile.read(folder + "/task.yaml").withoutFolders.yaml
    let run = try await client.submit(task: yaml, signature: identity.sign(Data(yaml.utf8))).run
    let told = WatchTable(console, tellsEnding: false)
    try await client.watch(run) { told.hear($0) }
    switch told.ending {
    case .finished(let end):
      try await client.fetchFiles(of: run, to: folder + "/deployed")
      console.note("")
      console.note(
        "Finished: \(Figure.count(end.rounds, "round")) across five processes. Now alone and pooled, to compare."
      )
      return DeployedOutcome(model: end.hash, bytesUp: told.moved.up, bytesDown: told.moved.down)
    case .failed(let end):
      throw Failure(.runFailed, "\(run): \(end.reason)", try: end.hint.map { [$0] } ?? [])
    case .round, .note, nil:
      throw Failure(.unreachable, "the demo's server ended the connection before the run was over")
    }
  }

  /// The same contributors, simulated; and each hospital alone, and all data in one place.
  private func compare(
    _ outcome: DeployedOutcome, in folder: String, on console: Console,
    isInterrupted: @escaping @Sendable () -> Bool
  ) throws {
    let contributors = try Manifest.read(folder + "/deployed/manifest.json").contributors
    let run = try simulation(
      in: folder, contributors: contributors, on: console, isInterrupted: isInterrupted)
    try reporter(of: run, in: folder, on: console).compare(with: outcome)
    suggest(folder, on: console)
  }

  private func prepareFolder() throws -> String {
    if let out {
      try requireNewFolder(out)
      return out
    }
    var folder = "atoll-demo"
    var number = 1
    while FileManager.default.fileExists(atPath: folder) {
      number += 1
      folder = "atoll-demo-\(number)"
    }
    return folder
  }

  private func introduce(on console: Console) {
    console.note(
      StyledText("Atoll demo:", .strong)
        + " tell malignant breast tumours from benign ones, at four hospitals that may not show each other their patients. \(simulate ? "Simulated on this machine." : "On this machine, each a process of its own.")"
    )
    console.note("")
    let sizes = BreastTumours.hospitals.map { "\($0.name) \($0.patients)" }.joined(separator: ", ")
    let lines = [
      ("data", "569 patients, 30 measurements (UCI, CC BY 4.0), shared out unevenly: \(sizes)"),
      ("model", "logistic regression, 31 numbers"),
      ("leaves", "each round, one update of 31 numbers and counts for the evaluation. Never rows."),
    ]
    for (label, text) in lines {
      let padded = label + String(repeating: " ", count: 9 - label.count)
      console.note("  \(padded)\(text)", indent: 11)
    }
  }
}
