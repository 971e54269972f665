import AtollLearning
import AtollNumerics
import AtollScenarios
import AtollSimulation
import AtollStore
import AtollTraining
import Synchronization
import Testing

@testable import AtollFederation

/// Every instruction of real runs, held against policies before data are read.
@Suite struct InstructionPolicyTests {
  static let everything = Consent(Policy.open)
  /// Which hospitals' rows were asked for.
  final class Watched: Population {
    let inner: MemoryPopulation
    let reads = Mutex(0)
    init(_ data: [ParticipantID: LocalData]) { inner = MemoryPopulation(data) }
    var participants: [ParticipantID] { inner.participants }
    func data(of participant: ParticipantID) throws -> LocalData {
      reads.withLock { $0 += 1 }
      return try inner.data(of: participant)
    }
  }

  /// Runs the task at four hospitals that have all given this consent.
  @discardableResult
  static func run(
    _ task: FederatedTask, _ consent: Consent, threads: Int = 2
  ) throws -> (model: LearnedModel, consents: Consents, reads: Int) {
    let population = Watched(
      try TaskData(task, participants: Scenario.breastTumours.participants).participants)
    let consents = try Consents(consent, to: task)
    var options = Simulation.Options(seed: task.federation.seed, threads: threads)
    options.consents = consents
    func outcome<P: FederatedProgram<LearnedModel>>(_ program: P) throws -> LearnedModel {
      do {
        return try Simulation(of: population, workers: .training, options: options).run(program)
      } catch let refusal as Refusal {
        throw Refused(refusal: refusal, reads: population.reads.withLock { $0 })
      }
    }
    return (try outcome(try task.program()), consents, population.reads.withLock { $0 })
  }

  struct Refused: Error {
    let refusal: Refusal
    let reads: Int
  }

  static func refusal(_ task: FederatedTask, _ consent: Consent) -> Refused? {
    do {
      try run(task, consent, threads: 1)
      return nil
    } catch { return error as? Refused }
  }

  @Test(arguments: [
    "scaffold", "fedavg", "fedsgd", "{kind: fedprox, mu: 0.1}", "{kind: fedadam, learning-rate: 0.1}",
  ])
  func `a run asks nothing but what its task says`(_ strategy: String) throws {
    for extra in [
      [], ["federation.initial=participants", "data.preprocess={missing: median, scale: robust}"],
    ] {
      let task = try FederatedTask(
        yaml: PolicyTests.yaml, overrides: ["federation.strategy=\(strategy)"] + extra)
      let approved = Consent(Consent.Approval(task))
      try Self.run(task, approved)
      try Self.run(task, Consent(.open, and: Consent.Approval(task)))
    }
  }

  @Test func `a fitting policy lets the whole run pass, and counts it`() throws {
    let task = try PolicyTests.task()
    let ended = try Self.run(task, Consent(PolicyTests.policy()))
    #expect(ended.reads > 0)
    let spent = ended.consents.spending(of: ParticipantID(stringLiteral: "ashford")).all
    #expect(spent.rounds == 3)
    #expect(spent.exchanges > 6)
    // Three rounds of two sums of three numbers, and weights; figures and columns come on top.
    #expect(spent.bytes > 3 * (8 + 2 * 24))
  }

  @Test func `consent changes no byte`() throws {
    let task = try PolicyTests.task()
    let free = try Self.run(task, Self.everything).model.parameters
    #expect(try Self.run(task, Consent(PolicyTests.policy()), threads: 1).model.parameters == free)
  }

  @Test(arguments: [
    ("models.most-parameters", "most-parameters: 3", "most-parameters: 2"),
    ("limits.exchanges", "exchanges: 30", "exchanges: 7"),
    ("limits.exchanges-in-all", "exchanges-in-all: 50", "exchanges-in-all: 7"),
    ("limits.rounds-in-all", "rounds-in-all: 5", "rounds-in-all: 2"),
    ("limits.bytes", "bytes: 100 kB", "bytes: 2 kB"),
    ("limits.bytes-in-all", "bytes-in-all: 1 MB", "bytes-in-all: 2 kB"),
  ])
  func `what only instructions show is refused when it comes`(
    _ rule: String, _ written: String, _ changed: String
  ) throws {
    let policy = try Policy(yaml: PolicyTests.text.replacing(written, with: changed))
    let refused = try #require(Self.refusal(PolicyTests.task(), Consent(policy)))
    #expect(refused.refusal.rule == rule)
  }

  @Test func `a refused instruction reads no data`() throws {
    let policy = try PolicyTests.policy { $0.leastParticipants = 5 }
    // The task does not say how many take part; the first sum does.
    let refused = try #require(Self.refusal(PolicyTests.task(), Consent(policy)))
    #expect(refused.refusal.rule == "least-participants")
    #expect(refused.reads == 4, "the list of columns is no sum, and was answered by all four")
  }

  // MARK: A server that asks for other things than the task says

  static func instruction(
    _ query: any Query, protection: UpdateProtection = .none
  ) -> Instruction {
    Instruction(exchange: 3, query: query, protection: protection, required: 4)
  }

  static func train(
    round: Int = 0, learningRate: Double = 0.05, training: LocalTraining? = nil, model: ModelKind = .logistic,
    features: [String] = ["mean_radius", "mean_texture"]
  ) throws -> TrainQuery<PlainTraining> {
    let task = try PolicyTests.task("federation.strategy=fedavg")
    let plan = FeaturePlan(
      label: LabelPlan("malignant", task: .classification), features: features,
      declarations: features.map { ColumnDeclaration($0, kind: .number) })
    let table = try Table(
      csv: MemorySource(
        (["malignant"] + features).joined(separator: ",") + "\n0,1,2\n1,2,1\n1,3,1\n", name: "rows"))
    let fitted = try FittedPreprocessing(fitting: table, features: plan, plan: task.data.preprocess)
    let preparation = try Preparation(fitted)
    let architecture = try ModelArchitecture(kind: model, inputShape: preparation.inputShape, classes: 2)
    return TrainQuery(
      round: round, architecture: architecture, model: ParameterSet(zeros: architecture.model.layout),
      preparation: preparation, training: training ?? task.training, learningRate: learningRate,
      rule: PlainTraining(), weighting: .rows, format: try task.updateFormat)
  }

  @Test func `an instruction that departs from the task is refused, whatever a policy allows`() throws {
    let task = try PolicyTests.task("federation.strategy=fedavg")
    let consent = Consent(.open, and: Consent.Approval(task))
    func departure(_ instruction: Instruction) -> String? {
      consent.refusal(of: instruction, under: task, run: "a").map {
        $0.message.replacing("the instruction is not what the task says: ", with: "")
      }
    }
    #expect(departure(Self.instruction(try Self.train())) == nil)
    #expect(departure(Self.instruction(try Self.train(round: 3))) == "it is round 4 of 3")
    #expect(
      departure(Self.instruction(try Self.train(learningRate: 5))) == "its learning rate is 5.0, not 0.05")
    #expect(
      departure(Self.instruction(try Self.train(model: .softmax))) == "it trains another model, softmax")
    #expect(
      departure(Self.instruction(try Self.train(features: ["mean_radius", "mean_area"])))
        == "it learns from “mean_area”")
    var longer = task.training
    longer.amount = .epochs(50)
    #expect(departure(Self.instruction(try Self.train(training: longer))) == "it trains in another way")
    let clipped = try UpdateProtection(clip: 1, of: [.update])
    #expect(
      departure(Self.instruction(try Self.train(), protection: clipped))
        == "the answer is to be protected otherwise")
    #expect(
      departure(Self.instruction(CountRowsQuery())) == "a task asks no question of kind “count-rows”")
    let scaffold = try PolicyTests.task()
    #expect(
      consent.refusal(of: Self.instruction(try Self.train()), under: scaffold, run: "a")?.message.contains(
        "it counts participants in another way") == true)
    var spending = Spending()
    spending.add(Spending.Amount(rounds: 3), to: "a")
    #expect(
      consent.refusal(of: Self.instruction(try Self.train()), under: task, run: "a", after: spending)?.message
        .hasSuffix("all 3 rounds are trained") == true)
    #expect(
      consent.refusal(of: Self.instruction(try Self.train()), under: task, run: "b", after: spending) == nil)
  }

  @Test func `questions of other kinds need their own names`() throws {
    let policy = try PolicyTests.policy()
    let instruction = Self.instruction(CountRowsQuery())
    #expect(policy.refusal(of: instruction, run: "a")?.rule == "questions")
    let named = try PolicyTests.policy { $0.questions = .only(["count-rows"]) }
    #expect(named.refusal(of: instruction, run: "a") == nil)
    let alone = try PolicyTests.policy { $0.questions = .only(["tell-rows"]) }
    #expect(alone.refusal(of: Self.instruction(TellRowsQuery()), run: "a")?.rule == "per-site.replies")
  }
}

private struct CountRowsQuery: Query {
  static let kind = "count-rows"
  var reply: ReplyShape {
    guard let format = try? FixedPoint(fractionBits: 0, bound: 1e6) else { return .individual(limit: 0) }
    return .sums([SumSpec(.init(rawValue: "rows"), count: 1, format: format)])
  }
}

private struct TellRowsQuery: Query {
  static let kind = "tell-rows"
  var reply: ReplyShape { .individual(limit: 8) }
}
