import AtollFederation
import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollStore
import AtollWire
import FoundationEssentials

/// The server's driver of round machines, for one run: what happened goes in, what is to be done comes out.
///
/// It has no clock, no threads and no connections; only the run's store, in which an exchange is committed before anyone
/// hears of it. `RunHost` feeds it at a server, tests feed it by hand.
struct RunEngine<Program: FederatedProgram> {
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
    /// Time has come for what was waited for, for what is to be written, or for another try.
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
    /// What came of an exchange is to be written: `timePassed` is to follow at once. What was said before travels meanwhile.
    case write
    /// The outcome; where the budget of privacy ended the run before its time, the reason.
    case finished(Program.Outcome, stopped: String?)
    case failed(RunFailure)
  }

  enum Phase {
    /// Nobody is asked yet: too few are within reach, or the question cannot be written for want of room. Becomes
    /// `collecting`, or the run fails at the deadline.
    case gathering(Exchange, deadline: Instant, stall: Stall?)
    /// Answers come in. Becomes `closing`, or the run fails.
    case collecting(OpenExchange)
    /// The result is to be written; where that fails for want of room, it is tried again.
    case closing(OpenExchange, PendingCommit, stall: Stall?)
    /// Terminal.
    case over
  }

  /// A disk that is full, or takes nothing: a state, not the end.
  struct Stall {
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

  /// The next exchange, opened before the last one is on the disk.
  private struct Prepared {
    let open: OpenExchange
    let effects: [RoundMachine.Effect]
    /// Those who have its question: it waits there for the commit.
    let told: Set<ParticipantID>
  }

  let run: RunID
  let task: TaskMessage
  let rounds: Int
  private(set) var phase = Phase.over
  let store: any CommitStore
  let folder: any ModelShelf
  /// What is charged for exchanges that give something away of participants.
  private let charges: any ChargeBook
  let population: Roster
  private(set) var state: RunState<Program>
  /// Of noise that is correlated over rounds.
  private var noise: RunNoise
  /// An exchange that was prepared for those who were there is none for those who are now.
  var attendance: Attendance { didSet { prepared = nil } }
  private(set) var lastRound: Int
  /// Since this engine was made, with the figures by participant that events do not have.
  private(set) var lastEvaluation: FederatedEvaluation?
  private var roundBegan: Instant
  /// Knows the models of the last commit, so that they are hashed once.
  private var blobs: BlobCollector?
  private var prepared: Prepared?

  /// How long after a failed write the next one is tried.
  static var retryDelay: Duration { Waiting.pauseOfDisk }

  /// The exchange that is under way: the next one, until the last is on the disk.
  var current: Int {
    if case .closing(_, let pending, _) = phase { pending.number } else { state.exchange }
  }

  /// A run from its beginning, or from its last commit.
  ///
  /// - Throws: `StoreError`; `RunFailure` with code `.resume` when what is stored is of another task.
  init(
    _ stored: StoredRun, task: FederatedTask, program: Program, store: any CommitStore,
    folder: any ModelShelf, charges: any ChargeBook = MemoryLedger()
  ) throws {
    run = stored.id
    self.store = store
    self.folder = folder
    self.charges = charges
    self.task = TaskMessage(
      run: stored.id, yaml: stored.task, hash: stored.header.task, seed: stored.header.seed,
      signature: stored.submission)
    rounds = task.federation.rounds
    population = Roster(stored.header.participants)
    attendance = Attendance(of: population, withdrawn: try store.withdrawals(from: stored.id))
    let header = try stored.header.hash
    let checkpoint = try store.checkpoint(of: stored.id)
    noise = RunNoise(after: checkpoint, secret: try store.secret(of: stored.id))
    if let checkpoint {
      do {
        let collector = BlobCollector(folder)
        state = try RunState(resuming: checkpoint, header: header, blobs: collector)
        blobs = collector
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
    // Where there is no room, time is no reason to give up.
    case .gathering(_, let deadline, let stall): stall?.retry ?? deadline
    case .collecting(let open): open.deadline
    case .closing(_, _, let stall): stall?.retry ?? .start
    case .over: nil
    }
  }

  var isOver: Bool { if case .over = phase { true } else { false } }

  /// Whether there is something to write that was not tried yet.
  var mustWrite: Bool { if case .closing(_, _, stall: nil) = phase { true } else { false } }

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
    guard attendance.arrive(participant) else { return [] }
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
    attendance.leave(participant)
    _ = withOpen { $0.machine.handle(.left(participant), at: now) }
    return []
  }

  private mutating func passTime(at now: Instant) throws -> [Effect] {
    guard let deadline, now >= deadline else { return [] }
    switch phase {
    case .gathering(let exchange, let deadline, let stall):
      let effects = stall == nil ? [] : try tryToOpen(at: now)
      if case .gathering(_, _, nil) = phase, now >= deadline { throw tooFew(for: exchange) }
      return effects
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
      return [.finished(model, stopped: nil)]
    case .exchange(let exchange):
      phase = .gathering(exchange, deadline: now + exchange.completion.deadline, stall: nil)
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
    try checkWithdrawals(for: exchange)
    let effects: [RoundMachine.Effect]
    do {
      guard let opened = try open(exchange, at: now, after: blobs) else {
        phase = .gathering(exchange, deadline: deadline, stall: nil)
        return []
      }
      effects = opened.effects
      phase = .collecting(opened.exchange)
    } catch let error as StoreError where error.mayPass {
      phase = .gathering(
        exchange, deadline: deadline, stall: Stall(problem: error, retry: now + Self.retryDelay))
      return [.told]
    } catch let failure as RunFailure where failure.code == .budget {
      // What was committed was paid for.
      guard let model = state.program.finishedSoFar else { throw failure }
      phase = .over
      return [.finished(model, stopped: failure.message)]
    }
    return [.closed(before: state.exchange)] + (try carryOut(effects, at: now))
  }

  /// An exchange, and whom it asks; nil when too few are within reach.
  private func open(
    _ exchange: Exchange, at now: Instant, after blobs: BlobCollector?
  ) throws -> (exchange: OpenExchange, effects: [RoundMachine.Effect])? {
    var machine = machine(for: exchange)
    for participant in population.participants where !attendance.isPresent(participant) {
      _ = machine.handle(.left(participant), at: now)
    }
    var effects = machine.handle(.opened, at: now)
    if case .abandon? = effects.first { return nil }
    try noise.admit(machine.cohort, to: exchange)
    // Spent before anyone is asked, whatever comes of it.
    if let charge = exchange.charge {
      try charges.charge(charge, for: state.exchange, round: exchange.query.demand.round.map { $0 + 1 })
    }
    if case .draw(let rate)? = effects.first {
      effects = machine.handle(.drawn(try draw(rate)), at: now)
    }
    let open = try OpenExchange(
      exchange, number: state.exchange, run: run, machine: machine, population: population.count,
      deadline: now + exchange.completion.deadline, blobs: BlobCollector(folder, after: blobs))
    return (open, effects)
  }

  /// The cohort that secret coins fall on, or fell on before a crash.
  private func draw(_ rate: Double) throws -> [ParticipantID] {
    if let kept = try store.secret(of: run) {
      let cohort = try CanonicalJSON.decode(SecretCohort.self, from: kept)
      if cohort.exchange == state.exchange { return cohort.participants }
    }
    var coins = SecretCoins()
    let cohort = try SecretCohort(of: population, rate: rate, exchange: state.exchange, using: &coins)
    try store.keepSecret(CanonicalJSON.encode(cohort), of: run)
    return cohort.participants
  }

  /// Tells what is asked next to those whose answers are in: models travel while the disk is waited for. Whoever holds an
  /// answer works on nothing else until it hears of the commit; a question before it that comes to nothing is forgotten
  /// with the connection.
  ///
  /// - Parameter hasNoise: whether what was learnt has noise: after a crash it would have other noise, and nobody may see both.
  private mutating func prepare(
    after pending: PendingCommit, hasNoise: Bool, at now: Instant
  ) throws -> [Effect] {
    guard case .exchange(let exchange) = try state.program.next(), exchange.charge == nil, !hasNoise else {
      return []
    }
    try checkWithdrawals(for: exchange)
    guard let opened = try open(exchange, at: now, after: pending.blobs) else { return [] }
    let asked = opened.effects.compactMap { effect -> ParticipantID? in
      guard case .instruct(let participant) = effect, attendance.isPresent(participant),
        pending.commit.contributions[participant] != nil
      else { return nil }
      return participant
    }
    prepared = Prepared(open: opened.exchange, effects: opened.effects, told: Set(asked))
    return asked.map { .say($0, .question(opened.exchange.question(at: now))) }
  }

  /// Does what the round machine says.
  ///
  /// - Parameter told: who has the question already.
  mutating func carryOut(
    _ effects: [RoundMachine.Effect], at now: Instant, told: Set<ParticipantID> = []
  ) throws -> [Effect] {
    var orders: [Effect] = []
    for effect in effects {
      switch effect {
      case .instruct(let participant):
        let question = withOpen { open in
          open.noteAsked(1)
          return open.question(at: now)
        }
        if let question, attendance.isPresent(participant), !told.contains(participant) {
          orders.append(.say(participant, .question(question)))
        }
      case .commit(let contributors): orders += try close(contributors, at: now)
      case .abandon(let reason):
        guard case .collecting(let open) = phase else { continue }
        throw open.failure(of: reason)
      case .setDeadline, .accept, .refuse, .keep, .draw: break
      }
    }
    if effects.contains(where: { if case .instruct = $0 { true } else { false } }) {
      orders += try declineForWithdrawn(at: now)
    }
    return orders
  }

  /// SHA-256 of a participant's answer that is in the sum of an exchange; nil where none is.
  func contribution(of participant: ParticipantID, to exchange: ExchangeID) throws -> ContentHash? {
    try store.contribution(of: participant, to: exchange)
  }

  /// Those of whom there must be enough: the cohort, or everyone where that is drawn in secret.
  func cohort(of exchange: Exchange) -> [ParticipantID] {
    if exchange.audience.isSecret { return population.participants }
    return exchange.audience.cohort(of: population.participants, seed: task.seed, exchange: state.exchange)
  }

  /// Those of an exchange's cohort who are out of reach, and may come.
  func absent(from exchange: Exchange) -> [ParticipantID] {
    cohort(of: exchange).filter(attendance.isMissing)
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
    let result = try open.takeResult(of: contributors, population: population.count, carrying: &noise)
    var (checkpoint, progress) = try state.absorb(
      inPlace: consume result, of: open.kind, contributors: open.disclosure.recorded(contributors),
      moved: open.traffic(population: population.count), blobs: collector)
    checkpoint.time = now
    checkpoint.participation = noise.book
    var events: [RunEvent] = []
    if let note = progress.note { events.append(.note(note)) }
    if let round = progress.round {
      let seconds = (now.sinceStart - roundBegan.sinceStart) / .seconds(1)
      events.append(.round(round, seconds: seconds))
    }
    let answers = open.answers.filter { answer in contributors.contains { $0.participant == answer.key } }
    let commit = ServerStore.Commit(
      checkpoint: checkpoint, contributions: answers, events: events, secret: noise.secret)
    let pending = PendingCommit(
      number: number, commit: commit, progress: progress, blobs: collector, began: now)
    phase = .closing(open, pending, stall: nil)
    do {
      return try prepare(after: pending, hasNoise: open.disclosure.hasNoise, at: now) + [.write]
    } catch {
      // What is wrong with the next exchange is told when its turn comes.
      return [.write]
    }
  }

  /// Writes what came of an exchange; only then anyone hears of it.
  private mutating func write(
    _ pending: PendingCommit, of open: OpenExchange, at now: Instant
  ) throws -> [Effect] {
    do {
      try pending.blobs.write()
      try folder.synchronize()
      try store.commit(pending.commit, to: run)
    } catch let error as StoreError where error.mayPass {
      // A full disk is a state: nothing is lost, and when there is room the run goes on.
      prepared = nil
      phase = .closing(
        open, pending, stall: Stall(problem: error, retry: now + Self.retryDelay))
      return [.told]
    }
    blobs = pending.blobs
    folder.keep(Set(pending.blobs.collected.keys).union(prepared?.open.models ?? []))
    if let round = pending.progress.round {
      lastEvaluation = round.evaluation ?? lastEvaluation
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
    guard let next = prepared.take() else { return effects + (try advance(at: now)) }
    phase = .collecting(next.open)
    effects.append(.closed(before: state.exchange))
    return effects + (try carryOut(next.effects, at: now, told: next.told))
  }
}
