import AtollFederation
import AtollLearning
import AtollNumerics
import AtollTesting

/// The training program with the peers' cohorts and without an evaluation at its end.
struct PeerTraining: FederatedProgram {
  static let kind = "peer training"

  private let workload: String
  private let rounds: Int
  private var round = 0
  private var training: Training<FedAvg>

  /// - Parameter evaluated: whether the rounds are followed by an evaluation, as in ordinary tasks.
  init(_ workload: PeerWorkload, rounds: Int) throws {
    self.workload = workload.rawValue
    self.rounds = rounds
    let start = workload.initialParameters(of: Network(try workload.architecture))
    let plan = TrainingPlan(
      model: workload.model, strategy: FedAvg(), training: workload.training, rounds: rounds + 1,
      initial: .saved(start), evaluation: EvaluationPlan(every: rounds + 1, metrics: [.loss], perSite: false),
      seed: 1)
    training = try Training(
      plan, from: Preparation(inputShape: workload.inputShape, classes: workload.classes))
  }

  func next() throws -> Step<ParameterSet> {
    guard case .exchange(var exchange) = try training.next(),
      let query = exchange.query as? TrainQuery<PlainTraining>
    else { preconditionFailure("the last round is never reached") }
    if round == rounds { return .finish(query.model) }
    exchange.audience = .named(PeerCohorts.of(workload)[round])
    return .exchange(exchange)
  }

  mutating func absorb(_ result: ExchangeResult) throws -> StepReport {
    round += 1
    return try training.absorb(result)
  }
}

/// The cohorts by name, in ascending order, made once: drawing them is no part of what is measured.
enum PeerCohorts {
  static func of(_ workload: String) -> [[ParticipantID]] {
    switch workload {
    case "w1": w1
    case "w2": w2
    default: w3
    }
  }

  private static let w1 = cohorts(.w1)
  private static let w2 = cohorts(.w2)
  private static let w3 = cohorts(.w3)

  private static func cohorts(_ workload: PeerWorkload) -> [[ParticipantID]] {
    (0..<100).map { workload.cohort(round: $0).sorted().map { workload.participant($0) } }
  }
}

extension PeerWorkload {
  func participant(_ client: Int) -> ParticipantID {
    let digits = String(client)
    // Safe because digits and letters are lawful.
    return ParticipantID("client-" + String(repeating: "0", count: 5 - digits.count) + digits)!
  }
}
