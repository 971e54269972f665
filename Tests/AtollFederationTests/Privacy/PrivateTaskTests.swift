import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollStore
import AtollTraining
import Testing

@testable import AtollFederation

/// The section `privacy` of a task, and what it asks of the others.
@Suite struct `Tasks with privacy` {
  private static func yaml(_ privacy: String, _ more: String = "") -> String {
    """
    task: classification
    data: {participants: [a.csv, b.csv], label: y}
    model: logistic
    \(more)
    privacy: {\(privacy)}
    """
  }

  private static let all = "exact: [evaluation, preprocessing]"

  private func task(_ privacy: String, _ more: String = "") throws -> FederatedTask {
    try FederatedTask(yaml: Self.yaml("\(privacy), \(Self.all)", more))
  }

  @Test func `noise follows from ε, rounds and sampling, and is written out`() throws {
    let task = try task("unit: participant, epsilon: 4", "protection: {clip: 1.0}\nfederation: {rounds: 30}")
    let plan = try #require(task.privacy)
    #expect(plan.unit == .participant && plan.delta == 1e-5 && plan.samplingRate == 1 && plan.sums == 1)
    let guarantee = try #require(try task.guarantee)
    #expect(guarantee.epsilon <= 4 && guarantee.epsilon > 3.99)
    #expect(guarantee.relation == .zeroOut && guarantee.unit == .participant)
    #expect(task.yaml.contains("noise-multiplier: \(plan.noiseMultiplier)"))
    let read = try FederatedTask(yaml: task.yaml)
    #expect(read == task)
    #expect(read.contentHash == task.contentHash)
    // More rounds with the same noise: the run stops before ε is exceeded.
    let longer = try task.setting(["federation.rounds=60"])
    #expect(longer.privacy == plan)
    #expect(longer.summary().text().contains("round 31 would exceed ε 4: the run stops before it"))
  }

  @Test func `sampling by secret coins amplifies, sampling by public ones does not`() throws {
    let clip = "protection: {clip: 1.0}\n"
    let all = try task("epsilon: 2", clip)
    let poisson = try task("epsilon: 2", clip + "federation: {cohort: {poisson: 0.1}}")
    let publicly = try task("epsilon: 2", clip + "federation: {cohort: 0.1}")
    #expect(poisson.privacy?.samplingRate == 0.1 && publicly.privacy?.samplingRate == 1)
    #expect(try #require(poisson.privacy).noiseMultiplier < #require(all.privacy).noiseMultiplier / 3)
    #expect(publicly.privacy?.noiseMultiplier == all.privacy?.noiseMultiplier)
    #expect(poisson.weighting == .equal && all.weighting == .equal)
  }

  @Test func `records are protected in training`() throws {
    let task = try task(
      "unit: record, epsilon: 2, sampling-rate: 0.1, clip: 0.5", "training: {local-epochs: 2}")
    let plan = try #require(task.privacy)
    let privacy = try #require(task.training.privacy)
    #expect(privacy.steps == 20 && privacy.samplingRate == 0.1 && privacy.clippingNorm == 0.5)
    #expect(privacy.noiseMultiplier == plan.noiseMultiplier)
    #expect(plan.sums == 20)
    #expect(try FederatedTask(yaml: task.yaml) == task)
    #expect(task.weighting == .rows)
    let text = task.summary().text(width: 400)
    #expect(text.contains("for each row of a participant, after 20 rounds"))
    #expect(text.contains("against everyone, the server and the other participants included"))
    // The parts of a task make the same task; what training says by itself must be the same.
    let made = try FederatedTask(
      kind: task.kind, name: task.name, data: task.data, model: task.model, training: task.training,
      federation: task.federation, protection: task.protection, privacy: task.privacy,
      evaluation: task.evaluation)
    #expect(made == task)
    #expect(throws: InvalidTask.self) {
      try FederatedTask(
        kind: task.kind, name: task.name, data: task.data, model: task.model, training: task.training,
        federation: task.federation, protection: task.protection, evaluation: task.evaluation)
    }
  }

  @Test func `the norm may follow the norms of updates`() throws {
    let task = try task(
      "noise-multiplier: 1", "protection: {clip: {kind: adaptive, initial: 0.3, quantile: 0.6}}")
    #expect(task.protection.clip == .adaptive(AdaptiveClipping(initial: 0.3, quantile: 0.6, rate: 0.2)))
    #expect(try FederatedTask(yaml: task.yaml) == task)
    let round = try task.protection.round(task.privacy, norm: 0.7)
    #expect(round.isCounting && round.pipeline.clip == 0.7 && round.format.weightCap == 1)
  }

  @Test(arguments: [
    ("epsilon: 1", "protection: {clip: 1}", "columns are looked at without noise, before the first round"),
    (
      "epsilon: 1, exact: [preprocessing]", "protection: {clip: 1}",
      "models are judged on held-out rows without noise"
    ),
    ("epsilon: 1, \(all)", "", "“clip” is missing under protection: without it nothing bounds"),
    ("\(all)", "protection: {clip: 1}", "“epsilon” is missing under privacy: nothing says how much noise"),
    ("epsilon: 1, clip: 1, \(all)", "protection: {clip: 1}", "privacy.clip is about single rows"),
    (
      "epsilon: 1, sampling-rate: 0.1, \(all)", "protection: {clip: 1}",
      "privacy.sampling-rate is about single rows"
    ),
    (
      "epsilon: 1, \(all)", "protection: {clip: 1}\nfederation: {strategy: scaffold}",
      "scaffold may send sums that have no noise"
    ),
    (
      "epsilon: 1, \(all)", "protection: {clip: 1}\nfederation: {strategy: {kind: fedavg, weights: rows}}",
      "with privacy for participants every update counts the same"
    ),
    (
      "epsilon: 1, \(all)", "protection: {clip: 1}\nfederation: {mode: {kind: buffered, size: 2}}",
      "privacy is not accounted for in the buffered mode"
    ),
    (
      "unit: record, epsilon: 1, \(all)", "federation: {strategy: fedsgd}",
      "fedsgd may send what was computed from rows"
    ),
    (
      "unit: record, epsilon: 1, \(all)", "training: {batch-size: 8}",
      "rows are drawn by privacy.sampling-rate"
    ),
    (
      "unit: record, epsilon: 1, \(all)", "federation: {cohort: {poisson: 0.5}}",
      "a secret cohort protects participants"
    ),
    (
      "unit: record, epsilon: 1, \(all)", "protection: {clip: {kind: adaptive}}",
      "clip follows the norms of participants, and the unit is record"
    ),
  ])
  func `what would tell more than is promised is refused`(
    _ privacy: String, _ more: String, _ message: String
  ) throws {
    let error = try #require(throws: InvalidTask.self) { try FederatedTask(yaml: Self.yaml(privacy, more)) }
    #expect(error.description.contains(message), "\(error)")
  }

  @Test func `secret coins and norms that follow need a promise`() throws {
    func error(_ more: String) throws -> String {
      try #require(throws: InvalidTask.self) {
        try FederatedTask(
          yaml: "task: classification\ndata: {participants: [a.csv, b.csv], label: y}\nmodel: logistic\n"
            + more)
      }.description
    }
    #expect(
      try error("federation: {cohort: {poisson: 0.5}}").contains(
        "who is asked is kept secret for the sake of privacy alone"))
    #expect(
      try error("protection: {clip: {kind: adaptive}}").contains("clip follows the norms by a sum with noise")
    )
  }

  @Test func `a server that promises less noise than the task is refused`() throws {
    let task = try task("noise-multiplier: 1", "protection: {clip: 1}")
    let lawful = try task.protection.round(task.privacy).pipeline
    let weaker = try UpdateProtection(clip: 1, of: [.update], noise: CentralNoise(multiplier: 0.25))
    let none = try UpdateProtection(clip: 1, of: [.update])
    let first = try firstTraining(of: task)
    let query = try #require(first)
    func refusal(_ protection: UpdateProtection) -> String? {
      Instruction(exchange: 0, query: query, protection: protection, required: 1).departure(from: task)
    }
    #expect(refusal(lawful) == nil)
    for protection in [weaker, none, .none] {
      #expect(refusal(protection) == "the answer is to be protected otherwise")
    }
  }

  /// The first question of training, for columns that are named as they are.
  private func firstTraining(of task: FederatedTask) throws -> (any Query)? {
    let plan = FeaturePlan(
      label: LabelPlan("y", task: .classification), features: ["x"],
      declarations: [ColumnDeclaration("x", kind: .number)])
    let table = try Table(csv: MemorySource("y,x\n0,1\n1,2\n1,3\n", name: "rows"))
    let fitted = try FittedPreprocessing(fitting: table, features: plan, plan: task.data.preprocess)
    let training = try task.program(preparation: Preparation(fitted))
    guard case .exchange(let exchange) = try training.next() else { return nil }
    return exchange.query
  }
}
