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
struct RunEngine<Program: FederatedProgram> {
  /// What happened.
  enum Event: Sendable {
    case arrived(ParticipantID)
    case left(ParticipantID)
    /// A participant says in its first message that it holds an answer.
    case holds(ParticipantID, Hello.Pending)
    case offered(ParticipantID, Offer)
    /// The whole answer is here; it is read only when it is wanted.
    case received(ParticipantID, Offer, @Sendable () throws -> Data)
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
    case finished(Program.Outcome)
    case failed(RunFailure)
  }

  enum Phase {
    /// Nobody is asked yet: too few are within reach, or the question cannot be written for want of room. Becomes
    /// `collecting`, or the run fails at the deadline.
    case gathering(Exchange, deadline: Instant, stall: Stall?)
    /// Answers come in. Becomes `closing`, or the run fails.
    case collecting(OpenExchange)
    /// The sum is complete and is being written; where that fails for want of room, it is tried again.
    case closing(OpenExchange, [Contributor], Stall)
    /// Terminal.
    case over
  }

  /// Something could not be written.
  struct Stall {
    let problem: StoreError
    /// When it is tried again.
    let retry: Instant
  }

  let run: RunID
  let task: TaskMessage
  let rounds: Int
  private(set) var phase = Phase.over
  let store: any CommitStore
  let folder: any ModelShelf
  let population: Roster
  private(set) var state: RunState<Program>
  private var present: Set<ParticipantID> = []
  /// Those who take part no more.
  var withdrawn: Set<ParticipantID>
  private(set) var lastRound: Int
  /// Since this engine was made, with the figures by participant that events do not have.
  private(set) var lastEvaluation: FederatedEvaluation?
  private var roundBegan: Instant

  /// How long after a failed write the next one is tried.
  static var retryDelay: Duration { .seconds(2) }

  /// A run from its beginning, or from its last commit.
  ///
  /// - Throws: `StoreError`; `RunFailure` with code `.resume` when what is stored is of another task.
  init(
    _ stored: StoredRun, task: FederatedTask, program: Program, store: any CommitStore,
    folder: any ModelShelf
  ) throws {
    run = stored.id
    self.store = store
    self.folder = folder
    self.task = TaskMessage(
      run: stored.id, yaml: stored.task, hash: stored.header.task, seed: stored.header.seed,
      signature: stored.submission)
    rounds = task.federation.rounds
    population = Roster(stored.header.participants)
    withdrawn = try store.withdrawals(from: stored.id)
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
    // Where there is no room, time is no reason to give up.
    case .gathering(_, let deadline, let stall): stall?.retry ?? deadline
    case .collecting(let open): open.deadline
    case .closing(_, _, let stall): stall.retry
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
    guard population.contains(participant), !withdrawn.contains(participant) else { return [] }
    present.insert(participant)
    let effects = [Effect.say(participant, .task(task))]
    switch phase {
    case .gathering: return try effects + tryToOpen(at: now)
    case .collecting(var open):
      _ = open.machine.handle(.arrived(participant), at: now)
      phase = .collecting(open)
      guard open.awaits(participant) else { return effects }
      return effects + [.say(participant, .question(open.question(at: now)))]
    case .closing, .over: return effects
    }
  }

  private mutating func leave(_ participant: ParticipantID, at now: Instant) -> [Effect] {
    present.remove(participant)
    if case .collecting(var open) = phase {
      _ = open.machine.handle(.left(participant), at: now)
      phase = .collecting(open)
    }
    return []
  }

  private mutating func passTime(at now: Instant) throws -> [Effect] {
    guard let deadline, now >= deadline else { return [] }
    switch phase {
    case .gathering(let exchange, let deadline, let stall):
      let effects = stall == nil ? [] : try tryToOpen(at: now)
      if case .gathering(_, _, nil) = phase, now >= deadline { throw tooFew(for: exchange) }
      return effects
    case .collecting(var open):
      let effects = open.machine.handle(.deadlinePassed, at: now)
      phase = .collecting(open)
      return try carryOut(effects, at: now)
    case .closing(let open, let contributors, _): return try close(open, contributors, at: now)
    case .over: return []
    }
  }

  // MARK: From exchange to exchange

  /// Asks the program what comes next.
  private mutating func advance(at now: Instant) throws -> [Effect] {
    switch try state.program.next() {
    case .finish(let model):
      phase = .over
      return [.finished(model)]
    case .exchange(let exchange):
      phase = .gathering(exchange, deadline: now + exchange.completion.deadline, stall: nil)
      return try tryToOpen(at: now)
    }
  }

  /// A participant is out of reach for good.
  mutating func lose(_ participant: ParticipantID) { present.remove(participant) }

  private func machine(for exchange: Exchange) -> RoundMachine {
    RoundMachine(
      exchange: state.exchange, audience: exchange.audience, completion: exchange.completion,
      population: population, seed: task.seed)
  }

  /// Opens the exchange as soon as so many are within reach that it can succeed.
  private mutating func tryToOpen(at now: Instant) throws -> [Effect] {
    guard case .gathering(let exchange, let deadline, _) = phase else { return [] }
    try checkWithdrawals(for: exchange)
    var machine = machine(for: exchange)
    for participant in population.participants where !present.contains(participant) {
      _ = machine.handle(.left(participant), at: now)
    }
    let effects = machine.handle(.opened, at: now)
    if case .abandon? = effects.first {
      phase = .gathering(exchange, deadline: deadline, stall: nil)
      return []
    }
    let open: OpenExchange
    do {
      open = try OpenExchange(
        exchange, number: state.exchange, run: run, machine: machine,
        deadline: now + exchange.completion.deadline,
        blobs: BlobCollector(folder))
    } catch let error as StoreError where error.mayPass {
      phase = .gathering(exchange, deadline: deadline, stall: stall(error, at: now))
      return [.told]
    }
    phase = .collecting(open)
    return [.closed(before: state.exchange)] + (try carryOut(effects, at: now))
  }

  /// Does what the round machine says.
  mutating func carryOut(_ effects: [RoundMachine.Effect], at now: Instant) throws -> [Effect] {
    guard case .collecting(var open) = phase else { return [] }
    var orders: [Effect] = []
    for effect in effects {
      switch effect {
      case .instruct(let participant):
        open.noteAsked(1)
        phase = .collecting(open)
        if present.contains(participant) {
          orders.append(.say(participant, .question(open.question(at: now))))
        }
      case .commit(let contributors): orders += try close(open, contributors, at: now)
      case .abandon(let reason): throw open.failure(of: reason)
      case .setDeadline, .accept, .refuse, .keep: break
      }
    }
    if effects.contains(where: { if case .instruct = $0 { true } else { false } }) {
      orders += try declineForWithdrawn(at: now)
    }
    return orders
  }

  /// Takes the exchange as it is after an event.
  mutating func replace(_ open: OpenExchange) { phase = .collecting(open) }

  /// SHA-256 of a participant's answer that is in the sum of an exchange; nil where none is.
  func contribution(of participant: ParticipantID, to exchange: ExchangeID) throws -> ContentHash? {
    try store.contribution(of: participant, to: exchange)
  }

  func cohort(of exchange: Exchange) -> [ParticipantID] {
    exchange.audience.cohort(of: population.participants, seed: task.seed, exchange: state.exchange)
  }

  /// Those of an exchange's cohort who are out of reach, and may come.
  func absent(from exchange: Exchange) -> [ParticipantID] {
    cohort(of: exchange).filter { !present.contains($0) && !withdrawn.contains($0) }
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

  private mutating func close(
    _ open: OpenExchange, _ contributors: [Contributor], at now: Instant
  ) throws -> [Effect] {
    let effects: [Effect]
    do {
      effects = try commit(open, contributors, at: now)
    } catch let error as StoreError where error.mayPass {
      // A full disk is a state: nothing is lost, and when there is room the run goes on.
      phase = .closing(open, contributors, stall(error, at: now))
      return [.told]
    }
    // Outside: what fails from here on is no reason to commit again.
    return effects + (try advance(at: now))
  }

  private func stall(_ problem: StoreError, at now: Instant) -> Stall {
    Stall(problem: problem, retry: now + Self.retryDelay)
  }

  private mutating func commit(
    _ open: OpenExchange, _ contributors: [Contributor], at now: Instant
  ) throws -> [Effect] {
    let blobs = BlobCollector(folder)
    // A copy: where the commit fails, nothing has changed.
    var next = state
    var (checkpoint, progress) = try next.absorb(
      open.result(of: contributors, population: population.count), of: open.exchange.query,
      contributors: contributors, moved: open.traffic, blobs: blobs)
    checkpoint.time = now
    var events: [RunEvent] = []
    if let note = progress.note { events.append(.note(note)) }
    if let round = progress.round {
      let seconds = (now.sinceStart - roundBegan.sinceStart) / .seconds(1)
      events.append(.round(round, seconds: seconds))
    }
    let answers = open.answers.filter { answer in contributors.contains { $0.participant == answer.key } }
    try store.commit(
      ServerStore.Commit(checkpoint: checkpoint, contributions: answers, events: events), to: run)
    let number = state.exchange
    state = next
    folder.keep(Set(blobs.collected.keys))
    if let round = progress.round {
      lastEvaluation = round.evaluation ?? lastEvaluation
      lastRound = round.round
      roundBegan = now
    }
    var effects: [Effect] = answers.sorted { $0.key < $1.key }.map { participant, answer in
      .say(
        participant,
        .settled(Settled(exchange: ExchangeID(run, number), answer: answer, isCommitted: true)))
    }
    if !events.isEmpty { effects.append(.told) }
    return effects
  }
}
