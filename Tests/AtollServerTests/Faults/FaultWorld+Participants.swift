import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import Foundation

@testable import AtollClient

/// A participant: what outlives its processes, and the process that lives now.
final class FaultParty {
  let name: ParticipantID
  let platter = Platter()
  /// Exchanges whose answers it has taken for counted, as its own disk says.
  var acknowledged: Set<Int> = []
  var discarded: [(Int, ContentHash)] = []
  /// What left, on its disk.
  let receipts = SimulatedBook()
  var hasSeenTheEnd = false
  var hasForgotten = false

  // What dies with a process.
  var life = Life()
  var machine: SessionMachine?
  var store: ParticipantStore?
  var disk: SimulatedDisk?
  var desk: AnswerDesk?
  var departures: Departures?
  var connection: Int?
  var downloads: [ContentHash: Int] = [:]
  var backoff = Backoff()

  // Of planted bugs.
  var offered: Set<Int> = []
  var lastAsked = -1

  init(_ name: ParticipantID) { self.name = name }

  /// Whether its disk has the run.
  var knowsTheRun: Bool { disk?.exists("own/runs/\(FaultWorld.run)/task") ?? true }
}

/// What `Participant` and `Session` do around the session's machine.
extension FaultWorld {
  private static let inlineBytes = 48

  // MARK: Life and death

  func start(_ name: ParticipantID) {
    guard let party = parties[name], party.machine == nil else { return }
    party.life = Life()
    let disk = SimulatedDisk(
      party.platter, life: party.life, plan: plan, owner: name.name, mutant: mutant)
    party.disk = disk
    do {
      let store = try ParticipantStore(in: "own", on: disk)
      party.store = store
      party.machine = SessionMachine(
        software: "test", server: ServerAddress(host: "localhost"),
        pending: mutant == .holdingsForgotten ? [] : try store.pending(),
        committed: try store.lastCommitted(),
        runs: Set(try store.runs().keys))
      let departures = try Departures(
        to: "localhost", pending: store.pending(), open: party.receipts.opened(on: disk))
      party.departures = departures
      party.desk = AnswerDesk(
        name, store: store,
        gatekeeper: Gatekeeper(
          consent: Consent(.open), usesExternalTrainer: false, departures: departures,
          withdrawals: Withdrawals(folder: "nowhere"),
          charges: try Charges("nowhere/ledger.jsonl", of: name)),
        delegate: ParticipantDelegate(data: { _ in .ofNobody }), workers: WorkerRegistry(Climber()))
      party.backoff = Backoff()
      try checkMemory(party)
    } catch {
      if !party.life.isOver { return oracle.violate("\(name) cannot start: \(error)") }
    }
    if party.life.isOver { return dies(name) }
    network.schedule(.connect(name), in: plan.below(200))
  }

  func dies(_ name: ParticipantID) {
    guard let party = parties[name], party.disk != nil else { return }
    party.life.end()
    party.machine = nil
    party.store = nil
    party.disk = nil
    party.desk = nil
    party.departures = nil
    if let connection = party.connection { network.breakOff(connection) }
    party.connection = nil
    if plan.below(2) == 0 { party.platter.losePower(plan) }
    network.schedule(.startParticipant(name), in: 100 + plan.below(20_000))
  }

  func connect(_ name: ParticipantID) {
    guard let party = parties[name], party.machine != nil, party.connection == nil else { return }
    guard disk != nil, let connection = network.connect(name) else { return tryAgain(party) }
    party.connection = connection
    party.downloads = [:]
    party.backoff.succeeded()
    tell(name, .opened)
  }

  private func tryAgain(_ party: FaultParty) {
    let delay = party.backoff.failed(chance: Double(plan.below(1000)) / 1000)
    network.schedule(.connect(party.name), in: Int(delay / .milliseconds(1)))
  }

  func hangUp(_ name: ParticipantID) {
    guard let party = parties[name] else { return }
    party.connection = nil
    tell(name, .closed)
    if party.machine != nil { tryAgain(party) }
  }

  // MARK: Events

  func receive(_ message: FromServer, _ name: ParticipantID) {
    guard let party = parties[name], let store = party.store else { return }
    switch message {
    case .task(let task):
      guard doing(party, { try store.note(task.run, task: task.hash) }) else { return }
    case .question(let question): party.lastAsked = max(party.lastAsked, question.exchange.exchange)
    case .blobPart(let part): return take(part, party)
    case .settled(let outcome):
      if mutant == .reorderedSettleLost, outcome.exchange.exchange < party.lastAsked { return }
    default: break
    }
    tell(name, .received(message))
  }

  func tell(_ name: ParticipantID, _ event: SessionMachine.Event) {
    guard let party = parties[name], party.machine != nil else { return }
    do throws(WireError) {
      let effects = try party.machine?.handle(event) ?? []
      for effect in effects {
        guard party.machine != nil else { return }
        perform(effect, party)
      }
    } catch {
      // The server does what it must not, as far as this end can see: the process ends, and is started again.
      dies(name)
    }
  }

  /// Does something with the disk.
  ///
  /// - Returns: false when the process has ended over it: it has died, or has no room.
  private func doing(_ party: FaultParty, _ body: () throws -> Void) -> Bool {
    do {
      try body()
    } catch let error as StoreError where error.code == .cannotWrite || party.life.isOver {
      dies(party.name)
      return false
    } catch {
      oracle.violate("\(party.name): \(error)")
      return false
    }
    guard !party.life.isOver else {
      dies(party.name)
      return false
    }
    return true
  }

  private func perform(_ effect: SessionMachine.Effect, _ party: FaultParty) {
    guard let store = party.store else { return }
    switch effect {
    case .say(let message): say(message, party)
    case .consult(_, let question): consult(question, party, store)
    case .fetch(let blob): fetch(blob, party)
    case .compute(let task, let question):
      let isSlow = plan.strikes(.slow, "\(party.name) answering \(question.exchange.exchange)")
      network.schedule(
        .computed(party.name, life: party.life, task, question),
        in: 20 + plan.below(1500) + (isSlow ? scenario.deadline + plan.below(60_000) : 0))
    case .offer(let pending): offer(pending, party)
    case .send(let pending, let offset): send(pending, from: offset, party)
    case .commit(let pending): commit(pending, party, store)
    case .discard(let pending):
      if ledger.contribution(of: party.name, to: pending.exchange) == pending.answer {
        oracle.violate("\(party.name) discards an answer to \(pending.exchange.exchange) that is in the sum")
      }
      party.discarded.append((pending.exchange.exchange, pending.answer))
      _ = doing(party) {
        store.discard(pending.exchange)
        party.departures?.settle(pending.exchange)
        try checkMemory(party)
      }
    case .forget(let run):
      party.hasForgotten = true
      _ = doing(party) { store.forget(run) }
    case .keepModels(let hashes): _ = doing(party) { store.keepModels(hashes) }
    case .tell(.ended): party.hasSeenTheEnd = true
    case .tell: break
    case .leave: hangUp(party.name)
    }
  }

  private func say(_ message: FromParticipant, _ party: FaultParty) {
    guard let connection = party.connection else { return }
    network.send(connection, .up, message.word, .toServer(connection: connection, message))
  }

  // MARK: Questions

  private func consult(_ question: QuestionMessage, _ party: FaultParty, _ store: ParticipantStore) {
    if plan.strikes(.decline, "\(party.name) asked \(question.exchange.exchange)") {
      return tell(
        party.name, .failed(question.exchange, reason: "no", told: "no", byPolicy: plan.below(2) == 0))
    }
    let missing = question.blobs.map(\.hash).filter { !store.hasModel($0) }
    tell(party.name, .allowed(question.exchange, missing: Set(missing)))
  }

  private func fetch(_ blob: QuestionMessage.Blob, _ party: FaultParty) {
    guard let disk = party.disk, let store = party.store else { return }
    let part = store.model(blob.hash) + ".part"
    if disk.size(of: part) > blob.size { disk.remove(part) }
    party.downloads[blob.hash] = blob.size
    if disk.size(of: part) == blob.size { return finish(blob.hash, party) }
    say(.fetch(blob.hash, offset: disk.size(of: part)), party)
  }

  private func take(_ part: BlobPart, _ party: FaultParty) {
    guard let size = party.downloads[part.hash], let disk = party.disk, let store = party.store else {
      return
    }
    let path = store.model(part.hash) + ".part"
    let count = disk.size(of: path)
    guard part.offset == count, count + part.content.count <= size else { return dies(party.name) }
    guard let length = disk.append(part.content, to: path) else { return dies(party.name) }
    if length == size { finish(part.hash, party) }
  }

  private func finish(_ hash: ContentHash, _ party: FaultParty) {
    guard let disk = party.disk, let store = party.store else { return }
    let part = store.model(hash) + ".part"
    party.downloads[hash] = nil
    guard let bytes = try? disk.read(part), ContentHash(of: bytes) == hash else {
      disk.remove(part)
      return dies(party.name)
    }
    disk.move(part, to: store.model(hash))
    tell(party.name, .modelArrived(hash))
  }

  func compute(_ name: ParticipantID, _ task: TaskMessage, _ question: QuestionMessage) {
    guard let party = parties[name], let desk = party.desk,
      party.machine?.wants(question.exchange) == true
    else { return }
    var answer: ParticipantStore.Pending?
    let isDone = doing(party) {
      answer = try desk.answer(
        question, of: Self.task, hash: task.hash, isCancelled: { false })
    }
    if isDone, let answer { tell(name, .computed(answer)) }
  }

  // MARK: Answers

  private func offer(_ pending: ParticipantStore.Pending, _ party: FaultParty) {
    guard let store = party.store, let disk = party.disk, party.connection != nil else { return }
    if mutant == .offeredOnce, !party.offered.insert(pending.exchange.exchange).inserted { return }
    var offer = Offer(
      exchange: pending.exchange, question: pending.question, answer: pending.answer, size: pending.size)
    let isRead = doing(party) {
      if pending.size <= Self.inlineBytes {
        offer.content = try disk.read(store.answerFile(pending.exchange))
        try depart(pending, party)
      }
    }
    guard isRead else { return }
    say(.offer(offer), party)
    if mutant == .memoryBeforeCommit {
      _ = doing(party) {
        try store.commit(pending.exchange)
        try checkMemory(party)
      }
    }
  }

  private func send(_ pending: ParticipantStore.Pending, from offset: Int, _ party: FaultParty) {
    guard let store = party.store, let disk = party.disk else { return }
    var bytes = Data()
    let isRead = doing(party) {
      bytes = try disk.read(store.answerFile(pending.exchange))
      try depart(pending, party)
    }
    guard isRead else { return }
    for start in stride(from: offset, to: bytes.count, by: 40) {
      say(
        .part(
          AnswerPart(
            exchange: pending.exchange, offset: start, content: Data(bytes.dropFirst(start).prefix(40)))),
        party)
    }
  }

  /// Nothing leaves without its receipt.
  private func depart(_ pending: ParticipantStore.Pending, _ party: FaultParty) throws {
    if mutant != .leftWithoutReceipt { _ = try party.departures?.leave(pending) }
  }

  private func commit(_ pending: ParticipantStore.Pending, _ party: FaultParty, _ store: ParticipantStore) {
    if ledger.contribution(of: party.name, to: pending.exchange) != pending.answer {
      oracle.violate(
        "\(party.name) is told that its answer to \(pending.exchange.exchange) counts, and it is not in the sum"
      )
    }
    _ = doing(party) {
      try store.commit(pending.exchange)
      party.departures?.settle(pending.exchange)
      try checkMemory(party)
    }
  }

  /// What a participant remembers is what it remembered when the last answer of its that counts was computed.
  private func checkMemory(_ party: FaultParty) throws {
    // What is forgotten need not be whole.
    guard let store = party.store, !party.life.isOver, !party.hasForgotten else { return }
    let last = try store.lastCommitted()[Self.run]
    let state = try store.state(of: Self.run)
    guard let last else {
      if state != LocalState() {
        oracle.violate("\(party.name) remembers something, and nothing of it counts")
      }
      return
    }
    party.acknowledged.insert(last)
    guard let expected = oracle.memories[party.name]?[last] else {
      return oracle.violate("\(party.name) takes its answer to \(last) for counted, and it is not in the sum")
    }
    if state != expected {
      oracle.violate("\(party.name) remembers something else than after exchange \(last)")
    }
  }
}

extension FromParticipant {
  /// What it is called in a trace.
  fileprivate var word: StaticString {
    switch self {
    case .hello: "hello"
    case .heartbeat: "heartbeat"
    case .fetch: "fetch"
    case .offer: "offer"
    case .part: "answer"
    case .declined: "declined"
    }
  }
}
