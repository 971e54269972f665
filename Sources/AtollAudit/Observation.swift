import AtollFederation
import AtollLearning
import AtollNumerics
import Synchronization

/// What an attacker sees of a training: the global model of each round, and the updates of some participants as they leave.
final class Observation: Sendable {
  private struct Log {
    var models: [Int: ParameterSet] = [:]
    var updates: [ParticipantID: [Int: [Float]]] = [:]
    var expected: [ParticipantID: [Int: [Float]]] = [:]
  }
  private let log = Mutex(Log())
  private let watched: Set<ParticipantID>
  /// Clips as the task says: what is seen is what leaves.
  private let protection: UpdateProtection
  /// Rows that the attacker knows: with them it makes each update anew, so many times, for the mean.
  private let known: [ParticipantID: LocalData]
  private let repetitions: Int

  /// - Parameters:
  ///   - watched: whose updates are seen.
  ///   - protection: what happens to updates before they leave.
  ///   - known: rows from which the attacker makes each update anew, at the global model of the round.
  ///   - repetitions: how often it does so, at least 1: one is enough where there is no noise.
  init(
    of watched: Set<ParticipantID> = [], protection: UpdateProtection = .none,
    knowing known: [ParticipantID: Dataset] = [:], repetitions: Int = 1
  ) {
    self.watched = watched
    self.protection = protection
    self.known = known.mapValues { LocalData($0) }
    self.repetitions = repetitions
  }

  /// The global models that rounds began with, in their order; a round in which nobody was asked has none.
  var models: [(round: Int, model: ParameterSet)] {
    log.withLock { log in log.models.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
  }

  /// A participant's updates, by their rounds.
  func updates(of participant: ParticipantID) -> [Int: [Float]] {
    log.withLock { $0.updates[participant] ?? [:] }
  }

  /// The means of a participant's updates as the attacker makes them from the rows that it knows, by their rounds.
  func expectedUpdates(of participant: ParticipantID) -> [Int: [Float]] {
    log.withLock { $0.expected[participant] ?? [:] }
  }

  /// Has everything written down that participants are asked and answer when they train.
  func watch(_ workers: inout WorkerRegistry, _ extensions: Extensions) {
    workers.register(ObservingWorker<PlainTraining>(self))
    workers.register(ObservingWorker<FullGradient>(self))
    workers.register(ObservingWorker<ProximalTraining>(self))
    workers.register(ObservingWorker<ControlledTraining>(self))
    func register<S: Strategy>(_ strategy: S.Type) { workers.register(ObservingWorker<S.Rule>(self)) }
    for strategy in extensions.strategies { register(strategy) }
  }

  /// The update in a reply as it leaves.
  private func update(in reply: Reply) -> [Float]? {
    guard case .sums(let contribution) = reply,
      case .floats(let update)? = protection.clipping(contribution).sums[.update]
    else { return nil }
    return update
  }

  fileprivate func note<Rule>(
    _ question: TrainQuery<Rule>, _ reply: Reply, from participant: ParticipantID
  ) {
    log.withLock { log in
      if log.models[question.round] == nil { log.models[question.round] = question.model }
      guard watched.contains(participant), let update = update(in: reply) else { return }
      log.updates[participant, default: [:]][question.round] = update
    }
  }

  /// Makes the update anew from the rows that are known.
  ///
  /// - Parameter context: the participant's before it answered.
  fileprivate func expect<Rule>(
    _ question: TrainQuery<Rule>, of worker: TrainWorker<Rule>, in context: LocalContext
  ) throws {
    guard let rows = known[context.participant] else { return }
    var mean = [Float](repeating: 0, count: question.model.layout.count)
    for number in 1...repetitions {
      var own = LocalContext(
        participant: context.participant, data: rows, exchange: context.exchange, seed: context.seed,
        state: context.state, workbench: context.workbench)
      // Noise of its own.
      own.insecureSeed = context.insecureSeed.map { $0 ^ (UInt64(number) << 32) }
      guard let update = update(in: try worker.answer(question, in: &own)) else { continue }
      for place in mean.indices { mean[place] += update[place] / Float(repetitions) }
    }
    let found = mean
    log.withLock { $0.expected[context.participant, default: [:]][question.round] = found }
  }
}

/// Trains as the product does, and is overheard.
private struct ObservingWorker<Rule: LocalRule>: Worker {
  private let worker = TrainWorker<Rule>()
  private let observation: Observation

  init(_ observation: Observation) { self.observation = observation }

  func answer(_ question: TrainQuery<Rule>, in context: inout LocalContext) throws -> Reply {
    try observation.expect(question, of: worker, in: context)
    let reply = try worker.answer(question, in: &context)
    observation.note(question, reply, from: context.participant)
    return reply
  }
}
