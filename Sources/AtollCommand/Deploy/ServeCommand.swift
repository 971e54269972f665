import ArgumentParser
import AtollNumerics
import AtollReport
import AtollServer
import AtollWire

/// `atoll serve`: a federation's server.
struct ServeCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Run a federation's server.",
    discussion: """
      All that the server knows is in one folder. The first start makes the federation's authority there, and the \
      identity of an operator in its folder operator/. The server may be killed at any time: at the next start every \
      run goes on from its last commit, and participants offer again what was not committed yet.

      Whoever connects shows a certificate of the authority; atoll invite makes the invitations. There is no other way \
      in, and no unencrypted one.

      EXAMPLES:
        atoll serve --state server --name fl.north.example
        atoll serve --state server --listen 127.0.0.1:7443
      """)

  @Option(
    help: "The server's folder; made where it is not there.", completion: .directory,
    transform: nonEmptyPath)
  var state: String

  @Option(help: "The address and port to listen at; port 0 takes one that is free.", transform: address)
  var listen = ServerAddress(host: "0.0.0.0")

  @Option(
    help: ArgumentHelp(
      "A name or address under which participants reach this server. May be repeated; those of the machine itself are known.",
      valueName: "host"))
  var name: [String] = []

  @Option(help: "How many runs go on at a time; others wait for their turn, in the order of submission.")
  var runsAtOnce = 4

  @Option(
    help: "How many runs that are over keep their models and records, the latest first. By default all.")
  var keepRuns: Int?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard listen.host == "localhost" || IPAddress(listen.host) != nil else {
      throw ValidationError("--listen takes an address of this machine, such as 0.0.0.0:7443")
    }
    guard runsAtOnce >= 1 else { throw ValidationError("--runs-at-once takes a number from 1 on") }
    guard keepRuns ?? 1 >= 1 else { throw ValidationError("--keep-runs takes a number from 1 on") }
    if let wrong = name.first(where: { ServerAddress($0)?.host != $0 }) {
      throw ValidationError("--name takes a host's name or address without a port, and “\(wrong)” is none")
    }
  }

  func run(on console: Console) throws {
    let isInterrupted = Interrupt.watch()
    var listen = listen
    if listen.host == "localhost" { listen = ServerAddress(host: "127.0.0.1", port: listen.port) }
    var options = Server.Options(state: state, listen: listen, names: name)
    (options.runsAtOnce, options.keptRuns) = (runsAtOnce, keepRuns)
    let server = try Server(options)
    let state = state
    try waiting {
      try await server.run { started in
        Self.introduce(started, state: state, on: console)
      } until: {
        await untilInterrupted(isInterrupted)
        console.note("Stopping. Runs go on at the next start.")
      }
    }
  }

  private static func introduce(_ started: Server.Started, state: String, on console: Console) {
    console.emit(
      "listening",
      [
        "url": .string(started.address.url), "federation": .string(started.federation),
        "names": .array(started.names.map { .string($0) }), "operator": .string(started.operatorFolder),
        "runs": .array(started.runs.map { .string($0.name) }),
      ])
    console.print("\("\(started.address.url)", .strong)")
    console.print(
      [
        ("federation", "\(started.federation)"),
        ("known as", "\(started.names.joined(separator: ", "))"),
        ("operator", "\(started.operatorFolder)"),
      ] + started.runs.map { ("goes on", "\($0.name)") }, margin: 2)
    let folder = Shell.quoted(state)
    console.print("next   \("atoll invite NAME --state \(folder) > NAME.invite", .next)")
  }
}

/// Reads an address from the command line.
@Sendable func address(_ text: String) throws -> ServerAddress {
  guard let address = ServerAddress(text) else {
    throw ValidationError("“\(text)” is no address; it looks like fl.north.example:7443")
  }
  return address
}
