import ArgumentParser
import AtollDashboard
import AtollNumerics
import AtollReport
import AtollServer
import AtollStore
import AtollWire
import FoundationEssentials

/// `atoll serve`: a federation's server.
struct ServeCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Run a federation's server.",
    discussion: """
      All that the server knows is in one folder. The first start makes the federation's authority there, and the \
      identity of an operator in its folder operator/. The server may be killed at any time: at the next start every \
      run goes on from its last commit, and participants offer again what was not committed yet.

      Pages about it are served on this machine only, unless --dashboard says otherwise; atoll dashboard makes a link \
      that opens them.

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

  @Option(
    help: ArgumentHelp(
      "Where pages are served: an address and port, or none; over TLS unless on loopback. [default: 127.0.0.1, 37 ports after the server's own]",
      valueName: "address"), transform: dashboardPlace)
  var dashboard: DashboardPlace?

  @Option(
    help: "A file with a token of at least 16 characters; who sends it as bearer may collect /metrics.",
    completion: .file(), transform: nonEmptyPath)
  var metricsTokenFile: String?

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
    ProcessSettings.prepareForLong(heaps: 2)
    let isInterrupted = Interrupt.watch()
    var listen = listen
    if listen.host == "localhost" { listen = ServerAddress(host: "127.0.0.1", port: listen.port) }
    var options = Server.Options(state: state, listen: listen, names: name)
    (options.runsAtOnce, options.keptRuns) = (runsAtOnce, keepRuns)
    let server = try Server(options)
    let state = state
    let log = ServerLog(console: console)
    server.view.tell { log.hear($0) }
    let dashboard = try pages(of: server, listen)
    let isAskedFor = self.dashboard != nil
    try waiting {
      try await withThrowingTaskGroup(of: Part.self) { group in
        let (serving, tell) = AsyncStream.makeStream(of: Void.self)
        group.addTask {
          try await server.run { started in
            Self.introduce(started, state: state, on: console)
            tell.yield()
          } until: {
            await untilInterrupted(isInterrupted)
            console.note("Stopping. Runs go on at the next start.")
          }
          return .server
        }
        if let dashboard {
          group.addTask {
            for await _ in serving {
              try await Self.show(dashboard, isAskedFor: isAskedFor, of: server, state: state, on: console)
              break
            }
            return .pages
          }
        }
        defer { group.cancelAll() }
        for try await ended in group where ended == .server { return }
      }
    }
  }

  private enum Part: Sendable { case server, pages }

  /// Serves the pages until the task is cancelled. What keeps them from being served does not end the server, unless they
  /// were asked for and never were there.
  private static func show(
    _ dashboard: Dashboard, isAskedFor: Bool, of server: Server, state: String, on console: Console
  ) async throws {
    let wasThere = Once()
    do {
      try await dashboard.run { url in
        wasThere.set()
        introduce(pages: url, of: server, state: state, on: console)
      }
    } catch is CancellationError {
      return
    } catch  where !isAskedFor || wasThere.isSet {
      console.warn("no pages are served: \(Failure(error).faults.first?.first ?? "\(error)")")
    }
  }

  /// The pages as asked for; nil where none are wanted.
  private func pages(of server: Server, _ listen: ServerAddress) throws -> Dashboard? {
    let place: ServerAddress
    switch dashboard {
    case DashboardPlace.none?: return nil
    case .at(let address)?: place = address
    case nil: place = DashboardPlace.beside(listen)
    }
    return Dashboard(
      server.view,
      Dashboard.Options(
        listen: place, takesAnyPort: dashboard == nil,
        names: name + (place.isWildcard ? [] : [place.host]) + [
          ProcessInfo.processInfo.hostName, "localhost", "127.0.0.1",
        ],
        metricsToken: try metricsToken,
        build: BuildInfo(version: Atoll.version, wireProtocol: "\(WireLimits.protocolVersion)")))
  }

  private var metricsToken: String? {
    get throws {
      guard let metricsTokenFile else { return nil }
      let bytes = try readBytes(metricsTokenFile)
      let token = String(decoding: bytes.prefix(4_096), as: UTF8.self).split(whereSeparator: \.isWhitespace)
        .first
      guard let token, token.utf8.count >= 16 else {
        throw Failure(
          .badInput, "\(metricsTokenFile): a token has at least 16 characters",
          try: ["head -c 32 /dev/urandom | base64 > \(Shell.quoted(metricsTokenFile))"])
      }
      return String(token)
    }
  }

  private static func introduce(pages url: String, of server: Server, state: String, on console: Console) {
    do {
      try server.view.pagesAre(at: url)
    } catch {
      console.warn("\(error); atoll dashboard cannot make links")
    }
    console.emit("dashboard", ["url": .string(url)])
    console.note(
      "  pages at \(url)    \("atoll dashboard --state \(Shell.quoted(state))", .next)  opens them", indent: 2
    )
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
