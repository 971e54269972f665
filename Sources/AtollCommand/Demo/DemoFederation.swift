import AtollClient
import AtollExternal
import AtollFederation
import AtollNumerics
import AtollReport
import AtollServer
import AtollStore
import AtollWire
import FoundationEssentials

/// A federation on this machine: a server and its participants, each a process of its own, over mutual TLS. It is made of
/// the commands that a person would type, and ends when this process does, however that comes.
struct DemoFederation: Sendable {
  /// What the server says when it listens.
  struct Server: Decodable, Sendable {
    let url: String
    /// The folder of the operator's identity.
    let `operator`: String
  }

  /// What the server says when its pages can be seen.
  private struct Pages: Decodable {
    let event: String
  }

  /// The study's folder: `task.yaml`, `sites/NAME.csv`; there are `server`, `identities` and `logs` made in it.
  let folder: String
  let participants: [String]

  /// How long the server may take until it listens.
  private static let patience = Duration.seconds(20)

  /// Starts everything, has `body` use it, and ends everything.
  ///
  /// - Throws: what `body` throws; ``Failure`` when a process does not start, or ends by itself.
  func run<Result: Sendable>(
    _ body: @escaping @Sendable (Server) async throws -> Result
  ) async throws -> Result {
    var making = Making()
    try making.folder(logs)
    return try await withThrowingTaskGroup(of: Result?.self) { group in
      defer { group.cancelAll() }
      group.addTask {
        try await process("server", "serve", "--state", folder + "/server", "--listen", "127.0.0.1:0")
      }
      group.addTask {
        let server = try await whenListening()
        try await enroll(at: server)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
          defer { group.cancelAll() }
          for name in participants {
            group.addTask {
              try await process(
                name, "participate", folder + "/task.yaml", "--identity", identity(name), "--data",
                "\(folder)/sites/\(name).csv", "--stay")
            }
          }
          group.addTask { try await body(server) }
          return try await group.next() ?? nil
        }
      }
      // The first that ends is the body, or a process that should not have ended.
      while let ended = try await group.next() {
        if let ended { return ended }
      }
      throw CancellationError()
    }
  }

  private var logs: String { folder + "/logs" }
  private func log(_ name: String) -> String { "\(logs)/\(name).jsonl" }
  private func identity(_ name: String) -> String { "\(folder)/identities/\(name)" }

  /// Runs `atoll` until it is cancelled.
  private func process<Result>(_ name: String, _ words: String...) async throws -> Result? {
    let program = try Self.program
    let command = ([program] + words + ["--json"]).map { Shell.quoted($0) }.joined(separator: " ")
    let child = ChildProcess(command: "\(command) > \(Shell.quoted(log(name))) 2>&1")
    let isCancelled = Once()
    let ended = try await withTaskCancellationHandler {
      // A year, which outlives any demo.
      try await onThread { try child.run(for: .seconds(31_536_000)) { isCancelled.isSet } }
    } onCancel: {
      isCancelled.set()
    }
    guard ended.reason == .cancelled else {
      throw Failure(
        .runFailed, "\(name) of the demo's federation has ended by itself",
        undone: "Its log is \(log(name)).",
        try: ["atoll demo --simulate"])
    }
    throw CancellationError()
  }

  /// A link that opens the server's pages, once.
  ///
  /// - Throws: ``Failure`` when the server serves none.
  func link() async throws -> String {
    _ = try await said("serve its pages") { (pages: Pages) in pages.event == "dashboard" }
    return try ServerState(in: folder + "/server", creating: false).dashboardLink(
      for: "demo", minutes: 60, days: 1
    ).link
  }

  private func whenListening() async throws -> Server { try await said("listen") { _ in true } }

  /// Reads the server's log until it says something.
  private func said<Line: Decodable>(_ what: String, where isIt: (Line) -> Bool) async throws -> Line {
    let deadline = ContinuousClock.now + Self.patience
    while ContinuousClock.now < deadline {
      let text = FileManager.default.contents(atPath: log("server")) ?? Data()
      for line in text.split(separator: UInt8(ascii: "\n")) {
        if let said = try? CanonicalJSON.decode(Line.self, from: Data(line)), isIt(said) { return said }
      }
      try await Task.sleep(for: .milliseconds(5))
    }
    throw Failure(
      .unreachable, "the demo's server did not \(what) within \(Int(Self.patience / .seconds(1))) s",
      undone: "Its log is \(log("server")).", try: ["atoll demo --simulate"])
  }

  /// What `atoll invite` and `atoll enroll` do.
  private func enroll(at server: Server) async throws {
    guard let address = ServerAddress(server.url) else {
      throw Failure(.bug, "“\(server.url)” is no server's address")
    }
    let state = try ServerState(in: folder + "/server", creating: false)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for name in participants {
        let invitation = try state.invite(name, as: .participant)
        group.addTask {
          _ = try await Enrolment.enroll(invitation, at: address, folder: identity(name))
        }
      }
      try await group.waitForAll()
    }
  }

  /// The file of this very program.
  private static var program: String {
    get throws {
      #if os(Linux)
        return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      #else
        // Found on the PATH by the shell where it has no folder, as this process was.
        return CommandLine.arguments.first ?? "atoll"
      #endif
    }
  }
}
