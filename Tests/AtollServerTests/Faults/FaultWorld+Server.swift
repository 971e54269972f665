import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import Foundation

@testable import AtollServer

/// The server: what `RunHost`, `Hub` and `Connection` do around the engine.
extension FaultWorld {
  // MARK: Life and death

  func startServer() {
    guard disk == nil else { return }
    life = Life()
    let disk = SimulatedDisk(platter, life: life, plan: plan, owner: "server", mutant: mutant)
    self.disk = disk
    known = []
    guard !ledger.status.isOver else { return }
    do {
      let folder = SimulatedShelf(disk)
      let engine = try RunEngine(
        stored, task: Self.task, program: program,
        store: SimulatedLedger(ledger: ledger, life: life, plan: plan, mutant: mutant), folder: folder)
      self.folder = folder
      self.engine = engine
      began = (plan.time, plan.time + wallOffset, engine.startTime)
      oracle.opened = plan.time
      oracle.declined = []
      take(self.engine?.begin(at: now) ?? [])
    } catch {
      if !life.isOver { oracle.violate("the server cannot start: \(error)") }
    }
    if life.isOver { serverDies() }
  }

  func serverDies() {
    guard disk != nil else { return }
    life.end()
    engine = nil
    folder = nil
    disk = nil
    uploads = [:]
    timer = nil
    ledger.forgetDeferred()
    if plan.below(2) == 0 { platter.losePower(plan) }
    network.breakOffAllAtServer()
    current = [:]
    network.schedule(.startServer, in: 100 + plan.below(5000))
  }

  /// The run's time: counted by the clock that nobody can set, as `RunHost` does.
  var now: Instant {
    let elapsed =
      mutant == .clockThatJumps ? plan.time + wallOffset - began.wall : plan.time - began.time
    return began.start + .milliseconds(elapsed)
  }

  // MARK: Events

  func feed(_ event: RunEngine<Ladder>.Event) {
    guard engine != nil else { return }
    take(engine?.handle(event, at: now) ?? [])
  }

  private func take(_ effects: [RunEngine<Ladder>.Effect]) {
    // Whatever was committed is so, also where the process has died at it.
    while let record = ledger.record(oracle.exchange) {
      let exchange = oracle.exchange
      do {
        try oracle.committed(record, ledger.contributions[ExchangeID(Self.run, exchange)] ?? [:])
      } catch {
        oracle.violate("exchange \(exchange): \(error)")
      }
      guard oracle.violations.isEmpty else { return }
    }
    guard !life.isOver else { return serverDies() }
    for effect in effects {
      perform(effect)
      if life.isOver { return serverDies() }
    }
    setTimer()
  }

  private func setTimer() {
    guard let deadline = engine?.deadline, deadline != timer else { return }
    timer = deadline
    let left = (deadline.sinceStart - now.sinceStart) / .milliseconds(1)
    network.schedule(.serverTimer(life: life), in: Int(left.rounded(.up)))
  }

  private func perform(_ effect: RunEngine<Ladder>.Effect) {
    switch effect {
    case .say(let name, var message):
      if mutant == .lateAcknowledged, case .settled(let outcome) = message {
        message = .settled(Settled(exchange: outcome.exchange, answer: outcome.answer, isCommitted: true))
      }
      say(message, name)
    case .receive(let name, let offer):
      uploads[name] = offer
      let path = folder?.answer(of: name, exchange: offer.exchange.exchange, hash: offer.answer) ?? ""
      let count = disk?.size(of: path) ?? 0
      if count > offer.size { disk?.remove(path) }
      say(.send(offer.exchange, offset: count > offer.size ? 0 : count), name)
      if count == offer.size { received(name, offer, path) }
    case .count(_, let code): refusals[code, default: 0] += 1
    case .closed(let exchange):
      oracle.opened = plan.time
      oracle.declined = []
      folder?.dropAnswers(before: exchange)
    case .told: break
    case .write: feed(.timePassed)
    case .finished(let sums, _):
      if sums != oracle.outcome { oracle.violate("the outcome is not that of the commits") }
      end(.finished)
    case .failed(let failure):
      self.failure = failure
      end(.failed)
    }
  }

  private func end(_ status: RunStatus) {
    let dies = plan.strikes(.crash, "server ending the run")
    if dies, plan.below(2) == 0 { return life.end() }
    ledger.end(status)
    if dies { return life.end() }
    engine = nil
    for name in current.keys.sorted() {
      say(.runEnded(RunEnded(run: Self.run, status: status, reason: "")), name)
    }
  }

  // MARK: Connections

  private func say(_ message: FromServer, _ name: ParticipantID) {
    guard let connection = current[name] else { return }
    network.send(connection, .down, message.word, .toParticipant(connection: connection, message))
  }

  func left(_ connection: Int) {
    guard network[connection].isOpenAtServer else { return }
    network[connection].isOpenAtServer = false
    let name = network[connection].participant
    guard current[name] == connection else { return }
    current[name] = nil
    uploads[name] = nil
    feed(.left(name))
  }

  /// The peer does what it must not: the stream ends.
  private func reject(_ connection: Int) {
    left(connection)
    network.breakOff(connection)
  }

  func hear(_ message: FromParticipant, _ connection: Int) {
    let name = network[connection].participant
    if case .hello(let hello) = message {
      guard !network[connection].hasSaidHello else { return reject(connection) }
      network[connection].hasSaidHello = true
      return greet(hello, connection)
    }
    guard network[connection].hasSaidHello else { return reject(connection) }
    switch message {
    case .hello, .heartbeat: break
    case .fetch(let hash, let offset): sendModel(hash, from: offset, name)
    case .offer(let offer): offered(offer, name)
    case .part(let part): take(part, connection)
    case .declined(let declined):
      if case .collecting(let open)? = engine?.phase, open.number == declined.exchange.exchange,
        open.awaits(name)
      {
        oracle.declined.insert(name)
      }
      if mutant != .declineUnheard { feed(.declined(name, declined)) }
    }
  }

  private func greet(_ hello: Hello, _ connection: Int) {
    let name = network[connection].participant
    let older = current.updateValue(connection, forKey: name)
    if let older, older != connection { network[older].isOpenAtServer = false }
    uploads[name] = nil
    guard engine != nil else {
      for pending in hello.pending { settle(pending.exchange, pending.answer, name) }
      guard ledger.status.isOver else { return }
      for run in hello.runs { say(.runEnded(RunEnded(run: run, status: ledger.status, reason: "")), name) }
      return
    }
    for pending in hello.pending { feed(.holds(name, pending)) }
    if mutant == .returnUnnoticed, !known.insert(name).inserted { return }
    feed(.arrived(name))
  }

  private func settle(_ exchange: ExchangeID, _ answer: ContentHash, _ name: ParticipantID) {
    let isCommitted = ledger.contribution(of: name, to: exchange) == answer
    say(.settled(Settled(exchange: exchange, answer: answer, isCommitted: isCommitted)), name)
  }

  private func sendModel(_ hash: ContentHash, from offset: Int, _ name: ParticipantID) {
    guard let folder, folder.has(hash), let bytes = try? folder.get(hash) else { return }
    for start in stride(from: offset, to: bytes.count, by: 50) {
      say(
        .blobPart(BlobPart(hash: hash, offset: start, content: Data(bytes.dropFirst(start).prefix(50)))), name
      )
    }
  }

  // MARK: Answers

  private func offered(_ original: Offer, _ name: ParticipantID) {
    guard engine != nil else { return settle(original.exchange, original.answer, name) }
    var (offer, name) = (original, name)
    if case .collecting(let open)? = engine?.phase {
      if mutant == .oldAnswerAccepted, offer.exchange.exchange < open.number {
        offer.exchange = ExchangeID(Self.run, open.number)
        offer.question = open.hash
      }
      if mutant == .duplicateCounted, open.answers[name] == offer.answer, let other = open.awaited.first {
        name = other
      }
    }
    feed(.offered(name, offer))
  }

  private func take(_ part: AnswerPart, _ connection: Int) {
    let name = network[connection].participant
    guard current[name] == connection, let offer = uploads[name], offer.exchange == part.exchange,
      let folder, let disk
    else { return }
    let path = folder.answer(of: name, exchange: part.exchange.exchange, hash: offer.answer)
    let count = disk.size(of: path)
    guard part.offset == count, count + part.content.count <= offer.size else { return reject(connection) }
    guard let length = disk.append(part.content, to: path) else { return serverDies() }
    if length == offer.size { received(name, offer, path) }
  }

  private func received(_ name: ParticipantID, _ offer: Offer, _ path: String) {
    uploads[name] = nil
    guard let disk else { return }
    feed(.received(name, offer, { try disk.read(path) }))
    disk.remove(path)
    if life.isOver, self.disk === disk { serverDies() }
  }

  // MARK: What must hold

  func checkServer() {
    guard let engine else { return }
    guard let deadline = engine.deadline else {
      if !engine.isOver { oracle.violate("the run waits without a deadline") }
      return
    }
    if deadline.sinceStart - now.sinceStart > .milliseconds(scenario.deadline), mutant != .clockThatJumps {
      oracle.violate("the run waits for longer than its task says")
    }
    if case .collecting(let open) = engine.phase, !oracle.declined.isEmpty,
      oracle.declined.isSuperset(of: open.awaited), !open.awaited.isEmpty
    {
      oracle.violate("the run waits for \(open.awaited), and all of them have declined")
    }
  }
}

extension FromServer {
  /// What it is called in a trace.
  fileprivate var word: StaticString {
    switch self {
    case .welcome: "welcome"
    case .heartbeat: "heartbeat"
    case .task: "task"
    case .question: "question"
    case .blobPart: "model"
    case .send: "send"
    case .settled: "settled"
    case .refused: "refused"
    case .runEnded: "end"
    case .goodbye: "goodbye"
    }
  }
}
