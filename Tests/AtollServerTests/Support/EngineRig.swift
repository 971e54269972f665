import AtollFederation
import AtollLearning
import AtollNumerics
import AtollStore
import AtollWire
import Foundation
import Testing

@testable import AtollServer

/// A run's engine driven by hand, with participants that compute their answers when they are asked: no clock, no
/// threads, no connections.
struct EngineRig<Program: FederatedProgram<LearnedModel>> {
  let store: ServerStore
  let stored: StoredRun
  let task: FederatedTask
  let program: Program
  private(set) var engine: RunEngine<Program>
  private(set) var now = Instant.start
  /// Questions that were asked and are not answered, by participant.
  private(set) var asked: [ParticipantID: QuestionMessage] = [:]
  private(set) var refusals: [ParticipantID: [RefusalCode]] = [:]
  private(set) var settled: [(ParticipantID, Settled)] = []
  private(set) var model: LearnedModel?
  private(set) var failure: RunFailure?
  private var desks: [ParticipantID: Desk]

  /// What one participant knows.
  private struct Desk {
    let data: LocalData
    var memory = LocalState()
    var pending: [Int: (offer: Offer, memory: LocalState)] = [:]
  }

  init(_ hospitals: FourHospitals, _ task: FederatedTask, program: Program, state: String = "engine") throws {
    let store = try ServerStore(in: "\(hospitals.folder.path)/\(state)")
    let header = RunHeader(
      atoll: "test", task: task.contentHash, seed: task.federation.seed, data: [:],
      participants: FourHospitals.names)
    let stored = try store.begin(
      task, header: header,
      Submission(source: task.yaml, signature: Data(), signer: Data(), submittedBy: "operator"))
    try self.init(hospitals, task, program: program, stored: stored, store: store)
  }

  /// A run that is in a store already.
  init(
    _ hospitals: FourHospitals, _ task: FederatedTask, program: Program, stored: StoredRun,
    store: ServerStore
  ) throws {
    self.store = store
    self.task = task
    self.program = program
    self.stored = stored
    desks = [:]
    for name in FourHospitals.names {
      desks[name] = Desk(data: try LocalData(csv: hospitals.table(of: name), for: task, participant: name))
    }
    engine = try RunEngine(
      stored, task: task, program: program, store: store, folder: RunFolder(stored.id, in: store))
    take(engine.begin(at: now))
  }

  // MARK: What happens

  mutating func arrive(_ participants: ParticipantID...) {
    for participant in participants { handle(.arrived(participant)) }
  }

  mutating func handle(_ event: RunEngine<Program>.Event) { take(engine.handle(event, at: now)) }

  mutating func pass(_ time: Duration) {
    now = now + time
    handle(.timePassed)
  }

  mutating func cancel() { take(engine.cancel()) }

  /// The server dies and comes back: what was not committed is lost, and everyone joins anew.
  mutating func restart() throws {
    engine = try RunEngine(
      stored, task: task, program: program, store: store, folder: RunFolder(stored.id, in: store))
    asked = [:]
    take(engine.begin(at: now))
    for (participant, desk) in desks.sorted(by: { $0.key < $1.key }) {
      for (_, pending) in desk.pending.sorted(by: { $0.key < $1.key }) {
        handle(.holds(participant, Hello.Pending(pending.offer.exchange, answer: pending.offer.answer)))
      }
      handle(.arrived(participant))
    }
  }

  /// A participant's answer to what it is asked, computed once.
  mutating func answer(of participant: ParticipantID) throws -> Offer {
    let question = try #require(asked[participant])
    var desk = try #require(desks[participant])
    if let known = desk.pending[question.exchange.exchange], known.offer.question == question.hash {
      return known.offer
    }
    let workers = WorkerRegistry.training
    let query = try workers.decode(
      Checkpoint.Question(kind: question.kind, query: question.query), blobs: engine.folder)
    var context = LocalContext(
      participant: participant, data: desk.data, exchange: question.exchange.exchange,
      seed: task.federation.seed, state: desk.memory, workbench: Workbench())
    let reply = try workers.answerer(of: query, on: context.workbench)(&context)
    let bytes = try EncodedAnswer.encode(
      reply, to: query, protection: CanonicalJSON.decode(from: question.protection))
    let offer = Offer(
      exchange: question.exchange, question: question.hash, answer: ContentHash(of: bytes),
      size: bytes.count, content: bytes)
    desk.pending[question.exchange.exchange] = (offer, context.state)
    desks[participant] = desk
    return offer
  }

  /// A participant answers what it is asked.
  mutating func reply(_ participant: ParticipantID) throws {
    let offer = try answer(of: participant)
    asked[participant] = nil
    handle(.offered(participant, offer))
  }

  /// Everyone who is asked answers, until nobody is asked any more.
  mutating func replyAll() throws {
    while let next = asked.keys.min() { try reply(next) }
  }

  /// SHA-256 of the model's file.
  var hash: ContentHash? {
    get throws { try model.map { try ModelFile($0, tables: task.sharedTableFormat).hashes.numbers } }
  }

  // MARK: What is to be done

  private mutating func take(_ effects: [RunEngine<Program>.Effect]) {
    for effect in effects {
      switch effect {
      case .say(let participant, let message): hear(message, participant)
      case .count(let participant, let code): refusals[participant, default: []].append(code)
      case .finished(let model, _): self.model = model
      case .failed(let failure): self.failure = failure
      case .write: handle(.timePassed)
      case .receive, .closed, .told: break
      }
    }
  }

  private mutating func hear(_ message: FromServer, _ participant: ParticipantID) {
    switch message {
    case .question(let question): asked[participant] = question
    case .settled(let outcome):
      settled.append((participant, outcome))
      guard let pending = desks[participant]?.pending.removeValue(forKey: outcome.exchange.exchange) else {
        return
      }
      if outcome.isCommitted { desks[participant]?.memory = pending.memory }
    default: break
    }
  }
}
