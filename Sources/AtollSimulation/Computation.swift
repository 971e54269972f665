import AtollFederation
import AtollNumerics
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

  /// - Throws: the failure of the first participant, in their order, of those that failed.
  func answers(
    of contributors: [Contributor], to questions: [Int: any Query], in exchange: Exchange,
    states: [ParticipantID: ContentHash]
  ) throws -> Answers {
    let shape = exchange.query.reply
    if case .sums(let specs) = shape { try proveNoOverflow(specs, terms: contributors.count) }
    let answerers = try questions.mapValues { try simulation.workers.answerer(of: $0) }
    let queue = WorkQueue(count: contributors.count)
    let partials = Mutex<[Partial]>([])
    withThreads(min(simulation.options.threads, max(1, contributors.count))) { thread in
      var partial = Partial(shape: shape, answers: Answers(sum: ExactSum(shape)))
      let workbench = workbenches[thread]
      while let index = queue.next() {
        let contributor = contributors[index]
        do {
          guard let answer = answerers[contributor.exchange] else {
            throw RunFailure(.resume, "the question of exchange \(contributor.exchange) is no longer known")
          }
          try simulation.checkCancelled()
          try partial.add(contributor, exchange: exchange) {
            let participant = contributor.participant
            let kept = try states[participant].map { try simulation.store.get($0) }
            var context = LocalContext(
              participant: participant, data: try simulation.population.data(of: participant),
              exchange: contributor.exchange, seed: simulation.options.seed,
              state: kept.flatMap(LocalState.init(bytes:)) ?? LocalState(),
              inbox: exchange.inbox.filter { $0.recipient == participant }, workbench: workbench,
              cancelled: simulation.options.isCancelled)
            let before = context.state
            let reply = try answer(&context)
            return (reply, context.state == before ? nil : context.state)
          }
          observer(.answered(queue.finished(), of: contributors.count))
        } catch {
          partial.failure = (index, error)
          queue.stop()
        }
      }
      let done = partial
      partials.withLock { $0.append(done) }
    }
    return try merge(partials.withLock { $0 }, shape: shape)
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

/// What one thread has summed so far.
private struct Partial: Sendable {
  let shape: ReplyShape
  var answers: Computation.Answers
  var failure: (index: Int, error: any Error)?

  mutating func add(
    _ contributor: Contributor, exchange: Exchange, answer: () throws -> (Reply, LocalState?)
  ) throws {
    let participant = contributor.participant
    do {
      let (reply, state) = try answer()
      switch (reply, shape) {
      case (.sums(let contribution), .sums(let specs)):
        answers.sum.add(try exchange.protection.protect(contribution, as: specs, of: exchange.query))
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
    } catch var failure as RunFailure {
      if failure.participant == nil, failure.code != .cancelled { failure.participant = participant }
      throw failure
    }
  }
}

extension ExactSum {
  fileprivate init(_ shape: ReplyShape) {
    if case .sums(let specs) = shape { self.init(counts: specs.map(\.count)) } else { self.init(counts: []) }
  }
}

/// Hands out the indices 0..<count, each once.
private final class WorkQueue: Sendable {
  private let count: Int
  private let position = Atomic<Int>(0)
  private let done = Atomic<Int>(0)

  init(count: Int) { self.count = count }

  func next() -> Int? {
    let index = position.add(1, ordering: .relaxed).oldValue
    return index < count ? index : nil
  }

  func finished() -> Int { done.add(1, ordering: .relaxed).newValue }

  func stop() { position.store(count, ordering: .relaxed) }
}

/// One workbench for each thread, kept from exchange to exchange.
// Safe to share because each thread uses the one of its own number, and threads are joined before the next exchange.
private final class Workbenches: @unchecked Sendable {
  private let benches: [Workbench]

  init(count: Int) { benches = (0..<count).map { _ in Workbench() } }

  subscript(thread: Int) -> Workbench { benches[thread] }
}
