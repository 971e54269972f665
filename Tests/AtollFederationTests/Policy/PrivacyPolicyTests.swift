import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollSimulation
import AtollTraining
import Testing

@testable import AtollFederation

/// What a participant demands of privacy, held against tasks, and against servers that depart from them.
@Suite struct `A policy's demands of privacy` {
  private static let exact = "exact: [evaluation, preprocessing]"
  private static let byRecord = [
    "privacy={unit: record, noise-multiplier: 1.1, sampling-rate: 0.1, \(exact)}",
    "federation.strategy=fedavg",
    "training.local-steps=5",
  ]
  private static let byParticipant = [
    "privacy={unit: participant, noise-multiplier: 2, \(exact)}", "protection.clip=1.0",
    "federation.strategy=fedavg",
  ]

  /// A policy that allows what the task asks for, and demands this of privacy.
  private static func policy(_ privacy: String) throws -> Policy {
    try Policy(yaml: PolicyTests.text + "\nprivacy: {\(privacy)}", file: "our.yaml")
  }

  private static func task(_ overrides: [String]) throws -> FederatedTask {
    try FederatedTask(yaml: PolicyTests.yaml, overrides: overrides)
  }

  private static let wide =
    "units: any, most-epsilon: any, most-epsilon-in-all: any, exact: any"

  @Test(arguments: [byRecord, byParticipant])
  func `are met by a task that promises enough, each named by its rule`(_ overrides: [String]) throws {
    let task = try Self.task(overrides)
    let findings = try Self.policy(Self.wide).findings(on: task)
    #expect(findings.allSatisfy { $0.holds })
    #expect(
      findings.map(\.rule).filter { $0.hasPrefix("privacy") } == [
        "privacy.units", "privacy.least-noise", "privacy.exact", "privacy.most-epsilon",
        "privacy.most-epsilon-in-all",
      ])
  }

  @Test(arguments: [
    (
      "units: [participant], most-epsilon: any, most-epsilon-in-all: any, exact: any", "privacy.units",
      "asked for: a promise per record; privacy.units allows participant"
    ),
    (
      "units: [record], most-epsilon: any, most-epsilon-in-all: any, exact: any, least-noise: 1.2",
      "privacy.least-noise", "asked for: noise multiplier 1.1; privacy.least-noise allows no less than 1.2"
    ),
    (
      "units: [record], most-epsilon: any, most-epsilon-in-all: any, exact: [evaluation]", "privacy.exact",
      "asked for: evaluation and preprocessing without noise; privacy.exact allows evaluation"
    ),
    ("units: any, most-epsilon-in-all: any, exact: any", "privacy.most-epsilon", "allows none"),
    ("units: any, most-epsilon: any, exact: any", "privacy.most-epsilon-in-all", "allows none"),
    ("most-epsilon: any, most-epsilon-in-all: any, exact: any", "privacy.units", "allows none"),
  ])
  func `refuse a task that promises less, and what they do not name`(
    _ privacy: String, _ rule: String, _ words: String
  ) throws {
    let refusal = try #require(try Self.policy(privacy).refusal(of: Self.task(Self.byRecord)))
    #expect(refusal.rule == rule)
    #expect(refusal.message.hasSuffix(words), "\(refusal.message)")
    #expect(refusal.description.hasPrefix("our.yaml:11:"))
  }

  @Test func `hold a run's ε against theirs at their own δ, after all rounds that will happen`() throws {
    let task = try Self.task(Self.byRecord)
    let plan = try #require(task.privacy)
    let own = try plan.guarantee(rounds: 3).epsilon
    let strict = try plan.guarantee(rounds: 3, delta: 1e-7).epsilon
    #expect(strict > own)
    func refusal(_ most: Double, delta: Double, of task: FederatedTask) throws -> String? {
      try Self.policy(
        "units: any, exact: any, most-epsilon: \(most), most-epsilon-in-all: any, delta: \(delta)"
      ).refusal(of: task)?.rule
    }
    #expect(try refusal(own * 1.0001, delta: 1e-5, of: task) == nil)
    #expect(try refusal(own * 0.9999, delta: 1e-5, of: task) == "privacy.most-epsilon")
    #expect(try refusal(own * 1.0001, delta: 1e-7, of: task) == "privacy.most-epsilon")
    #expect(try refusal(strict * 1.0001, delta: 1e-7, of: task) == nil)
    // A task that stops before its last round gives away no more than what comes until then.
    let one = try plan.guarantee(rounds: 1).epsilon
    let stopping = try Self.task(Self.byRecord + ["privacy.epsilon=\(one * 1.0001)"])
    #expect(stopping.roundsWithinBudget == 1)
    #expect(try refusal(one * 1.001, delta: 1e-5, of: stopping) == nil)
  }

  @Test func `refuse a task without a promise, unless they allow it`() throws {
    let task = try PolicyTests.task()
    let refusal = try #require(try Self.policy(Self.wide).refusal(of: task))
    #expect(refusal.message == "asked for: no promise of privacy; privacy.without allows none of it")
    #expect(try Self.policy(Self.wide + ", without: true").refusal(of: task) == nil)
    #expect(try Self.policy("without: true").refusal(of: Self.task(Self.byRecord))?.rule == "privacy.units")
    // Nothing is demanded where nothing is said.
    #expect(try PolicyTests.policy().findings(on: task).allSatisfy { !$0.rule.hasPrefix("privacy") })
  }

  // MARK: A server that departs from the task

  private static func question(
    _ task: FederatedTask, round: Int = 0, _ change: (inout LocalTraining) throws -> Void = { _ in }
  ) throws -> TrainQuery<PlainTraining> {
    var training = task.training
    try change(&training)
    let lawful = try InstructionPolicyTests.train()
    var query = TrainQuery(
      round: round, architecture: lawful.architecture, model: lawful.model, preparation: lawful.preparation,
      training: training, learningRate: lawful.learningRate, rule: PlainTraining(), weighting: task.weighting,
      format: try task.protection.round(task.privacy).format)
    query.isCountingClips = try task.protection.round(task.privacy).isCounting
    return query
  }

  private static func message(
    _ query: any Query, _ protection: UpdateProtection, under task: FederatedTask,
    after spending: Spending = Spending()
  ) -> String? {
    Consent(.open, and: Consent.Approval(task)).refusal(
      of: InstructionPolicyTests.instruction(query, protection: protection), under: task, run: "a",
      after: spending)?.message.replacing("the instruction is not what the task says: ", with: "")
  }

  @Test func `refuse other noise, other clips and other sampling of records, before data are read`() throws {
    let task = try Self.task(Self.byRecord)
    let lawful = try #require(task.training.privacy)
    func asked(
      clip: Double? = nil, noise: Double? = nil, rate: Double? = nil, steps: Int? = nil
    ) throws -> String? {
      let query = try Self.question(task) { training in
        training.privacy = try RecordPrivacy(
          clippingNorm: clip ?? lawful.clippingNorm, noiseMultiplier: noise ?? lawful.noiseMultiplier,
          samplingRate: rate ?? lawful.samplingRate, steps: steps ?? lawful.steps)
      }
      return Self.message(query, .none, under: task)
    }
    #expect(try asked() == nil)
    #expect(try asked(noise: 1.0) == "it trains in another way")
    #expect(try asked(clip: 2) == "it trains in another way")
    #expect(try asked(rate: 0.5) == "it trains in another way")
    #expect(try asked(steps: 50) == "it trains in another way")
    let bare = try Self.question(task) { $0.privacy = nil }
    #expect(Self.message(bare, .none, under: task) == "it trains in another way")
    let clipped = try UpdateProtection(clip: 1, of: [.update])
    #expect(
      Self.message(try Self.question(task), clipped, under: task)
        == "the answer is to be protected otherwise")
  }

  @Test func `refuse other noise and other clips for participants, also where the norm follows`() throws {
    let task = try Self.task(Self.byParticipant)
    let round = try task.protection.round(task.privacy)
    let query = try Self.question(task)
    #expect(Self.message(query, round.pipeline, under: task) == nil)
    let changes = [
      try UpdateProtection(clip: 1, of: [.update], noise: CentralNoise(multiplier: 1)),
      try UpdateProtection(clip: 100, of: [.update], noise: CentralNoise(multiplier: 2)),
      try UpdateProtection(clip: 1, of: [], noise: CentralNoise(multiplier: 2)),
      try UpdateProtection(clip: 1, of: [.update]), .none,
    ]
    for change in changes {
      #expect(Self.message(query, change, under: task) == "the answer is to be protected otherwise")
    }
    let adaptive = try Self.task(Self.byParticipant + ["protection.clip={kind: adaptive, initial: 0.5}"])
    let following = try adaptive.protection.round(adaptive.privacy, norm: 0.7)
    var asked = try Self.question(adaptive)
    asked = TrainQuery(
      round: 0, architecture: asked.architecture, model: asked.model, preparation: asked.preparation,
      training: asked.training, learningRate: asked.learningRate, rule: asked.rule,
      weighting: asked.weighting, format: following.format)
    asked.isCountingClips = true
    #expect(Self.message(asked, following.pipeline, under: adaptive) == nil)
    let weaker = try UpdateProtection(
      clip: 0.7, of: [.update],
      noise: CentralNoise(multiplier: #require(following.pipeline.noise).multiplier, countDeviation: 0.1))
    #expect(Self.message(asked, weaker, under: adaptive) == "the answer is to be protected otherwise")
  }

  @Test func `refuse rounds beyond the ε that the task promises, and the same round again and again`() throws
  {
    let all = try Self.task(Self.byRecord)
    let two = try #require(all.privacy).guarantee(rounds: 2).epsilon
    let task = try Self.task(Self.byRecord + ["privacy.epsilon=\(two * 1.0001)"])
    #expect(task.roundsWithinBudget == 2 && task.federation.rounds == 3)
    #expect(Self.message(try Self.question(task, round: 1), .none, under: task) == nil)
    #expect(
      Self.message(try Self.question(task, round: 2), .none, under: task)
        == "its ε is spent after 2 rounds, and this is round 3")
    var spending = Spending()
    spending.add(Spending.Amount(rounds: 2), to: "a")
    #expect(
      Self.message(try Self.question(task, round: 0), .none, under: task, after: spending)
        == "all 2 rounds are trained")
  }

  @Test func `are judged on each instruction too, whatever was agreed to`() throws {
    let policy = try Self.policy(Self.wide + ", least-noise: 1.05")
    func rule(_ query: any Query, _ protection: UpdateProtection) -> String? {
      policy.refusal(of: InstructionPolicyTests.instruction(query, protection: protection), run: "a")?.rule
    }
    let task = try Self.task(Self.byRecord)
    #expect(rule(try Self.question(task), .none) == nil)
    let weak = try Self.question(task) { training in
      training.privacy = try RecordPrivacy(
        clippingNorm: 1, noiseMultiplier: 1, samplingRate: 0.1, steps: 5)
    }
    #expect(rule(weak, .none) == "privacy.least-noise")
    #expect(rule(try Self.question(task) { $0.privacy = nil }, .none) == "privacy.without")
    let adaptive = try Self.task(
      Self.byParticipant + ["protection.clip={kind: adaptive}", "privacy.noise-multiplier=1.05"])
    let round = try adaptive.protection.round(adaptive.privacy)
    #expect(rule(try Self.question(adaptive), round.pipeline) == nil)
  }
}
