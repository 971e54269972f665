import AtollFederation
import AtollNumerics
import Synchronization

/// What an attacker sees of a training: the global model of each round, and the updates of some participants as they leave.
final class Observation: Sendable {
  private struct Log {
    var models: [Int: ParameterSet] = [:]
    var updates: [ParticipantID: [Int: [Float]]] = [:]
  }
  private let log = Mutex(Log())
  private let watched: Set<ParticipantID>
  /// Clips as the task says: what is seen is what leaves.
  private let protection: UpdateProtection

  /// - Parameters:
  ///   - watched: whose updates are seen.
  ///   - protection: what happens to updates before they leave.
  init(of watched: Set<ParticipantID> = [], protection: UpdateProtection = .none) {
    self.watched = watched
    self.protection = protection
  }

  /// The global models that rounds began with, in their order; a round in which nobody was asked has none.
  var models: [(round: Int, model: ParameterSet)] {
    log.withLock { log in log.models.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
  }

  /// A participant's updates, by their rounds.
  func updates(of participant: ParticipantID) -> [Int: [Float]] {
    log.withLock { $0.updates[participant] ?? [:] }
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

  fileprivate func note<Rule>(
    _ question: TrainQuery<Rule>, _ reply: Reply, from participant: ParticipantID
  ) {
    log.withLock { log in
      if log.models[question.round] == nil { log.models[question.round] = question.model }
      guard watched.contains(participant), case .sums(let contribution) = reply,
        case .floats(let update)? = protection.clipping(contribution).sums[.update]
      else { return }
      log.updates[participant, default: [:]][question.round] = update
    }
  }
}

/// Trains as the product does, and is overheard.
private struct ObservingWorker<Rule: LocalRule>: Worker {
  private let worker = TrainWorker<Rule>()
  private let observation: Observation

  init(_ observation: Observation) { self.observation = observation }

  func answer(_ question: TrainQuery<Rule>, in context: inout LocalContext) throws -> Reply {
    let reply = try worker.answer(question, in: &context)
    observation.note(question, reply, from: context.participant)
    return reply
  }
}
