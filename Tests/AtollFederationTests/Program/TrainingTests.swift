import AtollFederation
import AtollLearning
import AtollNumerics
import AtollSimulation
import AtollTesting
import AtollTraining
import Testing

/// The training program with real networks on made-up data.
@Suite struct TrainingTests {
  /// Labelled points around two (or more) centres; participants differ in size and in their mix of classes.
  static func population(
    participants: Int, shape: [Int], classes: Int, rows: Int = 24
  ) -> MemoryPopulation {
    var data: [ParticipantID: LocalData] = [:]
    let width = shape.reduce(1, *)
    for participant in 0..<participants {
      let name = "site-\(participant)"
      var coins = RandomStream(seed: 3, purpose: .sample, participant: name)
      func examples(_ count: Int) -> Dataset {
        var features: [Float] = []
        var labels: [Int32] = []
        for row in 0..<count {
          let label = (row + participant * row / 5) % classes
          labels.append(Int32(label))
          for column in 0..<width {
            features.append(Float(coins.normal() + (column % classes == label ? 1.5 : 0)))
          }
        }
        return Dataset(inputShape: shape, features: features, targets: .classes(labels, count: classes))
      }
      data[ParticipantID(stringLiteral: name)] = LocalData(
        .examples(training: examples(rows + 7 * participant), heldOut: examples(10)))
    }
    return MemoryPopulation(data)
  }

  static func plan<S: Strategy>(
    _ model: ModelKind, _ strategy: S, optimizer: OptimizerKind = .sgd(), rounds: Int = 4,
    cohort: Audience = .all, completion: Completion = Completion(), loss: Loss = .crossEntropy,
    initial: InitialModel = .server, perSite: Bool = true
  ) -> TrainingPlan<S> {
    TrainingPlan(
      model: model, strategy: strategy,
      training: LocalTraining(loss: loss, optimizer: optimizer, learningRate: 0.05, batchSize: .rows(8)),
      rounds: rounds, cohort: cohort, completion: completion, initial: initial,
      evaluation: EvaluationPlan(every: 2, metrics: [.loss, .accuracy], perSite: perSite), seed: 11)
  }

  static let small = population(participants: 5, shape: [6], classes: 2)
  static let smallShape = Preparation(inputShape: [6], classes: 2)
  static let image = population(participants: 3, shape: [8, 8, 1], classes: 3)
  static let imageShape = Preparation(inputShape: [8, 8, 1], classes: 3)
  static let layers: [Layer] = [
    .convolution(channels: 4, kernel: 3, stride: 1, padding: 1), .activation(.relu),
    .maxPooling(window: 2, stride: 2), .dense(units: 8), .activation(.tanh),
  ]

  func conforms<S: Strategy>(
    _ plan: TrainingPlan<S>, on population: MemoryPopulation = small, _ preparation: Preparation = smallShape,
    network: any SimulatedNetwork = PerfectNetwork()
  ) throws -> LearnedModel {
    let conformance = ProgramConformance(population: population, workers: .training, network: network)
    let (model, exchanges, kills) = try conformance.check(try Training(plan, from: preparation))
    #expect(kills == 2 * exchanges)
    #expect(model.parameters.isFinite)
    return model
  }

  // Same bytes: 1, 2 and 7 threads, and killed before and after every commit; see ProgramConformance.

  @Test func `same bytes: logistic regression by FedAvg`() throws {
    let model = try conforms(Self.plan(.logistic, FedAvg()))
    #expect(try #require(model.evaluation?.pooled[.accuracy]) > 0.8)
  }

  @Test func `same bytes: a multilayer perceptron by SCAFFOLD, whose participants remember`() throws {
    _ = try conforms(Self.plan(.mlp(hidden: [7], activation: .tanh), Scaffold()))
  }

  @Test func `same bytes: a convolutional network with Adam by FedAdam`() throws {
    _ = try conforms(
      Self.plan(.cnn(layers: Self.layers), FedAdam(), optimizer: .adam(), rounds: 3), on: Self.image,
      Self.imageShape)
  }

  @Test func `same bytes: a support vector machine by FedProx on sampled cohorts`() throws {
    _ = try conforms(Self.plan(.svm, FedProx(mu: 0.1), cohort: .sample(fraction: 0.6), loss: .squaredHinge))
  }

  @Test func `same bytes: server momentum from the participants' own initial models, only sums leave`() throws
  {
    _ = try conforms(
      Self.plan(.mlp(hidden: [5], activation: .relu), FedAvgM(), initial: .participants, perSite: false))
  }

  @Test func `same bytes: stragglers and lost answers under a quorum`() throws {
    let network = UnevenNetwork(fastest: .seconds(1), slowest: .seconds(30), loss: 0.1)
    _ = try conforms(
      Self.plan(.logistic, FedYogi(), completion: Completion(quorum: 0.4, deadline: .seconds(25))),
      network: network)
  }

  @Test func `same bytes: buffered asynchronous training`() throws {
    let completion = Completion(quorum: 0.4, deadline: .seconds(600), buffer: .init(size: 2, maxStaleness: 3))
    let plan = Self.plan(.logistic, FedAvg(), rounds: 6, completion: completion)
    let network = UnevenNetwork(fastest: .seconds(1), slowest: .seconds(30))
    let model = try conforms(plan, network: network)
    #expect(model.evaluation?.sites.count == 5, "those who still train are judged too")

    let store = MemoryRunStore()
    let options = Simulation.Options(seed: 11, network: network)
    let first = try run(plan, store: store, options: options)
    let contributors = store.records().map(\.contributors)
    #expect(contributors.enumerated().contains { number, all in all.contains { $0.exchange < number } })
    let again = try run(plan, options: Simulation.Options(seed: 11, contributors: contributors))
    #expect(again.parameters == first.parameters)
  }

  @Test func `evaluation by sums alone gives the figures of single answers`() throws {
    func evaluation(perSite: Bool) throws -> FederatedEvaluation? {
      try run(Self.plan(.logistic, FedAvg(), perSite: perSite)).evaluation
    }
    let single = try #require(try evaluation(perSite: true))
    let sums = try #require(try evaluation(perSite: false))
    #expect(single.pooled == sums.pooled)
    #expect(single.sites.count == 5)
    #expect(sums.sites.isEmpty)
  }

  @Test func `FedAvg with one full-batch step is a step on the pooled rows`() throws {
    var plan = Self.plan(.logistic, FedAvg(), rounds: 3)
    plan.training.batchSize = .full
    plan.training.amount = .steps(1)
    let federated = try run(plan).parameters
    let pooled = try LocalData.joining(Self.small.participants.map { try Self.small.data(of: $0) })
    let central = try run(plan, on: MemoryPopulation(["all": pooled])).parameters
    #expect(federated.values != [Float](repeating: 0, count: 7))
    for (one, other) in zip(federated.values, central.values) { #expect(abs(one - other) < 1e-6) }
  }

  @Test func `training ends early when nothing improves, and the best model is kept`() throws {
    var plan = Self.plan(.logistic, FedAvg(), rounds: 40)
    plan.training.learningRate = 2  // jumps about
    plan.evaluation.every = 1
    plan.evaluation.stopping = .init(metric: .loss, patience: 3)
    plan.evaluation.keep = .best
    let model = try run(plan)
    #expect(model.rounds < 40)
    #expect(model.round == model.rounds - 3)
  }

  @Test func `training that diverges ends the run and says so`() throws {
    var plan = Self.plan(.linear, FedAvg(), loss: .squaredError)
    plan.training.learningRate = 1e20
    let rows = Dataset(inputShape: [1], features: [1, 2], targets: .values([1, 2]))
    let population = MemoryPopulation(["only": LocalData(.examples(training: rows, heldOut: rows))])
    plan.evaluation.metrics = [.loss]
    #expect {
      try Simulation(
        of: population, workers: .training, store: MemoryRunStore(), header: ContentHash(of: [UInt8]()),
        options: .init(seed: 1)
      ).run(try Training(plan, from: Preparation(inputShape: [1], classes: nil)))
    } throws: { error in
      (error as? RunFailure)?.code == .diverged && (error as? RunFailure)?.participant == "only"
    }
  }

  @Test func `a participant without rows takes part with weight 0`() throws {
    let full = try Self.small.data(of: "site-0")
    guard case .examples(let training, let heldOut) = full.contents else { return }
    let empty = LocalData(.examples(training: training.examples(at: []), heldOut: heldOut))
    let alone = try run(Self.plan(.logistic, FedAvg()), on: MemoryPopulation(["site-0": full]))
    let both = try run(
      Self.plan(.logistic, FedAvg()), on: MemoryPopulation(["site-0": full, "empty": empty]))
    #expect(alone.parameters == both.parameters)
  }

  @Test func `a round tells who trained of how many asked, whoever evaluated it`() throws {
    let store = MemoryRunStore()
    _ = try run(Self.plan(.logistic, FedAvg(), cohort: .count(3)), store: store)
    let rounds = store.records().compactMap(\.round)
    #expect(rounds.map(\.round) == [1, 2, 3, 4])
    #expect(rounds.allSatisfy { $0.participants == 3 && $0.cohort == 3 })
    #expect(rounds.map { $0.evaluation?.sites.count } == [nil, 5, nil, 5])
  }

  @Test func `a run with the recorded contributors repeats the run`() throws {
    let plan = Self.plan(.logistic, FedAvg(), rounds: 6, cohort: .sample(fraction: 0.4))
    let store = MemoryRunStore()
    let first = try run(plan, store: store)
    var options = Simulation.Options(seed: 99)
    options.contributors = store.records().map(\.contributors)
    let again = try run(plan, options: options)
    // Another seed draws other cohorts and shuffles; the record decides the former, not the latter.
    #expect(again.parameters != first.parameters)
    options.seed = 11
    #expect(try run(plan, options: options).parameters == first.parameters)
  }

  private func run<S: Strategy>(
    _ plan: TrainingPlan<S>, on population: MemoryPopulation = small,
    store: MemoryRunStore = MemoryRunStore(),
    options: Simulation.Options = .init(seed: 11)
  ) throws -> LearnedModel {
    try Simulation(
      of: population, workers: .training, store: store, header: ContentHash(of: [UInt8]()), options: options
    ).run(try Training(plan, from: Self.smallShape))
  }
}
