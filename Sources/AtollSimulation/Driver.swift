import AtollFederation
import AtollNumerics
import AtollPrivacy
import FoundationEssentials
import Synchronization

/// The simulator's driver of round machines: it feeds them virtual events and carries out their effects.
///
/// Answers arrive in virtual time, so the machine can decide first who contributes; then exactly those are computed,
/// on whatever thread is free. Exact sums make the order of the computation irrelevant.
struct Driver<Program: FederatedProgram>: Sendable {
  private(set) var state: RunState<Program>
  private let simulation: Simulation
  private let observer: @Sendable (Simulation.Event) -> Void
  private let participants: Roster
  private let blobs: BlobCollector
  private let computation: Computation
  private var states: [ParticipantID: ContentHash] = [:]
  private var time = Instant.start
  private var computing: [Assignment] = []
  private var questions: [Int: any Query] = [:]
  /// In a run that is repeated: the exchange in which the question of an exchange is answered for the last time.
  private let lastAnswered: [Int: Int]
  private let charges: any ChargeBook
  /// Of noise that is correlated over rounds.
  private var noise: RunNoise

  init(
    _ simulation: Simulation, _ program: Program, observer: @escaping @Sendable (Simulation.Event) -> Void
  ) throws {
    self.simulation = simulation
    self.observer = observer
    participants = Roster(simulation.population.participants)
    blobs = BlobCollector(simulation.store)
    computation = Computation(simulation, observer: observer)
    charges = simulation.options.charges ?? MemoryLedger()
    var lastAnswered: [Int: Int] = [:]
    for (exchange, contributors) in (simulation.options.contributors ?? []).enumerated() {
      for contributor in contributors { lastAnswered[contributor.exchange] = exchange }
    }
    self.lastAnswered = lastAnswered
    let checkpoint = try simulation.store.checkpoint()
    noise = RunNoise(after: checkpoint, secret: try simulation.store.secret())
    if let checkpoint {
      do {
        state = try RunState(
          resuming: checkpoint, header: simulation.header, blobs: simulation.store,
          models: simulation.workers.models)
        questions = try checkpoint.questions.mapValues {
          try simulation.workers.decode($0, blobs: simulation.store)
        }
      } catch is DecodingError {
        throw RunFailure(.resume, "the run's checkpoint is damaged")
      }
      states = checkpoint.states
      time = checkpoint.time
      computing = checkpoint.computing
    } else {
      state = RunState(program, header: simulation.header)
    }
  }

  /// One exchange, from the cohort to the commit.
  ///
  /// - Returns: what the program has to tell.
  @discardableResult
  mutating func perform(_ exchange: Exchange) throws -> StepReport {
    try simulation.checkCancelled()
    questions[state.exchange] = exchange.query
    let decision = try decide(exchange)
    observer(.opened(exchange: state.exchange, query: type(of: exchange.query).kind, cohort: decision.cohort))
    // Measured while other threads train already: writing the question as JSON takes as long as a hundred tiny ones.
    let question = exchange.query
    let size = Mutex<Result<Int, any Error>>(.success(0))
    let answers = try computation.answers(
      of: decision.contributors, to: questions, in: exchange, states: states
    ) {
      let measured = Result { try Self.size(of: question) }
      size.withLock { $0 = measured }
    }
    let disclosure = Disclosure(exchange)
    var coins = coins(for: 1)
    let result = try disclosure.result(
      answers.sum, shape: exchange.query.reply, contributors: decision.contributors.map(\.participant),
      asked: decision.cohort, population: participants.count, individual: answers.individual,
      messages: answers.messages, carrying: &noise, using: &coins)
    let questionSize = try size.withLock { $0 }.get()
    let moved = disclosure.recorded(
      Traffic(
        up: answers.byteCount(in: exchange.query.reply, from: decision.contributors.count),
        down: questionSize * decision.asked),
      answer: exchange.query.reply.byteCount, question: questionSize, population: participants.count)
    blobs.startCollecting()
    var (checkpoint, progress) = try state.absorb(
      result, of: exchange.query, contributors: disclosure.recorded(decision.contributors), moved: moved,
      blobs: blobs)
    try remember(answers.states)
    time = decision.time
    computing = decision.computing
    let waiting = Set(computing.map(\.work.exchange))
    questions = questions.filter {
      // Of a run that is repeated, also those that are answered later on.
      waiting.contains($0.key) || lastAnswered[$0.key, default: -1] >= state.exchange
    }
    checkpoint.states = states
    checkpoint.time = time
    checkpoint.computing = computing
    checkpoint.participation = noise.book
    checkpoint.questions = try questions.mapValues { query in
      Checkpoint.Question(
        kind: type(of: query).kind, query: try CanonicalJSON.encode(query, blobs: blobs))
    }
    try simulation.store.commit(
      checkpoint, keeping: blobs.collected.union(states.values), secret: noise.secret)
    observer(.committed(progress))
    return progress
  }

  private mutating func remember(_ changed: [(ParticipantID, LocalState)]) throws {
    for (participant, local) in changed {
      states[participant] = local.isEmpty ? nil : try simulation.store.put(local.bytes)
    }
  }

  /// Bytes that a participant receives: the question as it would travel, and the models that it names.
  private static func size(of query: any Query) throws -> Int {
    let meter = BlobMeter()
    return try CanonicalJSON.encode(query, blobs: meter).count + meter.bytes
  }
}

// MARK: - Who contributes

extension Driver {
  private struct Decision {
    var contributors: [Contributor]
    var cohort: Int
    var asked: Int
    var time: Instant
    var computing: [Assignment]
  }

  private func decide(_ exchange: Exchange) throws -> Decision {
    if let recorded = simulation.options.contributors {
      guard recorded.indices.contains(state.exchange) else {
        throw RunFailure(
          .unfit, "the manifest whose contributors are repeated ends before exchange \(state.exchange)")
      }
      let contributors = recorded[state.exchange].sorted()
      return Decision(
        contributors: contributors, cohort: exchange.audience.size(of: participants.count),
        asked: contributors.count, time: time, computing: [])
    }
    var machine = RoundMachine(
      exchange: state.exchange, audience: exchange.audience, completion: exchange.completion,
      population: participants, seed: simulation.options.seed,
      computing: Dictionary(uniqueKeysWithValues: computing.map { ($0.participant, $0.work) }))
    let opening = try open(&machine, exchange)
    if opening.isOver {
      return Decision(contributors: [], cohort: 0, asked: 0, time: time, computing: computing)
    }
    // The usual course, without an agenda and a look at each answer.
    if computing.isEmpty, exchange.completion.buffer == nil, opening.arrivals.count == opening.asked,
      opening.last < opening.deadline,
      case .commit(let contributors)? = machine.handle(.everyoneAnswered, at: opening.last).last
    {
      return Decision(
        contributors: contributors, cohort: machine.cohort.count, asked: opening.asked, time: opening.last,
        computing: [])
    }
    return try follow(opening, with: &machine)
  }

  /// What was asked, and when answers will come.
  private struct Opening {
    var asked = 0
    var arrivals: [Assignment] = []
    /// Nobody is waited for: a secret cohort may be empty.
    var isOver = false
    /// When the last of them comes, at the earliest now.
    var last: Instant
    var deadline: Instant
  }

  private func open(_ machine: inout RoundMachine, _ exchange: Exchange) throws -> Opening {
    var opening = Opening(last: time, deadline: time)
    let work = RoundMachine.Work(exchange: state.exchange)
    var effects = machine.handle(.opened, at: time)
    if case .abandon(let reason)? = effects.first { throw reason.failure }
    try noise.admit(machine.cohort, to: exchange)
    // Spent before anything is asked, whatever comes of it.
    if let charge = exchange.charge {
      try charges.charge(charge, for: state.exchange, round: exchange.query.demand.round.map { $0 + 1 })
    }
    if case .draw(let rate)? = effects.first {
      effects = machine.handle(.drawn(try draw(rate)), at: time)
    }
    for effect in effects {
      switch effect {
      case .instruct(let participant):
        opening.asked += 1
        guard
          let delay = simulation.options.network.delay(
            of: participant, exchange: state.exchange, seed: simulation.options.seed)
        else { continue }
        let arrival = time + delay
        opening.arrivals.append(Assignment(participant: participant, work: work, arrival: arrival))
        opening.last = max(opening.last, arrival)
      case .setDeadline(let instant): opening.deadline = instant
      case .abandon(let reason): throw reason.failure
      case .commit: opening.isOver = true
      case .accept, .keep, .refuse, .draw: break
      }
    }
    return opening
  }

  /// The cohort that secret coins fall on, or fell on before a crash.
  private func draw(_ rate: Double) throws -> [ParticipantID] {
    if let kept = try simulation.store.secret() {
      let cohort = try CanonicalJSON.decode(SecretCohort.self, from: kept)
      if cohort.exchange == state.exchange { return cohort.participants }
    }
    var coins = coins(for: 0)
    let cohort = try SecretCohort(of: participants, rate: rate, exchange: state.exchange, using: &coins)
    try simulation.store.keepSecret(CanonicalJSON.encode(cohort))
    return cohort.participants
  }

  /// - Parameter purpose: tells apart coins that a test has fixed.
  private func coins(for purpose: Int) -> SecretCoins {
    guard let seed = simulation.options.insecureSeed else { return SecretCoins() }
    var stream = RandomStream(
      seed: seed, purpose: .insecureNoise, round: state.exchange, participant: "", step: purpose)
    return SecretCoins(insecureSeed: stream.next())
  }

  /// Feeds the machine with one event after the other until the exchange is closed.
  private func follow(_ opening: Opening, with machine: inout RoundMachine) throws -> Decision {
    let asked = opening.arrivals
    func answer(_ assignment: Assignment) -> (at: Instant, event: RoundMachine.Event) {
      (assignment.arrival, .answered(assignment.participant, exchange: assignment.work.exchange))
    }
    let agenda = computing.map(answer) + [(opening.deadline, .deadlinePassed)] + asked.map(answer)
    // A stable order for what happens at the same instant: that of the participants' names, after the deadline.
    let order = agenda.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
    for (_, (instant, event)) in order {
      for effect in machine.handle(event, at: instant) {
        switch effect {
        case .commit(let contributors):
          let still = machine.computing
          return Decision(
            contributors: contributors, cohort: machine.cohort.count, asked: opening.asked,
            time: max(instant, time),
            computing: (computing + asked).compactMap { arrival in
              guard let work = still[arrival.participant], work.exchange == arrival.work.exchange else {
                return nil
              }
              return Assignment(participant: arrival.participant, work: work, arrival: arrival.arrival)
            })
        case .abandon(let reason): throw reason.failure
        case .accept, .keep, .refuse, .instruct, .setDeadline, .draw: break
        }
      }
    }
    preconditionFailure("a deadline closes every exchange")
  }
}

extension RoundMachine.Abandonment {
  fileprivate var failure: RunFailure {
    switch self {
    case .cancelled: RunFailure(.cancelled, "the run was stopped")
    case .tooFewReachable(let present, let required):
      RunFailure(.quorum, "only \(present) participants can be reached, \(required) are required")
    case .tooFewAnswers(let answers, let required):
      RunFailure(
        .quorum, "only \(answers) participants answered in time, \(required) are required",
        hint: "a smaller federation.quorum or a longer federation.deadline")
    }
  }
}

extension Simulation {
  func checkCancelled() throws {
    if options.isCancelled() { throw RunFailure(.cancelled, "the run was stopped") }
  }
}

// MARK: - Blobs

/// Notes which blobs a checkpoint names, so that the others can go.
private final class BlobCollector: BlobStore {
  private let store: any RunStore
  private let names = Mutex<Set<ContentHash>>([])

  init(_ store: any RunStore) { self.store = store }

  var collected: Set<ContentHash> { names.withLock { $0 } }

  func startCollecting() { names.withLock { $0 = [] } }

  func put(_ bytes: Data) throws -> ContentHash {
    let hash = try store.put(bytes)
    names.withLock { _ = $0.insert(hash) }
    return hash
  }

  func get(_ hash: ContentHash) throws -> Data { try store.get(hash) }
}

/// Counts the bytes of blobs without keeping them.
private final class BlobMeter: BlobStore {
  private let count = Mutex(0)

  var bytes: Int { count.withLock { $0 } }

  private static let anyHash = ContentHash(of: [UInt8]())

  func put(_ bytes: Data) -> ContentHash {
    count.withLock { $0 += bytes.count }
    // All hashes are equally long, and nobody looks at this one.
    return Self.anyHash
  }

  func get(_ hash: ContentHash) throws -> Data {
    throw RunFailure(.resume, "a meter keeps nothing")
  }
}
