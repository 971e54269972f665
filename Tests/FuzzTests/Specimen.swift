import AtollFederation
import AtollNumerics
import AtollScenarios
import AtollStore
import Foundation

@testable import AtollLearning

/// A short run of each strategy with one participant: what is asked, answered and kept in it is what the decoders are
/// given, before it is damaged.
struct Specimen: @unchecked Sendable {
  // Safe to share because nothing in it changes once it is made.
  private(set) var questions: [Checkpoint.Question] = []
  private(set) var queries: [any Query] = []
  /// Each answer, behind a byte that says to which question.
  private(set) var answers: [Data] = []
  private(set) var checkpoints: [Data] = []
  private(set) var protections: [Data] = []
  let blobs = MemoryRunStore()
  private(set) var models: [LearnedModel] = []
  private(set) var tasks: [FederatedTask] = []

  static let shared: Specimen = {
    do { return try Specimen() } catch { preconditionFailure("the specimen cannot be made: \(error)") }
  }()

  private init() throws {
    for strategy in ["fedavg", "fedprox", "scaffold"] {
      let task = try FederatedTask(
        yaml: """
          task: classification
          name: specimen
          data: {participants: [a.csv], label: malignant, test: 0.3}
          model: {kind: mlp, hidden: [3]}
          training: {batch-size: 32}
          federation: {strategy: \(strategy), rounds: 1, seed: 7}
          """)
      tasks.append(task)
      try follow(task, try task.program())
    }
  }

  private mutating func follow<P: FederatedProgram<LearnedModel>>(_ task: FederatedTask, _ program: P) throws
  {
    let site = BreastTumours.sites()[0]
    let data = try LocalData(
      csv: Scratch.file(Data(site.csv.utf8), "site.csv"), for: task, participant: "site")
    let workers = WorkerRegistry.training
    let workbench = Workbench()
    var state = RunState(program, header: .ofNothing)
    var memory = LocalState()
    while true {
      let exchange: Exchange
      switch try state.program.next() {
      case .finish(let model):
        models.append(model)
        return
      case .exchange(let next): exchange = next
      }
      let query = exchange.query
      questions.append(
        Checkpoint.Question(kind: type(of: query).kind, query: try CanonicalJSON.encode(query, blobs: blobs)))
      protections.append(try CanonicalJSON.encode(exchange.protection))
      var context = LocalContext(
        participant: "site", data: data, exchange: state.exchange, seed: 7, state: memory,
        workbench: workbench)
      let reply = try workers.answerer(of: query, on: workbench)(&context)
      memory = context.state
      let bytes = try EncodedAnswer.encode(reply, to: query, protection: exchange.protection)
      answers.append(Data([UInt8(queries.count)]) + bytes)
      queries.append(query)
      var sum = ExactSum(counts: [])
      var single: [(participant: ParticipantID, reply: Data)] = []
      if case .sums(let specs) = query.reply { sum = ExactSum(counts: specs.map(\.count)) }
      switch try EncodedAnswer.decode(bytes, answering: query) {
      case .term(let term): sum.add(term)
      case .individual(let bytes): single = [("site", bytes)]
      }
      let result = ExchangeResult(
        contributors: ["site"], cohort: 1, population: 1, shape: query.reply, sum: sum, individual: single)
      let (checkpoint, _) = try state.absorb(
        result, of: query, contributors: [Contributor(participant: "site", exchange: state.exchange)],
        moved: Traffic(), blobs: blobs)
      checkpoints.append(try CanonicalJSON.encode(checkpoint))
    }
  }
}
