import AtollFederation
import AtollLearning
import AtollNumerics
import AtollSimulation
import AtollTraining
import Testing

/// What a worker adds up itself has the bits of the answers that it would have given.
@Suite struct SummationTests {
  /// The same worker, which is asked for every answer.
  struct Answering<Inner: Worker>: Worker {
    let worker: Inner

    func answer(_ question: Inner.Question, in context: inout LocalContext) throws -> Reply {
      try worker.answer(question, in: &context)
    }
  }

  static let shape = Preparation(inputShape: [5], classes: 2)

  /// Participants with 0 to 40 rows; those of `wild` are so large that training on them leaves all bounds.
  static func population(wild: Set<Int> = []) -> MemoryPopulation {
    var data: [ParticipantID: LocalData] = [:]
    for participant in 0..<13 {
      let name = "site-\(participant)"
      var coins = RandomStream(seed: 5, purpose: .sample, participant: name)
      let rows = participant == 4 ? 0 : 3 * participant + 2
      let labels = (0..<rows).map { _ in Int32(coins.below(2)) }
      let features = (0..<rows * 5).map { _ in Float(coins.normal()) * (wild.contains(participant) ? 1e6 : 1)
      }
      data[ParticipantID(stringLiteral: name)] = LocalData(
        Dataset(inputShape: [5], features: features, targets: .classes(labels, count: 2)))
    }
    return MemoryPopulation(data)
  }

  func plan<S: Strategy>(
    _ strategy: S, model: ModelKind = .logistic, optimizer: OptimizerKind = .sgd(), clip: Double? = nil,
    classWeights: ClassWeights = .none, l2: Float = 0, rate: Double = 0.3
  ) -> TrainingPlan<S> {
    var protection = ProtectionPlan()
    protection.clip = clip.map { .fixed($0) }
    return TrainingPlan(
      model: model, strategy: strategy,
      training: LocalTraining(
        loss: .crossEntropy, regularization: Regularization(l2: l2), classWeights: classWeights,
        optimizer: optimizer, learningRate: rate, batchSize: .rows(8), amount: .epochs(2)),
      rounds: 3, cohort: .sample(fraction: 0.8), protection: protection,
      evaluation: EvaluationPlan(every: 9, metrics: [.loss], perSite: false), seed: 11)
  }

  /// The records name everyone who answered and the hash of the program after each exchange.
  func records<S: Strategy>(
    _ plan: TrainingPlan<S>, _ worker: some Worker<TrainQuery<S.Rule>>, _ population: MemoryPopulation,
    threads: Int = 2
  ) throws -> [ExchangeRecord] {
    let store = MemoryRunStore()
    var workers = WorkerRegistry(EvaluateWorker())
    workers.register(worker)
    _ = try Simulation(
      of: population, workers: workers, store: store, options: Simulation.Options(seed: 11, threads: threads)
    ).run(try Training(plan, from: Self.shape))
    return store.records()
  }

  func expectSame<S: Strategy>(_ plan: TrainingPlan<S>) throws {
    let population = Self.population()
    let worker = TrainWorker<S.Rule>()
    let single = try records(plan, Answering(worker: worker), population)
    #expect(single.count == 4)
    for threads in [1, 3] {
      #expect(try records(plan, worker, population, threads: threads) == single)
    }
  }

  @Test func `by FedAvg`() throws { try expectSame(plan(FedAvg())) }

  @Test func `when everyone counts the same, and clipped`() throws {
    try expectSame(plan(FedAvg(weighting: .equal), clip: 0.05))
  }

  @Test func `by FedProx, with a penalty and class weights`() throws {
    try expectSame(plan(FedProx(mu: 0.5), classWeights: .values([1, 3]), l2: 0.01))
  }

  @Test func `with Adam on a network with a hidden layer`() throws {
    try expectSame(
      plan(FedAvgM(), model: .mlp(hidden: [4], activation: .tanh), optimizer: .adam(), rate: 0.01))
  }

  @Test func `a failure has the same words`() throws {
    let population = Self.population(wild: [7])
    let plan = plan(FedAvg())
    func message(_ worker: some Worker<TrainQuery<PlainTraining>>) -> String {
      do {
        _ = try records(plan, worker, population)
        return "no failure"
      } catch {
        return String(describing: error)
      }
    }
    let expected = message(Answering(worker: TrainWorker()))
    #expect(expected.contains("site-7"))
    #expect(message(TrainWorker()) == expected)
  }
}
