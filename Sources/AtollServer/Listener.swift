import AtollStore
import AtollWire
import FoundationEssentials
import Synchronization

/// The server's port. Its certificate is renewed in time, also in the middle of runs: whoever is connected then joins
/// again, as after any break.
final class Listener: Sendable {
  private let options: Server.Options
  private let names: [String]
  private let state: ServerState
  private let coordinator: Coordinator
  private let current: Mutex<WireServer>
  /// The port that is listened at, once it is known: it stays the same from certificate to certificate.
  private let known = Mutex<Int?>(nil)
  private let isStopped = Mutex(false)

  /// How long whoever is sent away has to leave.
  private static let grace = Duration.seconds(5)
  /// How often a port that was ours is tried again.
  private static let tries = 50

  init(_ options: Server.Options, names: [String], state: ServerState, coordinator: Coordinator) throws {
    self.options = options
    self.names = names
    self.state = state
    self.coordinator = coordinator
    current = Mutex(
      try Self.wire(at: options.listen, names: names, state: state, coordinator: coordinator))
  }

  private static func wire(
    at address: ServerAddress, names: [String], state: ServerState, coordinator: Coordinator
  ) throws -> WireServer {
    let key = IdentityKey()
    let certificate = try state.authority.certify(serverKey: key, names: names)
    return WireServer(
      at: address, key: key, certificate: certificate.der, authority: state.authority.certificate,
      service: coordinator)
  }

  /// The port, once it is listened at.
  var port: Int {
    get async throws {
      if let port = known.withLock({ $0 }) { return port }
      let port = try await current.withLock { $0 }.port
      known.withLock { $0 = port }
      return port
    }
  }

  private var hasListened: Bool { known.withLock { $0 != nil } }

  /// Listens until it is stopped.
  ///
  /// - Throws: `WireError` with code `.tryLater` when the address cannot be listened at.
  func run() async throws {
    var tries = 0
    while true {
      do {
        guard try await runOnce() else { return }
        tries = 0
      } catch let error as WireError where error.code == .tryLater && tries < Self.tries && hasListened {
        // For a moment, while nobody listened at it, another program took the port.
        tries += 1
        try await Task.sleep(for: .milliseconds(200))
      }
      let port = try await port
      let next = try Self.wire(
        at: ServerAddress(host: options.listen.host, port: port), names: names, state: state,
        coordinator: coordinator)
      let goesOn = isStopped.withLock { stopped in
        if !stopped { current.withLock { $0 = next } }
        return !stopped
      }
      guard goesOn else { return }
    }
  }

  /// Listens with one certificate.
  ///
  /// - Returns: whether it is time for another one.
  private func runOnce() async throws -> Bool {
    let wire = current.withLock { $0 }
    let renewal = Date.now.addingTimeInterval(options.certificateAge)
    return try await withThrowingTaskGroup(of: Bool.self) { group in
      defer { group.cancelAll() }
      group.addTask {
        try await wire.run()
        return false
      }
      group.addTask {
        // By the clock on the wall, which also goes while a machine sleeps.
        while renewal.timeIntervalSinceNow > 0 {
          try await Task.sleep(for: .seconds(min(3600, max(0.01, renewal.timeIntervalSinceNow))))
        }
        return true
      }
      guard try await group.next() == true else { return false }
      // While it can still be asked.
      _ = try await port
      coordinator.hub.sendAway(reason: "the server renews its certificate")
      wire.stop()
      group.addTask {
        try await Task.sleep(for: Self.grace)
        return true
      }
      _ = try await group.next()
      return true
    }
  }

  /// Ends the service.
  func stop() {
    isStopped.withLock { $0 = true }
    current.withLock { $0 }.stop()
  }
}
