import AtollFederation
import AtollNumerics
import AtollPrivacy
import AtollStore
import AtollWire
import FoundationEssentials
import Synchronization

/// Does what the session's machine says: one for the life of a participant, whatever becomes of its streams.
actor Session {
  /// A question to be answered.
  struct Work: Sendable {
    let task: FederatedTask
    let hash: ContentHash
    let signer: String
    let question: QuestionMessage
  }

  private var machine: SessionMachine
  private let identity: Identity
  private let store: ParticipantStore
  private let gatekeeper: Gatekeeper
  private let delegate: ParticipantDelegate
  private let leavesAfter: @Sendable (RunID, ContentHash, RunStatus) -> Bool
  private var outbox: Outbox<FromParticipant>?
  private var downloads: [ContentHash: PartialFile] = [:]
  private var tasks: [ContentHash: FederatedTask] = [:]
  private var runs: [RunID: ContentHash] = [:]
  /// Who signed the task of each run.
  private var signers: [RunID: String] = [:]
  private let queue: AsyncStream<Work>.Continuation
  /// What is to be computed, one after the other.
  nonisolated let works: AsyncStream<Work>
  /// The exchanges whose answers are computed and still wanted.
  nonisolated let wanted = Mutex<Set<ExchangeID>>([])
  /// How the participation ended, where it did.
  private(set) var ending: Participant.Ending?
  private(set) var farewell: (reason: String, comeAgain: Bool)?
  private(set) var hasJoined = false
  /// Why nothing may be said any more, to any server.
  private(set) var fault: (any Error)?

  init(
    _ identity: Identity, store: ParticipantStore, gatekeeper: Gatekeeper, delegate: ParticipantDelegate,
    leavesAfter: @escaping @Sendable (RunID, ContentHash, RunStatus) -> Bool
  ) throws {
    self.identity = identity
    self.store = store
    self.gatekeeper = gatekeeper
    self.delegate = delegate
    self.leavesAfter = leavesAfter
    let pending = try store.pending()
    machine = SessionMachine(
      software: "atoll \(RunHeader.currentVersion)", server: identity.server, pending: pending,
      committed: try store.lastCommitted(), runs: Set(try store.runs().keys))
    runs = try store.runs()
    (works, queue) = AsyncStream.makeStream(of: Work.self)
  }

  // MARK: Streams

  func opened(_ outbox: Outbox<FromParticipant>) throws {
    self.outbox = outbox
    farewell = nil
    hasJoined = false
    // Half a model is asked for again, from where it broke.
    downloads = [:]
    for answer in machine.pending.values { _ = try staysHere(answer) }
    try perform(machine.handle(.opened))
  }

  func closed() throws {
    outbox = nil
    try perform(machine.handle(.closed))
  }

  func receive(_ message: FromServer) throws {
    switch message {
    case .welcome(let welcome):
      guard welcome.participant.name == identity.name else {
        throw WireError(
          .protocolViolation, "the server takes this participant for “\(welcome.participant)”")
      }
      hasJoined = true
      let ahead = Duration.seconds(welcome.time) - .seconds(Date.now.timeIntervalSince1970)
      delegate.observe(
        .joined(server: identity.server, participant: welcome.participant, clockAhead: ahead))
      try check(welcome.ledgerHead)
      if let odd = try ServerLedgerHead(in: store.path).hear(welcome.serverLedgerHead) {
        delegate.observe(.warned(odd))
      }
    case .task(let message): try check(message)
    case .blobPart(let part): return try take(part)
    default: break
    }
    try perform(machine.handle(.received(message)))
  }

  /// Holds the own ledger against what the server kept of it.
  private func check(_ head: LedgerHead?) throws {
    guard let head else { return }
    do {
      try gatekeeper.charges.check(head)
    } catch {
      fault = error
      throw error
    }
  }

  private func check(_ message: TaskMessage) throws {
    let task: FederatedTask
    do {
      task = try FederatedTask(yaml: message.yaml)
    } catch {
      throw WireError(.protocolViolation, "the server's task cannot be read here: \(error)")
    }
    // The hash that is approved is that of the task itself, whatever the server says.
    guard task.contentHash == message.hash, task.federation.seed == message.seed else {
      throw WireError(.protocolViolation, "the task is not the one that its SHA-256 names")
    }
    let signer = try message.signature.map { try self.signer(of: $0, hash: message.hash) } ?? ""
    if runs[message.run] == nil || signers[message.run] != signer {
      delegate.observe(.task(message.run, task, message.hash, signedBy: signer))
    }
    signers[message.run] = signer
    tasks[message.hash] = task
    runs[message.run] = message.hash
    try store.note(message.run, task: message.hash)
  }

  /// What was signed must be the task that is run.
  private func signer(of signature: TaskSignature, hash: ContentHash) throws -> String {
    guard (try? FederatedTask(yaml: signature.source))?.contentHash == hash else {
      throw WireError(.untrusted, "what the operator signed is another task than the server runs")
    }
    return try identity.signer(of: signature)
  }

  private func take(_ part: BlobPart) throws {
    guard let download = downloads[part.hash] else { return }
    guard try download.append(part.content, at: part.offset) else {
      throw WireError(.protocolViolation, "a part of a model does not follow from the one before")
    }
    try finishIfComplete(download, part.hash)
  }

  /// Puts a model in its place where nothing of it is missing.
  private func finishIfComplete(_ download: PartialFile, _ hash: ContentHash) throws {
    guard download.isComplete else { return }
    downloads[hash] = nil
    guard download.contentHash == hash else {
      try download.restart()
      throw WireError(.protocolViolation, "a model has another SHA-256 than its name says")
    }
    try store.keepModel(hash)
    try perform(machine.handle(.modelArrived(hash)))
  }

  // MARK: Computations

  func computed(_ answer: ParticipantStore.Pending) throws {
    try perform(machine.handle(.computed(answer)))
    updateWanted()
  }

  func failed(_ exchange: ExchangeID, _ error: any Error) throws {
    if let failure = error as? RunFailure, failure.code == .cancelled { return }
    let explanation = Explanation(error)
    try perform(
      machine.handle(
        .failed(
          exchange, reason: explanation.own, told: explanation.told, byPolicy: explanation.isByPolicy,
          withdraws: explanation.withdraws)))
  }

  // MARK: Effects

  private func updateWanted() {
    let machine = machine
    wanted.withLock { wanted in wanted = wanted.filter { machine.wants($0) } }
  }

  private func perform(_ effects: [SessionMachine.Effect]) throws {
    for effect in effects { try perform(effect) }
    updateWanted()
  }

  private func perform(_ effect: SessionMachine.Effect) throws {
    switch effect {
    case .say(let message): outbox?.send(message)
    case .consult(let task, let question): try consult(task, question)
    case .fetch(let blob): try fetch(blob)
    case .compute(let message, let question):
      guard let task = tasks[message.hash] else { return }
      wanted.withLock { _ = $0.insert(question.exchange) }
      queue.yield(
        Work(
          task: task, hash: message.hash, signer: signers[message.run] ?? "", question: question))
    case .offer(let pending): try offer(pending)
    case .send(let pending, let offset): try send(pending, from: offset)
    case .commit(let pending):
      try store.commit(pending.exchange)
      gatekeeper.departures.settle(pending.exchange)
    case .discard(let pending):
      store.discard(pending.exchange)
      gatekeeper.departures.settle(pending.exchange)
    case .forget(let run): store.forget(run)
    case .keepModels(let hashes): store.keepModels(hashes)
    case .tell(let event): tell(event)
    case .leave(let reason, let comeAgain):
      farewell = (reason, comeAgain)
      outbox?.finish()
    }
  }

  private func tell(_ event: ParticipantEvent) {
    delegate.observe(event)
    guard case .ended(let run, let status, let reason) = event, let task = runs[run] else { return }
    runs[run] = nil
    if leavesAfter(run, task, status) {
      ending = Participant.Ending(run: run, task: task, status: status, reason: reason)
      outbox?.finish()
    }
  }

  /// Asks for the owner's consent to the task, before anything is fetched; the question itself is judged when all of it
  /// is here.
  private func consult(_ message: TaskMessage, _ question: QuestionMessage) throws {
    guard let task = tasks[message.hash] else { return }
    do {
      let gate = try gatekeeper.gate(
        to: task, hash: message.hash, of: message.run, signedBy: signers[message.run] ?? "")
      let largest = question.blobs.map(\.size).max() ?? 0
      if let refusal = gate.consent.policy?.refusal(ofModelOf: largest) { throw refusal }
    } catch {
      return try failed(question.exchange, error)
    }
    let missing = question.blobs.map(\.hash).filter { !store.hasModel($0) }
    try perform(machine.handle(.allowed(question.exchange, missing: Set(missing))))
  }

  private func fetch(_ blob: QuestionMessage.Blob) throws {
    let download = try PartialFile(store.partOfModel(blob.hash), size: blob.size)
    downloads[blob.hash] = download
    if !download.isComplete { outbox?.send(.fetch(blob.hash, offset: download.count)) }
    try finishIfComplete(download, blob.hash)
  }

  private func offer(_ pending: ParticipantStore.Pending) throws {
    if try staysHere(pending) { return }
    var offer = Offer(
      exchange: pending.exchange, question: pending.question, answer: pending.answer, size: pending.size,
      ledgerHead: gatekeeper.charges.head)
    if pending.size <= WireLimits.inlineAnswerBytes {
      offer.content = try readBytes(store.answerFile(pending.exchange))
      try depart(pending)
    }
    outbox?.send(.offer(offer))
  }

  private func send(_ pending: ParticipantStore.Pending, from offset: Int) throws {
    guard offset < pending.size else { return }
    if try staysHere(pending) { return }
    try depart(pending)
    delegate.observe(
      .sending(
        pending.exchange.run, exchange: pending.exchange.exchange, from: offset, of: pending.size))
    let reader = try FileReader(store.answerFile(pending.exchange))
    let position = Mutex(offset)
    outbox?.send {
      try position.withLock { position in
        let count = min(WireLimits.sentPartBytes, pending.size - position)
        guard count > 0 else { return nil }
        defer { position += count }
        return .part(
          AnswerPart(
            exchange: pending.exchange, offset: position,
            content: try reader.read(at: position, count: count)))
      }
    }
  }

  /// Drops an answer to a run that the owner has withdrawn from, where it has not left yet.
  private func staysHere(_ pending: ParticipantStore.Pending) throws -> Bool {
    guard gatekeeper.withdrawals.contains(pending.exchange.run), !gatekeeper.departures.hasLeft(pending)
    else { return false }
    try perform(machine.handle(.withdrawn(pending.exchange)))
    return true
  }

  /// Nothing leaves without its receipt.
  private func depart(_ pending: ParticipantStore.Pending) throws {
    if let receipt = try gatekeeper.departures.leave(pending) { delegate.observe(.leaving(receipt)) }
  }
}

/// The participant's end of one stream.
final class ServerLink: Link {
  private let session: Session
  private let outbox = Outbox<FromParticipant>()
  private let hasOpened = Mutex(false)

  init(_ session: Session) { self.session = session }

  func receive(_ message: FromServer) async throws { try await session.receive(message) }

  func next() async throws -> FromParticipant? {
    let isFirst = hasOpened.withLock { opened in
      defer { opened = true }
      return !opened
    }
    if isFirst { try await session.opened(outbox) }
    return try await outbox.next()
  }

  func beat() { outbox.sendIfIdle(.heartbeat) }
}
