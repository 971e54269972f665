import AtollFederation
import AtollNumerics
import AtollPrivacy
import AtollStore
import AtollWire
import FoundationEssentials
import Synchronization

/// The server's end of a participant's stream.
final class Connection: Link {
  let participant: ParticipantID
  let outbox = Outbox<FromServer>()
  private let certificate: ContentHash
  private let hub: Hub
  private let store: ServerStore
  /// Of the server's own privacy ledger.
  private let serverLedgerHead: LedgerHead?
  /// Of the participant's privacy ledger, as the store has it.
  private let ledgerHead = Mutex<LedgerHead?>(nil)
  private let hasSaidHello = Mutex(false)
  /// Runs whose task was told here.
  private let toldTasks = Mutex<Set<RunID>>([])
  private let uploads = Mutex<[ExchangeID: Upload]>([:])
  /// Models that were asked for and wait for a place.
  private let downloads = Mutex<[ContentHash: FilePieces]>([:])

  private final class Upload {
    let offer: Offer
    let host: RunHost
    /// Nil until it may begin.
    var file: PartialFile?

    init(_ offer: Offer, host: RunHost) {
      self.offer = offer
      self.host = host
    }
  }

  init(
    _ participant: ParticipantID, certificate: ContentHash, hub: Hub, store: ServerStore,
    serverLedgerHead: LedgerHead?
  ) {
    self.serverLedgerHead = serverLedgerHead
    self.participant = participant
    self.certificate = certificate
    self.hub = hub
    self.store = store
  }

  /// Says something of a run.
  ///
  /// A question may be meant for an older connection of the participant, where the run has not heard yet that this one took its
  /// place. It is left out: once the run hears of it, it tells the task and asks again.
  func say(_ message: FromServer) {
    switch message {
    case .task(let task): toldTasks.withLock { _ = $0.insert(task.run) }
    case .question(let question):
      guard toldTasks.withLock({ $0.contains(question.exchange.run) }) else { return }
    default: break
    }
    outbox.send(message)
  }

  // MARK: Link

  func next() async throws -> FromServer? { try await outbox.next() }

  func beat() {
    outbox.sendIfIdle(.heartbeat)
    hub.timePassed()
  }

  func receive(_ message: FromParticipant) async throws {
    if case .hello(let hello) = message {
      let isFirst = hasSaidHello.withLock { said in
        defer { said = true }
        return !said
      }
      guard isFirst else { throw WireError(.protocolViolation, "a participant says hello once") }
      do {
        return try greet(hello)
      } catch let error as StoreError {
        return end(for: error)
      }
    }
    guard hasSaidHello.withLock({ $0 }) else {
      throw WireError(.protocolViolation, "a participant says hello first")
    }
    guard outbox.count < WireLimits.unread else {
      throw WireError(.protocolViolation, "a participant asks for much, and reads nothing")
    }
    do {
      switch message {
      case .hello, .heartbeat: break
      case .fetch(let hash, let offset): try fetch(hash, from: offset)
      case .offer(let offer): try offered(offer)
      case .part(let part): try take(part)
      case .declined(let declined):
        hub.host(of: declined.exchange.run)?.declined(participant, declined)
      }
    } catch let error as StoreError {
      end(for: error)
    }
  }

  /// A full disk is a state: the participant comes again after a while, and keeps its answer until then.
  private func end(for error: StoreError) {
    end(reason: "the server's disk: \(error.message)", comeAgain: true)
  }

  /// Ends the stream from this side.
  func end(reason: String, comeAgain: Bool) {
    outbox.send(.goodbye(reason: reason, comeAgain: comeAgain))
    outbox.finish()
  }

  private func greet(_ hello: Hello) throws {
    let head = try store.ledgerHead(of: participant)
    ledgerHead.withLock { $0 = head }
    outbox.send(
      .welcome(
        Welcome(
          software: "atoll \(RunHeader.currentVersion)", participant: participant, time: ServerStore.now,
          ledgerHead: head, serverLedgerHead: serverLedgerHead)))
    hub.activity.joined(participant, software: hello.software)
    // Answers to runs that are over are settled from the store.
    for pending in hello.pending where hub.host(of: pending.exchange.run) == nil {
      try settle(pending.exchange, pending.answer)
    }
    for run in hello.runs where hub.host(of: run) == nil {
      let stored = try store.run(run)
      guard let stored else {
        outbox.send(
          .runEnded(RunEnded(run: run, status: .cancelled, reason: "this server does not know the run")))
        continue
      }
      guard stored.status.isOver else { continue }
      outbox.send(.runEnded(RunEnded(run: run, status: stored.status, reason: stored.reason)))
    }
    hub.arrived(self, holding: hello.pending)
  }

  private func settle(_ exchange: ExchangeID, _ answer: ContentHash) throws {
    let committed = try store.contribution(of: participant, to: exchange)
    outbox.send(
      .settled(Settled(exchange: exchange, answer: answer, isCommitted: committed == answer)))
  }

  // MARK: Models

  private func fetch(_ hash: ContentHash, from offset: Int) throws {
    guard let folder = hub.folder(with: hash, for: participant) else {
      // It is not wanted any more: the exchange that named it is over.
      return
    }
    let pieces = try FilePieces(folder.blob(hash), from: offset)
    downloads.withLock { $0[hash] = pieces }
    hub.ask(.model(hash), size: pieces.size - min(pieces.size, offset), of: participant)
  }

  private func send(_ hash: ContentHash) {
    let content = TransferGate.Transfer.Content.model(hash)
    guard let pieces = downloads.withLock({ $0.removeValue(forKey: hash) }) else {
      return hub.ended(content, of: participant)
    }
    outbox.send { [hub, participant] in
      do {
        if let piece = try pieces.next() {
          return .blobPart(BlobPart(hash: hash, offset: piece.offset, content: piece.content))
        }
        hub.ended(content, of: participant)
        return nil
      } catch {
        throw WireError(.tryLater, "the server cannot read a model")
      }
    }
  }

  // MARK: Answers

  private func offered(_ offer: Offer) throws {
    // Revoked since it joined: nothing more is taken.
    guard try store.member(certificate)?.isRevoked == false else {
      return end(reason: "the certificate of \(participant) has been revoked", comeAgain: false)
    }
    guard let host = hub.host(of: offer.exchange.run) else {
      guard try store.run(offer.exchange.run) != nil else {
        outbox.send(
          .refused(
            Refused(
              exchange: offer.exchange, code: .unknownRun, reason: "there is no such run at this server")))
        return try settle(offer.exchange, offer.answer)
      }
      return try settle(offer.exchange, offer.answer)
    }
    guard host.participants.contains(participant) else {
      try? store.count(.notInvited, of: participant, in: host.run)
      hub.activity.refused(participant, .notInvited, in: host.run)
      outbox.send(
        .refused(
          Refused(exchange: offer.exchange, code: .notInvited, reason: "the run is not for this participant"))
      )
      return
    }
    if let head = offer.ledgerHead { try keep(head) }
    host.offered(participant, offer)
  }

  private func keep(_ head: LedgerHead) throws {
    try ledgerHead.withLock { kept in
      guard head.sequence > kept?.sequence ?? 0 else { return }
      try store.keep(head, of: participant)
      kept = head
    }
  }

  /// An answer that was offered is wanted; it is received when there is a place.
  func expect(_ offer: Offer, from host: RunHost) {
    uploads.withLock { $0[offer.exchange] = Upload(offer, host: host) }
  }

  /// There is a place.
  func begin(_ content: TransferGate.Transfer.Content) {
    switch content {
    case .answer(let exchange): collect(exchange)
    case .model(let hash): send(hash)
    }
  }

  /// Asks for what is not here yet of an answer.
  private func collect(_ exchange: ExchangeID) {
    let position: Int?
    do {
      position = try uploads.withLock { uploads -> Int? in
        guard let upload = uploads[exchange] else { return nil }
        let path = upload.host.folder.answer(
          of: participant, exchange: exchange.exchange, hash: upload.offer.answer)
        let file = try PartialFile(path, size: upload.offer.size)
        upload.file = file
        return file.count
      }
    } catch {
      hub.ended(.answer(exchange), of: participant)
      if let error = error as? StoreError { end(for: error) }
      return
    }
    guard let position else { return hub.ended(.answer(exchange), of: participant) }
    outbox.send(.send(exchange, offset: position))
    finishIfComplete(exchange)
  }

  private func take(_ part: AnswerPart) throws {
    let isWelcome = try uploads.withLock { uploads -> Bool in
      // Parts that were on their way when the exchange closed are let pass.
      guard let file = uploads[part.exchange]?.file else { return true }
      return try file.append(part.content, at: part.offset)
    }
    guard isWelcome else {
      throw WireError(.protocolViolation, "a part of an answer does not follow from the one before")
    }
    finishIfComplete(part.exchange)
  }

  private func finishIfComplete(_ exchange: ExchangeID) {
    let done = uploads.withLock { uploads -> Upload? in
      guard let upload = uploads[exchange], upload.file?.isComplete == true else { return nil }
      uploads[exchange] = nil
      return upload
    }
    guard let done, let file = done.file else { return }
    hub.ended(.answer(exchange), of: participant)
    // Gone meanwhile: it is asked for again.
    if let answer = try? ReceivedAnswer(file) { done.host.received(participant, done.offer, answer) }
  }
}
