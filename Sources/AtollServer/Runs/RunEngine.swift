import AtollFederation
import AtollLearning
import AtollNumerics
import AtollStore
import AtollWire
import FoundationEssentials

/// The server's driver of round machines, for one run: what happened goes in, what is to be done comes out.
///
/// It has no clock, no threads and no connections; only the run's store, in which an exchange is committed before anyone
/// hears of it. `RunHost` feeds it at a server, tests feed it by hand.
struct RunEngine<Program: FederatedProgram<LearnedModel>> {
  /// What happened.
  enum Event: Sendable {
    case arrived(ParticipantID)
    case left(ParticipantID)
    /// A participant says in its first message that it holds an answer.
    case holds(ParticipantID, Hello.Pending)
    case offered(ParticipantID, Offer)
    /// The whole answer is here; it is read only when it is wanted.
    case received(ParticipantID, Offer, @Sendable () throws -> any AnswerBytes)
    case declined(ParticipantID, Declined)
    /// Time has come for what was waited for, or for another try.
    case timePassed
  }

  /// What is to be done.
  enum Effect: Sendable {
    case say(ParticipantID, FromServer)
    /// Receive the answer that was offered.
    case receive(ParticipantID, Offer)
    case count(ParticipantID, RefusalCode)
    /// An exchange was opened or committed; answers to earlier ones are not wanted any more.
    case closed(before: Int)
    /// There are events for those who watch.
    case told
    case finished(LearnedModel)
    case failed(RunFailure)
  }

  enum Phase {
    /// Nobody is asked yet: too few are within reach. Becomes `collecting`, or the run fails at the deadline.
    case gathering(Exchange, deadline: Instant, obstacle: Obstacle?)
    /// Answers come in. Becomes `closing`, or the run fails.
    case collecting(OpenExchange)
    /// The result is being written; where that fails for want of room, it is tried again.
    case closing(OpenExchange, PendingCommit, obstacle: Obstacle)
    /// Terminal.
    case over
  }

  /// A disk that is full, or takes nothing: a state, not the end.
  struct Obstacle {
    let problem: StoreError
    let retry: Instant
  }

  /// What is true after an exchange, and not on the disk yet.
  struct PendingCommit {
    let number: Int
    let commit: ServerStore.Commit
    let progress: StepReport
    let blobs: BlobCollector
    let began: Instant
  }

  let run: RunID
  let task: TaskMessage
  let rounds: Int
  private(set) var phase = Phase.over
  private let store: ServerStore
  let folder: RunFolder
  private let population: Roster
  private(set) var state: RunState<Program>
  private var present: Set<ParticipantID> = []
  private(set) var lastRound: Int
  private var roundBegan: Instant
  /// Knows the models of the last commit, so that they are hashed once.
  private var blobs: BlobCollector?

  /// The exchange that is under way: the next one, until the last is on the disk.
  var current: Int {
    if case .closing(_, let pending, _) = phase { pending.number } else { state.exchange }
  }

  /// A run from its beginning, or from its last commit.
  ///
  /// - Throws: `StoreError`; `RunFailure` with code `.resume` when what is stored is of another task.
  init(
    _ stored: StoredRun, task: FederatedTask, program: Program, store: ServerStore, folder: RunFolder
  ) throws {
    run = stored.id
    self.store = store
    self.folder = folder
    self.task = TaskMessage(
      run: stored.id, yaml: stored.task, hash: stored.header.task, seed: stored.header.seed)
    rounds = task.federation.rounds
    population = Roster(stored.header.participants)
    let header = try stored.header.hash
    if let checkpoint = try store.checkpoint(of: stored.id) {
      do {
        state = try RunState(resuming: checkpoint, header: header, blobs: folder)
      } catch is DecodingError {
        throw RunFailure(.resume, "the checkpoint of \(stored.id) is damaged")
      }
      lastRound = try store.records(of: stored.id).compactMap(\.round).last?.round ?? 0
      roundBegan = checkpoint.time
    } else {
      state = RunState(program, header: header)
      lastRound = 0
      roundBegan = .start
    }
  }

  /// The run's time at its last commit.
  var startTime: Instant { roundBegan }

  /// When to say that time has passed; nil when the run is over.
  var deadline: Instant? {
    switch phase {
    case .gathering(_, let deadline, let obstacle): min(deadline, obstacle?.retry ?? deadline)
    case .collecting(let open): open.deadline
    case .closing(_, _, let obstacle): obstacle.retry
    case .over: nil
    }
  }

  var isOver: Bool { if case .over = phase { true } else { false } }

  // MARK: Events

  /// Begins, or goes on after a start of the server.
  mutating func begin(at now: Instant) -> [Effect] {
    failing { engine in try engine.advance(at: now) }
  }

  mutating func handle(_ event: Event, at now: Instant) -> [Effect] {
    guard !isOver else { return late(event) }
    return failing { engine in
      switch event {
      case .arrived(let participant): try engine.arrive(participant, at: now)
      case .left(let participant): engine.leave(participant, at: now)
      case .holds(let participant, let pending): try engine.settle(participant, pending)
      case .offered(let participant, let offer): try engine.take(offer, of: participant, at: now)
      case .received(let participant, let offer, let read):
        try engine.receive(offer, of: participant, at: now, read)
      case .declined(let participant, let declined):
        try engine.decline(declined, participant, at: now)
      case .timePassed: try engine.passTime(at: now)
      }
    }
  }

  /// Ends the run from outside.
  mutating func cancel() -> [Effect] {
    guard !isOver else { return [] }
    phase = .over
    return [.failed(RunFailure(.cancelled, "the run was cancelled"))]
  }

  /// A failure of the run is one of its outcomes.
  private mutating func failing(_ body: (inout Self) throws -> [Effect]) -> [Effect] {
    do {
      return try body(&self)
    } catch {
      phase = .over
      return [.failed(Self.failure(of: error))]
    }
  }

  private static func failure(of error: any Error) -> RunFailure {
    switch error {
    case let failure as RunFailure: failure
    case let error as PreparationError: RunFailure(.unfit, error.message)
    case let error as ModelError: RunFailure(.unfit, error.message)
    case let error as EvaluationError: RunFailure(.worker, error.message)
    case let error as FixedPointError: RunFailure(.overflow, error.message)
    default: RunFailure(.worker, "\(error)")
    }
  }

  private mutating func arrive(_ participant: ParticipantID, at now: Instant) throws -> [Effect] {
    guard population.contains(participant) else { return [] }
    present.insert(participant)
    let effects = [Effect.say(participant, .task(task))]
    switch phase {
    case .gathering: return try effects + tryToOpen(at: now)
    case .collecting:
      let question = withOpen { open -> QuestionMessage? in
        _ = open.machine.handle(.arrived(participant), at: now)
        return open.awaits(participant) ? open.question(at: now) : nil
      }
      guard case .some(.some(let question)) = question else { return effects }
      return effects + [.say(participant, .question(question))]
    case .closing, .over: return effects
    }
  }

  private mutating func leave(_ participant: ParticipantID, at now: Instant) -> [Effect] {
    present.remove(participant)
    _ = withOpen { $0.machine.handle(.left(participant), at: now) }
    return []
  }

  private mutating func passTime(at now: Instant) throws -> [Effect] {
    guard let deadline, now >= deadline else { return [] }
    switch phase {
    case .gathering(let exchange, let deadline, _):
      guard now < deadline else { throw tooFew(for: exchange) }
      return try tryToOpen(at: now)
    case .collecting:
      let effects = withOpen { $0.machine.handle(.deadlinePassed, at: now) }
      return try carryOut(effects ?? [], at: now)
    case .closing(let open, let pending, _): return try write(pending, of: open, at: now)
    case .over: return []
    }
  }

  /// Changes the open exchange where it lies: a copy of it would be a copy of its sum. Nil when none is open.
  mutating func withOpen<Value>(_ body: (inout OpenExchange) throws -> Value) rethrows -> Value? {
    guard case .collecting(var open) = phase else { return nil }
    phase = .over
    defer { phase = .collecting(open) }
    return try body(&open)
  }

  // MARK: From exchange to exchange

  /// Asks the program what comes next.
  private mutating func advance(at now: Instant) throws -> [Effect] {
    switch try state.program.next() {
    case .finish(let model):
      phase = .over
      return [.finished(model)]
    case .exchange(let exchange):
      phase = .gathering(exchange, deadline: now + exchange.completion.deadline, obstacle: nil)
      return try tryToOpen(at: now)
    }
  }

  private func machine(for exchange: Exchange) -> RoundMachine {
    RoundMachine(
      exchange: state.exchange, audience: exchange.audience, completion: exchange.completion,
      population: population, seed: task.seed)
  }

  /// Opens the exchange as soon as so many are within reach that it can succeed.
  private mutating func tryToOpen(at now: Instant) throws -> [Effect] {
    guard case .gathering(let exchange, let deadline, _) = phase else { return [] }
    var machine = machine(for: exchange)
    for participant in population.participants where !present.contains(participant) {
      _ = machine.handle(.left(participant), at: now)
    }
    let effects = machine.handle(.opened, at: now)
    if case .abandon? = effects.first { return [] }
    do {
      let open = try OpenExchange(
        exchange, number: state.exchange, run: run, machine: machine,
        deadline: now + exchange.completion.deadline, blobs: BlobCollector(folder, after: blobs))
      phase = .collecting(open)
    } catch let error as StoreError where error.isForNow {
      phase = .gathering(
        exchange, deadline: deadline, obstacle: Obstacle(problem: error, retry: now + Waiting.pauseOfDisk))
      return [.told]
    }
    return [.closed(before: state.exchange)] + (try carryOut(effects, at: now))
  }

  /// Does what the round machine says.
  mutating func carryOut(_ effects: [RoundMachine.Effect], at now: Instant) throws -> [Effect] {
    var orders: [Effect] = []
    for effect in effects {
      switch effect {
      case .instruct(let participant):
        let question = withOpen { open in
          open.noteAsked(1)
          return open.question(at: now)
        }
        if let question, present.contains(participant) {
          orders.append(.say(participant, .question(question)))
        }
      case .commit(let contributors): orders += try close(contributors, at: now)
      case .abandon(let reason):
        guard case .collecting(let open) = phase else { continue }
        throw open.failure(of: reason)
      case .setDeadline, .accept, .refuse, .keep: break
      }
    }
    return orders
  }

  /// SHA-256 of a participant's answer that is in the sum of an exchange; nil where none is.
  func contribution(of participant: ParticipantID, to exchange: ExchangeID) throws -> ContentHash? {
    try store.contribution(of: participant, to: exchange)
  }

  private func cohort(of exchange: Exchange) -> [ParticipantID] {
    exchange.audience.cohort(of: population.participants, seed: task.seed, exchange: state.exchange)
  }

  /// Those of an exchange's cohort who are out of reach.
  func absent(from exchange: Exchange) -> [ParticipantID] {
    cohort(of: exchange).filter { !present.contains($0) }
  }

  private func tooFew(for exchange: Exchange) -> RunFailure {
    let missing = absent(from: exchange)
    let asked = cohort(of: exchange).count
    let required = exchange.completion.required(of: asked)
    return RunFailure(
      .quorum,
      "only \(asked - missing.count) of the \(required) participants that are required came in time; missing: \(listed(missing.map(\.name), atMost: 6))"
    )
  }

  // MARK: Commit

  private mutating func close(_ contributors: [Contributor], at now: Instant) throws -> [Effect] {
    guard case .collecting(var open) = phase else { return [] }
    phase = .over
    // What is as long as a model changes one, where it lies; so nobody else may hold it.
    if open.reply.byteCount >= open.modelBytes { blobs = nil }
    let collector = BlobCollector(folder, after: blobs.take())
    let number = state.exchange
    var (checkpoint, progress) = try state.absorb(
      inPlace: open.takeResult(of: contributors, population: population.count), of: open.kind,
      contributors: contributors, moved: open.traffic, blobs: collector)
    checkpoint.time = now
    var events: [RunEvent] = []
    if let note = progress.note { events.append(.note(note)) }
    if let round = progress.round {
      let seconds = (now.sinceStart - roundBegan.sinceStart) / .seconds(1)
      events.append(.round(round, seconds: seconds))
    }
    let answers = open.answers.filter { answer in contributors.contains { $0.participant == answer.key } }
    let commit = ServerStore.Commit(checkpoint: checkpoint, contributions: answers, events: events)
    return try write(
      PendingCommit(number: number, commit: commit, progress: progress, blobs: collector, began: now),
      of: open, at: now)
  }

  /// Writes what came of an exchange; only then anyone hears of it.
  private mutating func write(
    _ pending: PendingCommit, of open: OpenExchange, at now: Instant
  ) throws -> [Effect] {
    do {
      try pending.blobs.write()
      try store.commit(pending.commit, to: run)
    } catch let error as StoreError where error.isForNow {
      // A full disk is a state: nothing is lost, and when there is room the run goes on.
      phase = .closing(
        open, pending, obstacle: Obstacle(problem: error, retry: now + Waiting.pauseOfDisk))
      return [.told]
    }
    blobs = pending.blobs
    folder.keep(Set(pending.blobs.collected.keys))
    if let round = pending.progress.round {
      lastRound = round.round
      roundBegan = pending.began
    }
    let answers = pending.commit.contributions.sorted { $0.key < $1.key }
    var effects: [Effect] = answers.map { participant, answer in
      .say(
        participant,
        .settled(
          Settled(exchange: ExchangeID(run, pending.number), answer: answer, isCommitted: true)))
    }
    if !pending.commit.events.isEmpty { effects.append(.told) }
    return effects + (try advance(at: now))
  }
}

extension StoreError {
  /// Whether it may go by: a full disk, one that cannot be written now, a database that is busy.
  var isForNow: Bool { code == .cannotWrite || code == .busy }
}
