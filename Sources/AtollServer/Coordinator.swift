import AtollFederation
import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollStore
import AtollWire
import FoundationEssentials
import Synchronization

/// How many runs a server carries.
struct RunLimits: Sendable {
  /// Runs that go on at a time; others wait for their turn.
  var atOnce = 4
  /// Runs that are over and whose files are kept; nil for all.
  var kept: Int?
}

/// What the server answers to each call, and the runs that go on.
final class Coordinator: FederationService {
  let hub = Hub()
  private let state: ServerState
  private let starting: AsyncStream<RunHost>.Continuation
  /// Runs that want a thread.
  let hosts: AsyncStream<RunHost>
  private let limits: RunLimits
  /// How many runs go on. Held while one is started, so that they start in order.
  private let active = Mutex(0)
  /// What was given away of participants in all runs; opened by the first run that gives away anything.
  private let ledger = Mutex<LedgerBook?>(nil)

  private var store: ServerStore { state.store }

  /// - Throws: `StoreError`.
  init(_ state: ServerState, limits: RunLimits = RunLimits()) throws {
    self.state = state
    self.limits = limits
    (hosts, starting) = AsyncStream.makeStream(of: RunHost.self)
    let runs = try store.runs()
    for run in runs where run.status.isOver { RunFolder.dropState(of: run.id, in: store) }
    for run in runs.reversed() where run.status == .running {
      try active.withLock { active in
        try start(run)
        active += 1
      }
    }
    try startNext()
    try collect()
  }

  private func start(_ run: StoredRun) throws {
    let host = try RunHost(run, store: store, hub: hub) { try self.openLedger() }
    if hub.began(host) { starting.yield(host) }
  }

  private func openLedger() throws -> LedgerBook {
    try ledger.withLock { ledger in
      if let ledger { return ledger }
      let opened = try LedgerBook("\(store.path)/\(ServerStore.ledgerName)", holder: "server")
      ledger = opened
      return opened
    }
  }

  /// Where the ledger ends; nil where there is none. One that is not as it was left stops the runs that need it, and not
  /// those who join: to them it is none.
  private var ledgerHead: LedgerHead? {
    guard FileManager.default.fileExists(atPath: "\(store.path)/\(ServerStore.ledgerName)") else {
      return nil
    }
    return try? openLedger().head
  }

  /// Starts runs that wait for their turn, as many as may go on at a time.
  private func startNext() throws {
    try active.withLock { active in
      while active < limits.atOnce, !hub.isClosed, let run = try store.startNext() {
        try start(run)
        active += 1
      }
    }
  }

  /// A run's thread has ended: the next run may begin, and old ones' files go.
  func ended(_ host: RunHost) {
    active.withLock { $0 -= 1 }
    do {
      try startNext()
      try collect()
    } catch {
      // The store cannot be written now: the next run begins when another ends, or with the server.
    }
  }

  /// Takes away the files of runs that were over long ago; what is known of them stays in the store.
  private func collect() throws {
    guard let kept = limits.kept else { return }
    for run in try store.runs().filter(\.status.isOver).dropFirst(kept) {
      RunFolder.drop(run.id, in: store)
    }
  }

  /// Everything that goes on comes to rest; at the next start it goes on from the last commits.
  func close() {
    hub.close(reason: "the server is stopped; it will be back")
    starting.finish()
  }

  // MARK: Who calls

  private func member(_ caller: Caller, _ roles: Role...) throws -> Member {
    guard let member = try store.member(caller.fingerprint) else {
      throw WireError(.untrusted, "this certificate is not known here", hint: "atoll enroll")
    }
    guard !member.isRevoked else {
      throw WireError(.untrusted, "the certificate of \(member.name) has been revoked")
    }
    guard roles.contains(member.role) else {
      throw WireError(
        .refused,
        "\(member.name) is a \(member.role.rawValue), and this is for a \(roles.map(\.rawValue).joined(separator: " or a "))"
      )
    }
    return member
  }

  // MARK: Enrolment

  func enroll(
    _ signingRequest: Data, caller: Caller
  ) async throws -> (certificate: Data, authority: Data) {
    guard let invitation = try store.invitation(caller.fingerprint) else {
      throw WireError(.refused, "this is no invitation of this server")
    }
    guard let key = keyFingerprint(ofRequest: signingRequest) else {
      throw WireError(.refused, "the signing request is malformed")
    }
    // Asked again with the same key, because the answer was lost: it is given again.
    guard invitation.usedBy == nil || invitation.usedBy == key.hexadecimal else {
      throw WireError(
        .refused, "the invitation for \(invitation.name) has been used already",
        hint: "a new one from the operator")
    }
    guard invitation.expires > ServerStore.now else {
      throw WireError(
        .refused, "the invitation for \(invitation.name) has expired", hint: "a new one from the operator")
    }
    let certificate = try state.authority.certify(
      signingRequest, named: invitation.name, role: invitation.role)
    try store.keep(
      certificate, name: invitation.name, role: invitation.role, key: key, invitation: caller.fingerprint)
    return (certificate.der, state.authority.certificate)
  }

  func renew(
    _ signingRequest: Data, caller: Caller
  ) async throws -> (certificate: Data, authority: Data) {
    let member = try member(caller, .participant, .operator, .viewer)
    let certificate = try state.authority.certify(signingRequest, named: member.name, role: member.role)
    try store.keep(
      certificate, name: member.name, role: member.role,
      key: keyFingerprint(ofRequest: signingRequest) ?? .ofNothing, invitation: nil)
    return (certificate.der, state.authority.certificate)
  }

  // MARK: Participants

  func join(_ caller: Caller) async throws -> any Link<FromParticipant, FromServer> {
    let member = try member(caller, .participant)
    guard let participant = ParticipantID(member.name) else {
      throw WireError(.untrusted, "the certificate is of no participant")
    }
    return Connection(
      participant, certificate: caller.fingerprint, hub: hub, store: store, serverLedgerHead: ledgerHead)
  }

  func left(_ link: any Link<FromParticipant, FromServer>, caller: Caller) {
    if let connection = link as? Connection { hub.left(connection) }
  }

  // MARK: Runs

  func submit(task yaml: String, signature: Data, caller: Caller) async throws -> RunOverview {
    let member = try member(caller, .operator)
    guard try CertificateReading(der: caller.certificate).hasSigned(Data(yaml.utf8), signature: signature)
    else { throw WireError(.refused, "the task is not signed by the key of \(member.name)") }
    let task: FederatedTask
    do {
      task = try FederatedTask(yaml: yaml)
    } catch {
      throw WireError(.invalid, "\(error)")
    }
    let population: [ParticipantID]
    do {
      try task.checkDeployable()
      population = try task.population(enrolled: store.enrolledParticipants())
      try task.updateFormat.proveNoOverflow(participants: population.count)
      _ = try task.program()
    } catch let failure as RunFailure {
      throw WireError(.invalid, failure.message, hint: failure.hint)
    } catch {
      throw WireError(.invalid, "\(error)")
    }
    let header = RunHeader(
      atoll: RunHeader.currentVersion, task: task.contentHash, seed: task.federation.seed, data: [:],
      participants: population)
    let run = try store.begin(
      task, header: header,
      Submission(
        source: yaml, signature: signature, signer: caller.certificate, submittedBy: member.name),
      status: .queued)
    try startNext()
    return try summary(of: known(run.id))
  }

  func runs(caller: Caller) async throws -> [RunOverview] {
    _ = try member(caller, .operator, .viewer)
    return try store.runs().map(summary)
  }

  private func summary(of run: StoredRun) throws -> RunOverview {
    let task = try FederatedTask(yaml: run.task)
    let host = hub.host(of: run.id)
    let detail =
      run.status == .queued
      ? "waits for its turn: \(limits.atOnce) at a time go on" : host?.detail ?? run.reason
    let round = try host?.lastRound ?? (store.records(of: run.id).compactMap(\.round).last?.round ?? 0)
    return RunOverview(
      run: run.id, task: run.header.task, status: run.status, detail: detail,
      round: round,
      rounds: task.federation.rounds, participants: run.header.participants, submittedBy: run.submittedBy,
      submitted: run.submitted)
  }

  private func known(_ run: RunID) throws -> StoredRun {
    guard let stored = try store.run(run) else {
      throw WireError(.refused, "there is no run “\(run)” at this server", hint: "atoll runs")
    }
    return stored
  }

  func watch(
    _ run: RunID, caller: Caller, tell: @escaping @Sendable (Data) async throws -> Void
  ) async throws {
    _ = try member(caller, .operator, .viewer)
    _ = try known(run)
    var next = 0
    // Before the first look, so that nothing is missed between a look and the wait.
    let pulses = pulses(of: hub.watch(run))
    func look() async throws -> (isOver: Bool, told: Int) {
      let isOver = try known(run).status.isOver
      let events = try store.events(of: run, from: next)
      for event in events { try await tell(event) }
      next += events.count
      return (isOver, events.count)
    }
    if try await look().isOver { return }
    for await pulse in pulses {
      let (isOver, told) = try await look()
      if isOver { return }
      // Nothing has happened for a while: what is waited for.
      if pulse == .second, told == 0, let waiting = hub.host(of: run)?.waitingEvent {
        try await tell(waiting)
      }
    }
  }

  func cancel(_ run: RunID, caller: Caller) async throws -> RunOverview {
    let member = try member(caller, .operator)
    let stored = try known(run)
    if stored.status == .queued {
      let failed = RunEvent.Failed(
        rounds: 0, reason: "the run was cancelled", hint: nil, participant: nil,
        time: Date.now.formatted(.iso8601))
      try store.end(run, .cancelled, reason: failed.reason, event: .failed(failed), actor: member.name)
      hub.told(run)
      return try summary(of: known(run))
    }
    guard let host = hub.host(of: run) else {
      throw WireError(.refused, "the run \(run) is \(stored.status.rawValue) already")
    }
    host.cancel(by: member.name)
    // Written by the run's own thread; an exchange that is being committed is committed first.
    for _ in 0..<200 where try !known(run).status.isOver { try await Task.sleep(for: .milliseconds(50)) }
    return try summary(of: known(run))
  }

  func fetch(
    _ file: RunFile, of run: RunID, caller: Caller,
    hand: @escaping @Sendable (_ size: Int, _ offset: Int, _ content: Data) async throws -> Void
  ) async throws {
    _ = try member(caller, .operator, .viewer)
    let stored = try known(run)
    guard stored.status == .finished else {
      throw WireError(.tryLater, "the run \(run) is \(stored.status.rawValue), and has no files")
    }
    let path = "\(store.path)/runs/\(run)/\(file.rawValue)"
    guard FileManager.default.fileExists(atPath: path) else {
      throw WireError(
        .refused, "the files of \(run) are not kept any more", hint: "atoll serve with a larger --keep-runs")
    }
    let pieces = try FilePieces(path)
    while let piece = try pieces.next() { try await hand(pieces.size, piece.offset, piece.content) }
  }
}

private enum Pulse {
  /// There may be events.
  case event
  /// A second has passed.
  case second
}

/// A pulse for each tick and for each second; ends with the ticks.
private func pulses(of ticks: AsyncStream<Void>) -> AsyncStream<Pulse> {
  AsyncStream(bufferingPolicy: .bufferingNewest(2)) { continuation in
    let listening = Task {
      for await _ in ticks { continuation.yield(.event) }
      continuation.finish()
    }
    let clock = Task {
      while !Task.isCancelled {
        // Ends the sleep when it is cancelled, and then the loop.
        try? await Task.sleep(for: .seconds(1))
        continuation.yield(.second)
      }
    }
    continuation.onTermination = { _ in
      listening.cancel()
      clock.cancel()
    }
  }
}
