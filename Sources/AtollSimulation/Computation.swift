import AtollFederation
import AtollNumerics
import AtollStore
import FoundationEssentials
import Synchronization

/// Computes the answers of an exchange on several threads, with one working set for each.
struct Computation: Sendable {
  /// What came of an exchange.
  struct Answers {
    var sum: ExactSum
    var individual: [(participant: ParticipantID, reply: Data)] = []
    var messages: [SealedMessage] = []
    var states: [(ParticipantID, LocalState)] = []

    /// Bytes that so many participants sent.
    func byteCount(in shape: ReplyShape, from participants: Int) -> Int {
      switch shape {
      case .sums: shape.byteCount * participants
      case .individual: individual.reduce(0) { $0 + $1.reply.count }
      case .relay: messages.reduce(0) { $0 + $1.sealed.count }
      }
    }
  }

  private let simulation: Simulation
  private let observer: @Sendable (Simulation.Event) -> Void
  private let workbenches: Workbenches

  init(_ simulation: Simulation, observer: @escaping @Sendable (Simulation.Event) -> Void) {
    self.simulation = simulation
    self.observer = observer
    workbenches = Workbenches(count: simulation.options.threads)
  }

  /// - Parameter beside: done by the calling thread before it turns to participants, while others are at them already.
  /// - Throws: the failure of the first participant, in their order, of those that failed.
  func answers(
    of contributors: [Contributor], to questions: [Int: any Query], in exchange: Exchange,
    states: [ParticipantID: ContentHash], beside: @escaping @Sendable () -> Void
  ) throws -> Answers {
    let shape = exchange.query.reply
    if case .sums(let specs) = shape { try proveNoOverflow(specs, terms: contributors.count) }
    let threads = min(simulation.options.threads, max(1, contributors.count))
    let queue = WorkQueue(count: contributors.count, threads: threads)
    let partials = Mutex<[Partial]>([])
    withThreads(threads) { thread in
      var partial = Partial(exchange: exchange, shape: shape)
      var desk = Desk(
        workbench: workbenches[thread], questions: questions, exchange: exchange, shape: shape,
        simulation: simulation)
      if thread == 0 { beside() }
      while let range = queue.next() {
        var rows = Rows(simulation.population, of: contributors[range])
        for index in range {
          do {
            try simulation.checkCancelled()
            if let summation = try desk.summation(of: contributors[index].exchange) {
              try partial.add(index, by: summation, &rows)
            } else {
              try partial.add(contributors[index]) { contributor throws in
                try answer(of: contributor, in: exchange, states: states, at: &desk)
              }
            }
          } catch {
            partial.failure = (index, error)
            queue.stop()
            break
          }
        }
        observer(.answered(queue.finished(range.count), of: contributors.count))
      }
      let done = partial
      partials.withLock { $0.append(done) }
    }
    return try merge(partials.withLock { $0 }, shape: shape)
  }

  /// One participant's answer, and its state where that has changed.
  private func answer(
    of contributor: Contributor, in exchange: Exchange, states: [ParticipantID: ContentHash],
    at desk: inout Desk
  ) throws -> (Reply, LocalState?) {
    let participant = contributor.participant
    // Before any data are read.
    if let consents = simulation.options.consents, let question = desk.questions[contributor.exchange] {
      var asked = exchange
      asked.query = question
      try consents.admit(
        Instruction(
          asked, number: contributor.exchange, population: simulation.population.participants.count),
        at: participant)
    }
    let answerer = try desk.answerer(of: contributor.exchange)
    var before = LocalState()
    if !states.isEmpty, let kept = states[participant] {
      before = try LocalState(bytes: simulation.store.get(kept)) ?? LocalState()
    }
    var context = LocalContext(
      participant: participant, data: try simulation.population.data(of: participant),
      exchange: contributor.exchange, seed: simulation.options.seed, state: before,
      inbox: exchange.inbox.isEmpty ? [] : exchange.inbox.filter { $0.recipient == participant },
      workbench: desk.workbench, cancelled: simulation.options.isCancelled)
    context.insecureSeed = simulation.options.insecureSeed
    let reply = try answerer(&context)
    try simulation.options.consents?.release(reply.byteCount(as: exchange.query.reply), at: participant)
    return (reply, context.state == before ? nil : context.state)
  }

  private func merge(_ partials: [Partial], shape: ReplyShape) throws -> Answers {
    if let first = partials.compactMap(\.failure).min(by: { $0.index < $1.index }) { throw first.error }
    var answers = Answers(sum: ExactSum(shape))
    for partial in partials {
      answers.sum.merge(partial.answers.sum)
      answers.individual += partial.answers.individual
      answers.messages += partial.answers.messages
      answers.states += partial.answers.states
    }
    answers.individual.sort { $0.participant < $1.participant }
    answers.messages.sort { ($0.sender, $0.recipient) < ($1.sender, $1.recipient) }
    return answers
  }

  private func proveNoOverflow(_ specs: [SumSpec], terms: Int) throws {
    for spec in specs {
      do {
        try spec.format.proveNoOverflow(participants: terms)
      } catch {
        throw RunFailure(
          .overflow, "the sum “\(spec.name.rawValue)” is not safe: \(error)",
          hint: "fewer fraction bits, a smaller weight cap or a smaller range")
      }
    }
  }
}

/// What one thread works with: its workbench, and what answers the questions at hand.
private struct Desk {
  let workbench: Workbench
  let questions: [Int: any Query]
  private let workers: WorkerRegistry
  /// Nil where answers are more than sums, or where a gate stands before each participant.
  private let asker: Asker?
  /// Those of the exchange before: nearly always the ones wanted next.
  private var last: (exchange: Int, answerer: (inout LocalContext) throws -> Reply)?
  private var lastSummation: (exchange: Int, summation: (any Summation)?)?

  init(
    workbench: Workbench, questions: [Int: any Query], exchange: Exchange, shape: ReplyShape,
    simulation: Simulation
  ) {
    self.workbench = workbench
    self.questions = questions
    workers = simulation.workers
    if case .sums(let specs) = shape, simulation.options.consents == nil {
      asker = Asker(
        exchange, sums: specs, seed: simulation.options.seed, workbench: workbench,
        insecureSeed: simulation.options.insecureSeed,
        isCancelled: simulation.options.isCancelled)
    } else {
      asker = nil
    }
  }

  mutating func answerer(of exchange: Int) throws -> (inout LocalContext) throws -> Reply {
    if let last, last.exchange == exchange { return last.answerer }
    let answerer = try workers.answerer(of: question(of: exchange), on: workbench)
    last = (exchange, answerer)
    return answerer
  }

  /// What adds answers to the question of an exchange; nil where each is given by itself.
  mutating func summation(of exchange: Int) throws -> (any Summation)? {
    guard let asker else { return nil }
    if let lastSummation, lastSummation.exchange == exchange { return lastSummation.summation }
    let summation = workers.summation(of: try question(of: exchange), for: asker)
    lastSummation = (exchange, summation)
    return summation
  }

  private func question(of exchange: Int) throws -> any Query {
    guard let question = questions[exchange] else {
      throw RunFailure(.resume, "the question of exchange \(exchange) is no longer known")
    }
    return question
  }
}

/// What one thread has summed so far.
private struct Partial: Sendable {
  private let exchange: Exchange
  private let shape: ReplyShape
  private(set) var answers: Computation.Answers
  var failure: (index: Int, error: any Error)?

  init(exchange: Exchange, shape: ReplyShape) {
    self.exchange = exchange
    self.shape = shape
    answers = Computation.Answers(sum: ExactSum(shape))
  }

  mutating func add(
    _ contributor: Contributor, answer: (Contributor) throws -> (Reply, LocalState?)
  ) throws {
    let participant = contributor.participant
    try Self.blaming(participant) {
      let (reply, state) = try answer(contributor)
      switch (reply, shape) {
      case (.sums(let contribution), .sums(let specs)):
        try exchange.protection.add(contribution, as: specs, of: exchange.query, to: &answers.sum)
      case (.individual(let bytes), .individual(let limit)) where bytes.count <= limit:
        answers.individual.append((participant, bytes))
      case (.messages(let messages), .relay(let limit))
      where messages.reduce(0) { $0 + $1.sealed.count } <= limit
        && messages.allSatisfy({ $0.sender == participant }):
        answers.messages += messages
      default:
        throw RunFailure(
          .shape, "an answer to “\(type(of: exchange.query).kind)” has not the form that was asked for")
      }
      if let state { answers.states.append((participant, state)) }
    }
  }

  /// Adds an answer that is nothing but its sums.
  mutating func add(_ index: Int, by summation: any Summation, _ rows: inout Rows) throws {
    let participant = rows.participant(at: index)
    try Self.blaming(participant) {
      let (data, next) = try rows.take(index)
      try summation.add(participant, data, before: next, to: &answers.sum)
    }
  }

  /// Names the participant in a failure that names nobody.
  private static func blaming(_ participant: ParticipantID, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch var failure as RunFailure {
      if failure.participant == nil, failure.code != .cancelled { failure.participant = participant }
      throw failure
    }
  }
}

/// The rows of some contributors, one after the other; those in memory one ahead.
private struct Rows {
  private let population: any Population
  private let contributors: ArraySlice<Contributor>
  private let looksAhead: Bool
  private var next: (index: Int, data: LocalData)?

  init(_ population: any Population, of contributors: ArraySlice<Contributor>) {
    self.population = population
    self.contributors = contributors
    looksAhead = population.isInMemory
  }

  func participant(at index: Int) -> ParticipantID { contributors[index].participant }

  /// The rows of one, and those of the next, where they are at hand.
  mutating func take(_ index: Int) throws -> (data: LocalData, next: (ParticipantID, LocalData)?) {
    let data: LocalData
    if let next, next.index == index {
      data = next.data
    } else {
      data = try population.data(of: participant(at: index))
    }
    next = nil
    // An error shows when the participant's turn has come.
    guard looksAhead, index + 1 < contributors.endIndex,
      let coming = try? population.data(of: participant(at: index + 1))
    else { return (data, nil) }
    next = (index + 1, coming)
    return (data, (participant(at: index + 1), coming))
  }
}

extension ExactSum {
  fileprivate init(_ shape: ReplyShape) {
    if case .sums(let specs) = shape { self.init(counts: specs.map(\.count)) } else { self.init(counts: []) }
  }
}

/// Hands out the indices 0..<count, each once, a few at a time where there are many.
private final class WorkQueue: Sendable {
  private let count: Int
  private let share: Int
  private let position = Atomic<Int>(0)
  private let done = Atomic<Int>(0)

  init(count: Int, threads: Int) {
    self.count = count
    // Small enough that threads end together, large enough that they seldom meet here.
    share = max(1, min(16, count / (16 * threads)))
  }

  func next() -> Range<Int>? {
    let start = position.add(share, ordering: .relaxed).oldValue
    return start < count ? start..<min(start + share, count) : nil
  }

  func finished(_ count: Int) -> Int { done.add(count, ordering: .relaxed).newValue }

  func stop() { position.store(count, ordering: .relaxed) }
}

/// One workbench for each thread, kept from exchange to exchange.
// Safe to share because each thread uses the one of its own number, and threads are joined before the next exchange.
private final class Workbenches: @unchecked Sendable {
  private let benches: [Workbench]

  init(count: Int) { benches = (0..<count).map { _ in Workbench() } }

  subscript(thread: Int) -> Workbench { benches[thread] }
}
