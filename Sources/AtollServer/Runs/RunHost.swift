import AtollFederation
import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollStore
import AtollWire
import FoundationEssentials
import Synchronization

/// Drives one run on a thread of its own: absorbing a round is work, and would starve whoever shares a thread with it.
final class RunHost: Sendable {
  let run: RunID
  let participants: Set<ParticipantID>
  let folder: RunFolder
  private let store: ServerStore
  private let stored: StoredRun
  private let task: FederatedTask
  private let hub: Hub
  private let charges: any ChargeBook
  private let mailbox = Mailbox<Input>()
  private let waiting = Mutex<Waiting?>(nil)
  private let round = Mutex(0)

  private enum Input: Sendable {
    case arrived(ParticipantID)
    case left(ParticipantID)
    case holds(ParticipantID, Hello.Pending)
    case offered(ParticipantID, Offer)
    case received(ParticipantID, Offer, ReceivedAnswer)
    case declined(ParticipantID, Declined)
    case cancel(by: String)
    case stop
  }

  /// - Parameter ledger: opens the server's ledger, where the run gives away anything of participants.
  /// - Throws: `StoreError`, `InvalidTask`; `PrivacyError` where the ledger makes no sense.
  init(
    _ stored: StoredRun, store: ServerStore, hub: Hub, ledger: () throws -> LedgerBook
  ) throws {
    self.stored = stored
    self.store = store
    self.hub = hub
    run = stored.id
    participants = Set(stored.header.participants)
    task = try FederatedTask(yaml: stored.task)
    folder = try RunFolder(stored.id, in: store)
    charges =
      task.privacy == nil
      ? MemoryLedger()
      : try RunLedger(
        ledger(), run: stored.id.name, subject: .population(of: stored.header.participants),
        repetition: store.repetition(of: stored.id))
  }

  // MARK: What happens, from any thread

  func arrived(_ participant: ParticipantID) { mailbox.put(.arrived(participant)) }
  func left(_ participant: ParticipantID) { mailbox.put(.left(participant)) }
  func holds(_ participant: ParticipantID, _ pending: Hello.Pending) {
    mailbox.put(.holds(participant, pending))
  }
  func offered(_ participant: ParticipantID, _ offer: Offer) { mailbox.put(.offered(participant, offer)) }
  func received(_ participant: ParticipantID, _ offer: Offer, _ answer: ReceivedAnswer) {
    mailbox.put(.received(participant, offer, answer))
  }
  func declined(_ participant: ParticipantID, _ declined: Declined) {
    mailbox.put(.declined(participant, declined))
  }
  func cancel(by actor: String) { mailbox.put(.cancel(by: actor)) }

  /// Ends the thread; the run goes on at the next start from its last commit.
  func stop() { mailbox.put(.stop) }

  /// What is waited for, in one line.
  var detail: String { waiting.withLock { $0?.words(at: .now) } ?? "" }

  /// What is waited for, as an event.
  var waitingEvent: Data? { waiting.withLock { $0?.event(at: .now) } }

  /// The last round that is done.
  var lastRound: Int { round.withLock { $0 } }

  // MARK: The run's own thread

  /// Drives the run until it is over or stopped.
  func drive() {
    do {
      try drive(task.program())
    } catch {
      end(.failed, RunFailure(.resume, "\(error)"), actor: "server")
    }
  }

  private func drive<Program: FederatedProgram<LearnedModel>>(_ program: Program) throws {
    var engine = try RunEngine(
      stored, task: task, program: program, store: store, folder: folder, charges: charges)
    let began = ContinuousClock.now
    let start = engine.startTime
    func now() -> Instant { start + (ContinuousClock.now - began) }
    func show(_ engine: RunEngine<Program>) {
      let next = engine.waiting { began + ($0.sinceStart - start.sinceStart) }
      waiting.withLock { $0 = next }
      round.withLock { $0 = engine.lastRound }
      hub.activity.shows(run, next, engine.lastEvaluation)
    }
    if carryOut(engine.begin(at: now())) { return }
    show(engine)
    while let deadline = engine.deadline {
      let patience = max(.zero, deadline.sinceStart - now().sinceStart)
      var effects: [RunEngine<Program>.Effect]
      var actor = "server"
      switch mailbox.take(within: min(patience, .seconds(3600))) {
      case nil: effects = engine.handle(.timePassed, at: now())
      case .stop: return
      case .cancel(let by):
        actor = by
        effects = engine.cancel()
      case .arrived(let participant): effects = engine.handle(.arrived(participant), at: now())
      case .left(let participant): effects = engine.handle(.left(participant), at: now())
      case .holds(let participant, let pending):
        effects = engine.handle(.holds(participant, pending), at: now())
      case .offered(let participant, let offer):
        effects = engine.handle(.offered(participant, offer), at: now())
      case .received(let participant, let offer, let answer):
        effects = engine.handle(.received(participant, offer, { answer }), at: now())
        // In the sum, refused or not wanted: in no case is it needed again.
        folder.dropAnswer(of: participant, exchange: offer.exchange.exchange, hash: offer.answer)
      case .declined(let participant, let declined):
        effects = engine.handle(.declined(participant, declined), at: now())
      }
      if carryOut(effects, actor: actor) { return }
      while engine.mustWrite {
        // What was said is on its way while this waits for the disk.
        effects = engine.handle(.timePassed, at: now())
        if carryOut(effects) { return }
      }
      show(engine)
    }
  }

  /// - Returns: whether the run is over.
  private func carryOut<Program: FederatedProgram<LearnedModel>>(
    _ effects: [RunEngine<Program>.Effect], actor: String = "server"
  ) -> Bool {
    for effect in effects {
      switch effect {
      case .say(let participant, let message): hub.say(message, to: participant)
      case .receive(let participant, let offer): hub.receive(offer, of: participant, for: self)
      case .count(let participant, let code):
        // A count that cannot be written is lost; the refusal itself was told.
        try? store.count(code, of: participant, in: run)
        hub.activity.refused(participant, code, in: run)
      case .closed(let exchange): folder.dropAnswers(before: exchange)
      case .told: hub.told(run)
      case .write: break
      case .finished(let model, let stopped):
        finish(model, stopped: stopped)
        return true
      case .failed(let failure):
        end(failure.code == .cancelled ? .cancelled : .failed, failure, actor: actor)
        return true
      }
    }
    return false
  }

  private func finish(_ model: LearnedModel, stopped: String?) {
    do {
      let ending = try RunEnding(
        model, of: stored, task: task, stopped: stopped, store: store, folder: folder)
      let isWritten = try whenThereIsRoom {
        try ending.write()
        try store.end(run, .finished, reason: "", event: ending.event, actor: "server")
      }
      if isWritten { over(.finished, "") }
    } catch {
      end(.failed, RunFailure(.worker, "the model could not be written: \(error)"), actor: "server")
    }
  }

  private func end(_ status: RunStatus, _ failure: RunFailure, actor: String) {
    let failed = RunEvent.Failed(
      rounds: lastRound, reason: failure.message, hint: failure.hint, participant: failure.participant,
      time: Date.now.formatted(.iso8601))
    do {
      let isWritten = try whenThereIsRoom {
        try store.end(run, status, reason: failure.description, event: .failed(failed), actor: actor)
      }
      if isWritten { over(status, failure.description) }
    } catch {
      // It cannot be written down that the run is over: at the next start it ends in the same way.
      waiting.withLock { $0 = nil }
    }
  }

  /// A full disk is waited for, and it shows.
  ///
  /// - Returns: false when the server stops meanwhile: at the next start the run ends in the same way.
  private func whenThereIsRoom(_ body: () throws -> Void) throws -> Bool {
    while true {
      do {
        try body()
        return true
      } catch let error as StoreError where error.mayPass {
        waiting.withLock { $0?.problem = error.description }
        if case .stop? = mailbox.take(within: .seconds(1)) { return false }
      }
    }
  }

  private func over(_ status: RunStatus, _ reason: String) {
    waiting.withLock { $0 = nil }
    folder.dropState()
    hub.over(self, RunEnded(run: run, status: status, reason: reason))
  }
}

extension PrivacySubject {
  /// The participants of a run, whatever the run: the same ones are the same population.
  ///
  /// - Throws: `PrivacyError` never, as all names are made here.
  fileprivate static func population(of participants: [ParticipantID]) throws -> PrivacySubject {
    let names = participants.sorted().map(\.name).joined(separator: "/")
    return try population(
      ContentHash(of: Array(names.utf8)).hexadecimal, at: "server",
      named: Figure.count(participants.count, "participant"))
  }
}
