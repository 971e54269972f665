public import AtollFederation
public import AtollNumerics
import AtollStore
public import AtollWire
import FoundationEssentials
import Synchronization

/// A data owner's side of a federation: what `atoll participate` runs, and what an app embeds.
///
/// ```swift
/// let identity = try Identity(contentsOf: "st-olav")
/// let participant = Participant(
///   identity, folder: "st-olav/state", consent: Consent(try Policy(contentsOf: "policy.yaml")),
///   delegate: ParticipantDelegate(
///     data: { task in try LocalData(csv: "admissions.csv", for: task, participant: "st-olav") },
///     observe: { event in print(event) }))
/// _ = try await participant.run()
/// ```
/// It connects outwards only, keeps its stream open and comes back when it breaks. Its data stay where they are, and are
/// read only for a question that has passed the owner's consent. What leaves has a receipt in its folder before it leaves.
/// There is no state outside that folder, and cancelling the task ends it: after the next start it goes on where it was.
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

  /// What a participant may do otherwise than usual.
  public struct Options: Sendable {
    /// What trains here; a program of one's own needs `external-trainer` of the policy.
    public var trainer: any Trainer
    /// What answers questions here; nil for Atoll's own, with the trainer.
    public var workers: WorkerRegistry?
    /// How the server is reached.
    public var proxy: ProxyChoice
    /// How long the server may be away; nil for any time.
    public var patience: Duration?
    /// A certificate that ends within so many seconds is renewed, so that a federation of years needs no hand.
    var renewsBefore = 120 * 86_400.0

    public init(
      trainer: any Trainer = GradientDescent(), workers: WorkerRegistry? = nil,
      proxy: ProxyChoice = .environment, patience: Duration? = nil
    ) {
      self.trainer = trainer
      self.workers = workers
      self.proxy = proxy
      self.patience = patience
    }
  }

  private let identity: Identity
  private let folder: String
  private let consent: Consent
  private let delegate: ParticipantDelegate
  private let options: Options

  /// - Parameters:
  ///   - identity: who takes part, and at which server.
  ///   - folder: where the participant keeps what must outlive a crash, and `receipts.jsonl`, what left; one for each
  ///     identity.
  ///   - consent: what its owner agreed to.
  ///   - delegate: its rows, and who is told of what happens.
  ///   - options: what trains, and how the server is reached.
  public init(
    _ identity: Identity, folder: String, consent: Consent, delegate: ParticipantDelegate,
    options: Options = Options()
  ) {
    self.identity = identity
    self.folder = folder
    self.consent = consent
    self.delegate = delegate
    self.options = options
  }

  /// Why it would not begin; nil when it would.
  public var refusal: Refusal? {
    guard let policy = consent.policy, policy.isOpen, !identity.server.isLoopback else { return nil }
    return Refusal(
      rule: "open",
      "a policy that allows everything is for a server on this machine, and \(identity.server) is another one"
    )
  }

  /// The file of what left, for `ReceiptAudit` and `atoll receipt`.
  public static func receipts(in folder: String) -> String { folder + "/receipts.jsonl" }

  /// The file of what was given away of data sets, for `LedgerAudit` and `atoll privacy ledger`: there is one as soon as a
  /// task promised privacy.
  public static func ledger(in folder: String) -> String { folder + "/ledger.jsonl" }

  /// Withdraws from a run that goes on: nothing more leaves for it, and the server is told with its next question.
  ///
  /// Also while the participant runs, in this process or another. What had left before is in the sums that it is in, and
  /// in the receipts.
  ///
  /// - Parameters:
  ///   - run: the run.
  ///   - folder: that of the participant.
  /// - Returns: false when it had been withdrawn from before.
  /// - Throws: `StoreError`: `.notFound` for a run that does not go on here.
  @discardableResult
  public static func withdraw(from run: RunID, in folder: String) throws -> Bool {
    try Withdrawals(folder: folder).add(run)
  }

  /// Takes part until the task is cancelled, or a run ends after which it leaves.
  ///
  /// - Parameter leavesAfter: whether to leave now that a run of a task is over.
  /// - Returns: the run after which it left; nil when it was cancelled.
  /// - Throws: `WireError`: `.untrusted` and `.refused` when the server, or a proxy, will not have it, `.unreachable` when
  ///   it was away for too long; `StoreError` when the folder cannot be written, or its receipts are not as they were
  ///   left; ``refusal``.
  public func run(
    leavesAfter: @escaping @Sendable (RunID, ContentHash, RunStatus) -> Bool = { _, _, _ in false }
  ) async throws -> Ending? {
    guard let name = ParticipantID(identity.name), identity.role == .participant else {
      throw WireError(
        .refused, "\(identity.name) is a \(identity.role.rawValue), and only participants take part")
    }
    if let refusal { throw refusal }
    let store = try ParticipantStore(in: folder)
    let gatekeeper = Gatekeeper(
      consent: consent, usesExternalTrainer: options.trainer.externalCommand != nil,
      departures: try Departures(
        Self.receipts(in: folder), of: name, to: "\(identity.server)", pending: store.pending()),
      withdrawals: Withdrawals(folder: folder), charges: try Charges(Self.ledger(in: folder), of: name))
    let session = try Session(
      identity, store: store, gatekeeper: gatekeeper, delegate: delegate, leavesAfter: leavesAfter)
    let desk = AnswerDesk(
      name, store: store, gatekeeper: gatekeeper, delegate: delegate,
      workers: options.workers ?? .training(Extensions(), trainer: options.trainer))
    return try await withThrowingTaskGroup(of: Ending?.self) { group in
      group.addTask {
        for await work in session.works { try await compute(work, desk, session) }
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

  private func compute(_ work: Session.Work, _ desk: AnswerDesk, _ session: Session) async throws {
    let exchange = work.question.exchange
    let isCancelled = { @Sendable in !session.wanted.withLock { $0.contains(exchange) } }
    guard !isCancelled() else { return }
    let result: Result<ParticipantStore.Pending, any Error>
    do {
      result = .success(
        try await withTaskCancellationHandler {
          try await onThread {
            try desk.answer(
              work.question, of: work.task, hash: work.hash, signedBy: work.signer,
              isCancelled: isCancelled)
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
    // Nor would a ledger that somebody else has written in.
    return error.code == .cannotWrite && error.path.hasPrefix(folder) || error.path == Self.ledger(in: folder)
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
        guard try await hasLeft(session, as: identity) else {
          // For a new certificate, and at once: a stream would outlive the one that it began with.
          try await session.closed()
          continue
        }
        if let ending = await session.ending { return ending }
        let farewell = await session.farewell
        reason = farewell?.reason ?? "the server ended the connection"
        if let farewell, !farewell.comeAgain { throw WireError(.refused, farewell.reason) }
      } catch let error as WireError {
        // A stream may have its own words for why it ended.
        if let fault = await session.fault { throw fault }
        if let ending = await session.ending { return ending }
        guard error.code == .unreachable || error.code == .tryLater else { throw error }
        reason = error.message
      }
      if await session.hasJoined {
        backoff.succeeded()
        lastSeen = .now
      }
      try await session.closed()
      if let patience = options.patience, .now - lastSeen > patience {
        throw WireError(
          .unreachable, "\(identity.server) was away for \(Int(patience / .seconds(1))) s: \(reason)")
      }
      let delay = backoff.failed(chance: Double.random(in: 0..<1))
      delegate.observe(
        .waiting(server: identity.server, reason: reason, attempt: backoff.failures, delay: delay))
      try await Task.sleep(for: delay)
    }
  }

  /// One stream.
  ///
  /// - Returns: whether it has ended; false when it was left because it is time for a new certificate.
  private func hasLeft(_ session: Session, as identity: Identity) async throws -> Bool {
    let renewal = try identity.notAfter.addingTimeInterval(-options.renewsBefore)
    return try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await WireClient(identity, proxy: options.proxy).join(ServerLink(session))
        return true
      }
      if identityFolder != nil {
        group.addTask {
          // By the clock on the wall, which also goes while a machine sleeps.
          while renewal.timeIntervalSinceNow > 0 {
            try await Task.sleep(for: .seconds(min(3600, max(0.01, renewal.timeIntervalSinceNow))))
          }
          return false
        }
      }
      defer { group.cancelAll() }
      return try await group.next() ?? true
    }
  }

  private func renewed(_ identity: Identity) async throws -> Identity {
    let left = try identity.notAfter.timeIntervalSinceNow
    guard left < options.renewsBefore, let own = identityFolder else { return identity }
    let issued = try await WireClient(identity, proxy: options.proxy).renew(identity.signingRequest())
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
