import AtollFederation
import AtollLearning
import AtollNumerics
import AtollStore
import AtollWire
import Foundation
import Testing

@testable import AtollClient
@testable import AtollServer

/// A server's engine and the sessions of four participants, with their real stores, on a network that fails as a seed
/// says: connections break with what is under way, messages are repeated, processes die, in any order.
struct FaultSimulation<Program: FederatedProgram<LearnedModel>> {
  private struct Party {
    let name: ParticipantID
    /// Nil while the process is dead.
    var process: Process?
    var isConnected = false
    var toServer: [FromParticipant] = []
    var fromServer: [FromServer] = []
    /// Said before, and perhaps said again by a network that repeats.
    var said: [FromParticipant] = []
    /// What became of answers, as this side was told and has written down.
    var committed: [Int: ContentHash] = [:]
    var discarded: [Int: [ContentHash]] = [:]
    var hasSeenTheEnd = false
  }

  /// What dies with a process.
  private struct Process {
    var machine: SessionMachine
    let store: ParticipantStore
    let desk: AnswerDesk
    var works: [(TaskMessage, QuestionMessage)] = []
  }

  private let hospitals: FourHospitals
  private let task: FederatedTask
  private let program: Program
  private let store: ServerStore
  private let stored: StoredRun
  private let folder: RunFolder
  private var engine: RunEngine<Program>
  private var parties: [Party]
  private var coins: RandomStream
  private var faults: Int
  private let data: [ParticipantID: LocalData]
  private(set) var model: LearnedModel?
  private(set) var failure: RunFailure?
  private(set) var counts = Counts()

  /// How often each fault happened.
  struct Counts {
    var breaks = 0
    var repeats = 0
    var deaths = 0
    var serverDeaths = 0
  }

  init(
    _ hospitals: FourHospitals, _ task: FederatedTask, program: Program, data: [ParticipantID: LocalData],
    seed: UInt64, faults: Int
  ) throws {
    self.hospitals = hospitals
    self.task = task
    self.program = program
    self.faults = faults
    self.data = data
    coins = RandomStream(seed: seed, purpose: .network)
    store = try ServerStore(in: "\(hospitals.folder.path)/server-\(seed)")
    let header = RunHeader(
      atoll: "test", task: task.contentHash, seed: task.federation.seed, data: [:],
      participants: FourHospitals.names)
    stored = try store.begin(
      task, header: header,
      Submission(source: task.yaml, signature: Data(), signer: Data(), submittedBy: "operator"))
    folder = try RunFolder(stored.id, in: store)
    engine = try RunEngine(stored, task: task, program: program, store: store, folder: folder)
    parties = FourHospitals.names.map { Party(name: $0) }
    self.seed = seed
    take(engine.begin(at: .start))
    for index in parties.indices { try start(index) }
  }

  private let seed: UInt64

  // MARK: Running

  /// Lets things happen until the run is over and everyone knows.
  mutating func run(limit: Int = 20_000) throws {
    for _ in 0..<limit {
      if failure != nil || (model != nil && parties.allSatisfy(\.hasSeenTheEnd)) { return }
      if faults > 0, coins.uniform() < 0.15 {
        faults -= 1
        try fail()
      } else {
        try progress()
      }
    }
    throw WireError(.unreachable, "nothing more happens: \(engine.phase)")
  }

  private mutating func pick(_ count: Int) -> Int { min(count - 1, Int(coins.uniform() * Double(count))) }

  private mutating func fail() throws {
    let victim = pick(parties.count)
    switch pick(10) {
    case 0..<4:
      cut(victim)
      counts.breaks += 1
    case 4..<6:
      guard parties[victim].isConnected, !parties[victim].said.isEmpty else { return }
      let again = parties[victim].said[pick(parties[victim].said.count)]
      parties[victim].toServer.append(again)
      counts.repeats += 1
    case 6..<8:
      cut(victim)
      parties[victim].process = nil
      counts.deaths += 1
    default:
      for index in parties.indices { cut(index) }
      guard model == nil else { return }
      engine = try RunEngine(stored, task: task, program: program, store: store, folder: folder)
      take(engine.begin(at: .start))
      counts.serverDeaths += 1
    }
  }

  /// One thing that can happen happens.
  private mutating func progress() throws {
    let index = pick(parties.count)
    guard parties[index].process != nil else { return try start(index) }
    guard parties[index].isConnected else { return try connect(index) }
    switch pick(3) {
    case 0 where !parties[index].fromServer.isEmpty:
      let message = parties[index].fromServer.removeFirst()
      try tell(index, .received(message))
    case 1 where !parties[index].toServer.isEmpty:
      let message = parties[index].toServer.removeFirst()
      hear(message, from: parties[index].name)
    default: try compute(index)
    }
  }

  // MARK: Participants

  private mutating func start(_ index: Int) throws {
    let name = parties[index].name
    let folder = "\(hospitals.folder.path)/\(seed)-\(name)"
    let own = try ParticipantStore(in: folder)
    let rows = data[name]
    let delegate = ParticipantDelegate(data: { _ in try #require(rows) })
    let departures = try Departures(
      Participant.receipts(in: folder), of: name, to: "localhost", pending: own.pending())
    let gatekeeper = Gatekeeper(
      consent: Consent(.open), usesExternalTrainer: false, departures: departures,
      withdrawals: Withdrawals(folder: folder), charges: try Charges(Participant.ledger(in: folder), of: name)
    )
    parties[index].process = Process(
      machine: SessionMachine(
        software: "test", server: ServerAddress(host: "localhost"), pending: try own.pending(),
        committed: try own.lastCommitted(), runs: Set(try own.runs().keys)),
      store: own,
      desk: AnswerDesk(
        name, store: own, gatekeeper: gatekeeper, delegate: delegate, workers: .training))
  }

  private mutating func connect(_ index: Int) throws {
    parties[index].isConnected = true
    try tell(index, .opened)
  }

  /// The connection breaks: what is under way is lost.
  private mutating func cut(_ index: Int) {
    guard parties[index].isConnected else { return }
    parties[index].isConnected = false
    parties[index].toServer = []
    parties[index].fromServer = []
    if let effects = try? parties[index].process?.machine.handle(.closed) { #expect(effects.isEmpty) }
    if model == nil { take(engine.handle(.left(parties[index].name), at: .start)) }
  }

  private mutating func compute(_ index: Int) throws {
    guard let process = parties[index].process, let (message, question) = process.works.first else { return }
    parties[index].process?.works.removeFirst()
    guard process.machine.wants(question.exchange) else { return }
    let answer = try process.desk.answer(
      question, of: task, hash: message.hash, isCancelled: { false })
    try tell(index, .computed(answer))
  }

  private mutating func tell(_ index: Int, _ event: SessionMachine.Event) throws {
    guard let process = parties[index].process else { return }
    if case .received(.task(let message)) = event { try process.store.note(message.run, task: message.hash) }
    let effects = try parties[index].process?.machine.handle(event) ?? []
    for effect in effects { try perform(effect, index, process.store) }
  }

  private mutating func perform(
    _ effect: SessionMachine.Effect, _ index: Int, _ own: ParticipantStore
  ) throws {
    switch effect {
    case .say(let message): say(message, index)
    case .consult(_, let question):
      let missing = question.blobs.map(\.hash).filter { !own.hasModel($0) }
      try tell(index, .allowed(question.exchange, missing: Set(missing)))
    case .fetch(let blob):
      try folder.get(blob.hash).write(to: URL(fileURLWithPath: own.model(blob.hash)))
      try tell(index, .modelArrived(blob.hash))
    case .compute(let message, let question): parties[index].process?.works.append((message, question))
    case .offer(let pending):
      let content = try readBytes(own.answerFile(pending.exchange))
      say(
        .offer(
          Offer(
            exchange: pending.exchange, question: pending.question, answer: pending.answer,
            size: pending.size, content: content)), index)
    case .send: break
    case .commit(let pending):
      #expect(
        parties[index].committed.updateValue(pending.answer, forKey: pending.exchange.exchange) == nil,
        "an answer is committed once")
      try own.commit(pending.exchange)
    case .discard(let pending):
      parties[index].discarded[pending.exchange.exchange, default: []].append(pending.answer)
      own.discard(pending.exchange)
    case .forget(let run): own.forget(run)
    case .keepModels(let hashes): own.keepModels(hashes)
    case .tell(.ended): parties[index].hasSeenTheEnd = true
    case .tell, .leave: break
    }
  }

  private mutating func say(_ message: FromParticipant, _ index: Int) {
    guard parties[index].isConnected else { return }
    parties[index].toServer.append(message)
    if case .offer = message { parties[index].said.append(message) }
  }

  // MARK: The server

  private mutating func hear(_ message: FromParticipant, from participant: ParticipantID) {
    switch message {
    case .hello(let hello):
      for pending in hello.pending { take(engine.handle(.holds(participant, pending), at: .start)) }
      if model != nil {
        for run in hello.runs {
          send(.runEnded(RunEnded(run: run, status: .finished, reason: "")), participant)
        }
      }
      take(engine.handle(.arrived(participant), at: .start))
    case .offer(let offer): take(engine.handle(.offered(participant, offer), at: .start))
    case .declined(let declined): take(engine.handle(.declined(participant, declined), at: .start))
    case .heartbeat, .fetch, .part: break
    }
  }

  private mutating func send(_ message: FromServer, _ participant: ParticipantID) {
    guard let index = parties.firstIndex(where: { $0.name == participant }), parties[index].isConnected else {
      return
    }
    parties[index].fromServer.append(message)
  }

  private mutating func take(_ effects: [RunEngine<Program>.Effect]) {
    for effect in effects {
      switch effect {
      case .say(let participant, let message): send(message, participant)
      case .finished(let outcome, _):
        model = outcome
        for name in FourHospitals.names {
          send(.runEnded(RunEnded(run: stored.id, status: .finished, reason: "")), name)
        }
      case .failed(let reason): failure = reason
      case .write: take(engine.handle(.timePassed, at: .start))
      case .receive, .count, .closed, .told: break
      }
    }
  }

  // MARK: What must hold

  /// SHA-256 of the model's file.
  var hash: ContentHash? {
    get throws { try model.map { try ModelFile($0, tables: task.sharedTableFormat).hashes.numbers } }
  }

  /// What does not hold of: each answer in a sum is acknowledged once to who gave it, and no other is.
  func violations() throws -> [String] {
    var violations: [String] = []
    for (number, record) in try store.records(of: stored.id).enumerated() {
      for party in parties {
        let exchange = ExchangeID(stored.id, number)
        let inSum = try store.contribution(of: party.name, to: exchange)
        let named = record.contributors.contains { $0.participant == party.name }
        if (inSum != nil) != named { violations.append("\(party.name), \(number): record and sum disagree") }
        if party.committed[number] != inSum {
          violations.append("\(party.name), \(number): acknowledged is not what is in the sum")
        }
        if let inSum, party.discarded[number]?.contains(inSum) == true {
          violations.append("\(party.name), \(number): discarded, and in the sum")
        }
      }
    }
    return violations
  }
}
