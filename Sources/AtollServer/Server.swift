import AtollFederation
import AtollNumerics
import AtollStore
public import AtollWire
import FoundationEssentials

/// A federation's server: what `atoll serve` runs.
///
/// All it knows is in its folder; it may be killed at any instant and goes on at the next start from the last commits.
public struct Server: Sendable {
  /// How a server is run.
  public struct Options: Sendable {
    /// The folder with its state.
    public var state: String
    /// Where to listen; port 0 takes one that is free.
    public var listen: ServerAddress
    /// Further names and addresses under which participants reach it.
    public var names: [String]
    /// Runs that go on at a time; others wait for their turn.
    public var runsAtOnce = 4
    /// Runs that are over and whose models and records are kept, the latest first; nil for all.
    public var keptRuns: Int?
    /// After so many seconds the server takes a new certificate.
    var certificateAge = 300 * 86_400.0

    public init(state: String, listen: ServerAddress, names: [String] = []) {
      self.state = state
      self.listen = listen
      self.names = names
    }
  }

  /// What is known once it listens.
  public struct Started: Sendable {
    /// Where participants reach it.
    public let address: ServerAddress
    /// The names and addresses in its certificate.
    public let names: [String]
    /// The folder of the operator's identity.
    public let operatorFolder: String
    /// SHA-256 of the authority's certificate, with the prefix.
    public let federation: String
    /// Runs that go on.
    public let runs: [RunID]
  }

  private let options: Options
  private let state: ServerState
  private let lock: FileLock
  /// What can be seen of the server, while it runs and before.
  public let view: ServerView

  /// Opens the state; the first time, it is made.
  ///
  /// - Throws: `StoreError`: `.busy` when another server works on it.
  public init(_ options: Options) throws {
    self.options = options
    state = try ServerState(in: options.state, creating: true)
    guard let lock = try FileLock(options.state + "/lock") else {
      throw StoreError(.busy, path: options.state, "another server is running on this state")
    }
    self.lock = lock
    view = ServerView(state)
  }

  /// Serves until `stop` returns.
  ///
  /// - Parameters:
  ///   - started: told once it listens.
  ///   - stop: waited for.
  /// - Throws: `WireError` with code `.tryLater` when the address cannot be listened at, `StoreError`.
  public func run(
    started: @escaping @Sendable (Started) -> Void, until stop: @escaping @Sendable () async -> Void
  ) async throws {
    let names = certificateNames
    let coordinator = try Coordinator(
      state, limits: RunLimits(atOnce: options.runsAtOnce, kept: options.keptRuns))
    let listener = try Listener(options, names: names, state: state, coordinator: coordinator)
    try await withThrowingTaskGroup(of: Void.self) { [view] group in
      group.addTask { try await listener.run() }
      group.addTask { await view.follow(coordinator.hub) }
      group.addTask {
        await withDiscardingTaskGroup { threads in
          for await host in coordinator.hosts {
            threads.addTask {
              // Never throws: a run ends in the store.
              try? await onThread { host.drive() }
              coordinator.ended(host)
            }
          }
        }
      }
      group.addTask { [state, options] in
        guard let port = try? await listener.port else {
          // It does not listen, and its own task says why: that is what counts.
          try await Task.sleep(for: .seconds(60))
          return
        }
        let address = ServerAddress(host: Self.reachedAt(names, options.listen), port: port)
        let local = options.listen.isWildcard || address.isLoopback ? "localhost" : address.host
        _ = try state.operatorIdentity(at: ServerAddress(host: local, port: port))
        let runs = try state.store.runs().filter { $0.status == .running }.map(\.id)
        view.listens(at: address)
        started(
          Started(
            address: address, names: names, operatorFolder: options.state + "/operator",
            federation: state.authority.fingerprint.description, runs: runs))
        await stop()
        coordinator.close()
        listener.stop()
        // Those who do not leave by themselves are cut off.
        try await Task.sleep(for: .seconds(5))
        throw CancellationError()
      }
      // The transport ends first: by itself when it cannot listen, or after it was stopped.
      defer {
        coordinator.close()
        group.cancelAll()
      }
      do {
        try await group.next()
      } catch is CancellationError {
        return
      }
    }
  }

  private var certificateNames: [String] {
    var names = options.names
    if !options.listen.isWildcard { names.append(options.listen.host) }
    names += [ProcessInfo.processInfo.hostName, "localhost", "127.0.0.1", "::1"]
    var known: Set<String> = []
    return names.filter { !$0.isEmpty && known.insert($0).inserted }
  }

  private static func reachedAt(_ names: [String], _ listen: ServerAddress) -> String {
    if listen.isLoopback { return listen.host == "127.0.0.1" ? "localhost" : listen.host }
    return names.first ?? listen.host
  }
}

extension ServerAddress {
  /// Whether it stands for every address of the machine.
  package var isWildcard: Bool { host == "0.0.0.0" || host == "::" }
}
