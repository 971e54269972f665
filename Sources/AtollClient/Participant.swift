public import AtollFederation
public import AtollNumerics
import AtollStore
public import AtollWire
import FoundationEssentials
import Synchronization

/// A data owner's side of a federation: what `atoll participate` runs, and what an app embeds.
///
/// It connects outwards only, keeps its stream open and comes back when it breaks. Its data stay where they are; what
/// leaves is what ``ParticipantDelegate/consent`` allows. There is no state outside its folder, and cancelling the task
/// ends it: after the next start it goes on where it was.
public struct Participant: Sendable {
  /// How a participation ended.
  public struct Ending: Sendable {
    /// The run that is over.
    public let run: RunID
    /// SHA-256 of its task.
    public let task: ContentHash
    /// How it ended.
    public let status: RunStatus
    /// One sentence, where there is something to say.
    public let reason: String
  }

  private let identity: Identity
  private let folder: String
  private let delegate: ParticipantDelegate
  private let workers: WorkerRegistry
  private let patience: Duration?

  /// - Parameters:
  ///   - identity: who takes part, and at which server.
  ///   - folder: where the participant keeps what must outlive a crash; one for each identity.
  ///   - delegate: its data, its consent, its files.
  ///   - workers: what answers questions here.
  ///   - patience: how long the server may be away; nil for any time.
  public init(
    _ identity: Identity, folder: String, delegate: ParticipantDelegate,
    workers: WorkerRegistry = .training, patience: Duration? = nil
  ) {
    self.identity = identity
    self.folder = folder
    self.delegate = delegate
    self.workers = workers
    self.patience = patience
  }

  /// Takes part until the task is cancelled, or a run ends after which it leaves.
  ///
  /// - Parameter leavesAfter: whether to leave now that a run of a task is over.
  /// - Returns: the run after which it left; nil when it was cancelled.
  /// - Throws: `WireError`: `.untrusted` and `.refused` when the server will not have it, `.unreachable` when it was away
  ///   for too long; `StoreError` when the folder cannot be written.
  public func run(
    leavesAfter: @escaping @Sendable (RunID, ContentHash, RunStatus) -> Bool = { _, _, _ in false }
  ) async throws -> Ending? {
    guard let name = ParticipantID(identity.name), identity.role == .participant else {
      throw WireError(
        .refused, "\(identity.name) is a \(identity.role.rawValue), and only participants take part")
    }
    let store = try ParticipantStore(in: folder)
    let session = try Session(identity, store: store, delegate: delegate, leavesAfter: leavesAfter)
    let computation = Computation(name, store: store, delegate: delegate, workers: workers)
    return try await withThrowingTaskGroup(of: Ending?.self) { group in
      group.addTask {
        for await work in session.works { try await compute(work, computation, session) }
        return nil
      }
      group.addTask { try await connect(session) }
      defer { group.cancelAll() }
      do {
        return try await group.next() ?? nil
      } catch is CancellationError {
        return nil
      }
    }
  }

  private func compute(_ work: Session.Work, _ computation: Computation, _ session: Session) async throws {
    let exchange = work.question.exchange
    let isCancelled = { @Sendable in !session.wanted.withLock { $0.contains(exchange) } }
    guard !isCancelled() else { return }
    let result: Result<ParticipantStore.Pending, any Error>
    do {
      result = .success(
        try await withTaskCancellationHandler {
          try await onThread {
            try computation.answer(work.question, of: work.task, hash: work.hash, isCancelled: isCancelled)
          }
        } onCancel: {
          session.wanted.withLock { $0 = [] }
        })
    } catch {
      result = .failure(error)
    }
    switch result {
    case .success(let answer): try await session.computed(answer)
    case .failure(let error):
      // A full disk would not be better after the next question.
      if isOwnDisk(error) { throw error }
      try await session.failed(exchange, error)
    }
  }

  private func isOwnDisk(_ error: any Error) -> Bool {
    guard let error = error as? StoreError else { return false }
    return error.code == .cannotWrite && error.path.hasPrefix(folder)
  }

  private func connect(_ session: Session) async throws -> Ending? {
    var backoff = Backoff()
    var lastSeen = ContinuousClock.now
    var identity = identity
    while true {
      try Task.checkCancellation()
      var reason: String
      do {
        identity = try await renewed(identity)
        try await WireClient(identity).join(ServerLink(session))
        if let ending = await session.ending { return ending }
        let farewell = await session.farewell
        reason = farewell?.reason ?? "the server ended the connection"
        if let farewell, !farewell.comeAgain { throw WireError(.refused, farewell.reason) }
      } catch let error as WireError {
        if let ending = await session.ending { return ending }
        guard error.code == .unreachable || error.code == .tryLater else { throw error }
        reason = error.message
      }
      if await session.hasJoined {
        backoff.succeeded()
        lastSeen = .now
      }
      try await session.closed()
      if let patience, .now - lastSeen > patience {
        throw WireError(
          .unreachable, "\(identity.server) was away for \(Int(patience / .seconds(1))) s: \(reason)")
      }
      let delay = backoff.failed(chance: Double.random(in: 0..<1))
      delegate.observe(
        .waiting(server: identity.server, reason: reason, attempt: backoff.failures, delay: delay))
      try await Task.sleep(for: delay)
    }
  }

  /// A certificate that ends within four months is renewed, so that a federation of years needs no hand.
  private func renewed(_ identity: Identity) async throws -> Identity {
    let left = try identity.notAfter.timeIntervalSinceNow
    guard left < 120 * 86_400, let own = identityFolder else { return identity }
    let issued = try await WireClient(identity).renew(identity.signingRequest())
    let renewed = try identity.renewed(by: issued.certificate)
    try renewed.write(to: own)
    return renewed
  }

  /// The identity's own folder, where the participant's folder lies in it.
  private var identityFolder: String? {
    guard folder.hasSuffix("/state") else { return nil }
    let own = String(folder.dropLast(6))
    return FileManager.default.fileExists(atPath: own + "/key.pem") ? own : nil
  }
}
