import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollTraining
import Testing

@testable import AtollFederation

/// The key `privacy.mechanism` of a task: DP-FTRL, what it is calibrated to, and what it refuses.
@Suite struct `Tasks with correlated noise` {
  private static let all = "exact: [evaluation, preprocessing]"

  /// Forty participants: of a tenth in each round, the turns of one are ten rounds apart.
  private static func yaml(
    _ privacy: String, cohort: String = "0.1", rounds: Int = 30, federation: String = "",
    clip: String = "1.0", data: String? = nil
  ) -> String {
    let names = (0..<40).map { "p\($0).csv" }.joined(separator: ", ")
    return """
      task: classification
      data: {participants: \(data ?? "[\(names)]"), label: y}
      model: logistic
      federation: {rounds: \(rounds), cohort: \(cohort)\(federation)}
      protection: {clip: \(clip)}
      privacy: {\(privacy), \(all)}
      """
  }

  private static let tree = "epsilon: 4, mechanism: tree"
  private static let banded = "epsilon: 4, mechanism: {kind: banded, bands: 8}"

  @Test func `noise follows from ε over all rounds by the mechanism's event, and is written out`() throws {
    for privacy in [Self.tree, Self.banded] {
      let task = try FederatedTask(yaml: Self.yaml(privacy))
      let plan = try #require(task.privacy)
      let correlation = try #require(plan.correlation)
      #expect(correlation.rounds == 30 && correlation.separation == 10 && correlation.turns == 3)
      let noise = plan.noiseMultiplier
      let expected =
        if privacy == Self.tree {
          try PrivacyEvent(
            .repeated(PrivacyEvent(.treeAggregation(noiseMultiplier: noise, steps: [10])), times: 3))
        } else {
          try BandedMatrix(rounds: 30, bands: 8, separation: 10, participations: 3)
            .event(noiseMultiplier: noise)
        }
      #expect(try plan.event(rounds: 30) == expected)
      // Also after one round: a mechanism is accounted for as a whole.
      #expect(try plan.event(rounds: 1) == expected)
      let guarantee = try #require(try task.guarantee)
      #expect(guarantee.epsilon <= 4 && guarantee.epsilon > 3.99)
      #expect(guarantee.relation == .zeroOut && guarantee.unit == .participant)
      for line in ["noise-multiplier: \(noise)", "mechanism:", "separation: 10"] {
        #expect(task.yaml.contains(line), "\(task.yaml)")
      }
      let read = try FederatedTask(yaml: task.yaml)
      #expect(read == task && read.contentHash == task.contentHash)
      // Its parts make the same task; a mechanism for other rounds is not left out in silence.
      func made(_ privacy: PrivacyPlan) throws -> FederatedTask {
        try FederatedTask(
          kind: task.kind, name: task.name, data: task.data, model: task.model, training: task.training,
          federation: task.federation, protection: task.protection, privacy: privacy,
          evaluation: task.evaluation)
      }
      #expect(try made(plan) == task)
      let other = try PrivacyPlan(
        unit: .participant, epsilon: 4, noiseMultiplier: noise, exact: plan.exact,
        correlation: NoiseCorrelation(correlation.mechanism, rounds: 29, separation: 10))
      #expect(throws: InvalidTask.self) { try made(other) }
    }
    // Tasks without a mechanism keep their text, and so their hash.
    let plain = try FederatedTask(yaml: Self.yaml("epsilon: 4"))
    #expect(!plain.yaml.contains("mechanism") && !plain.yaml.contains("separation"))
  }

  @Test func `a person is told who may take part when, that the run is charged as a whole, and by what`()
    throws
  {
    let text = try FederatedTask(yaml: Self.yaml(Self.banded)).summary().text(width: 2000)
    for part in [
      "at most ε 4 at δ 1e-05 for each participant with all that it has, after 30 rounds",
      "DP-FTRL: noise correlated over 8 rounds, of multiplier",
      "the run is charged as a whole before its first round: one that ends early gives nothing back",
      "a participant takes part at most 3 times, in rounds at least 10 apart",
    ] { #expect(text.contains(part), "“\(part)” is missing in \(text)") }
    let tree = try FederatedTask(yaml: Self.yaml(Self.tree)).summary().text(width: 2000)
    #expect(tree.contains("DP-FTRL: noise in a binary tree for each 10 rounds"), "\(tree)")
  }

  @Test func `how far apart turns are follows from the cohort, or is written`() throws {
    func separation(_ cohort: String, _ more: String = "", data: String? = nil) throws -> Int? {
      try FederatedTask(yaml: Self.yaml(Self.tree + more, cohort: cohort, data: data)).privacy?.correlation?
        .separation
    }
    #expect(try separation("0.5") == 2)
    #expect(try separation("4") == 10)
    // 0.3 of forty are twelve: three rounds, and four participants are left for the next.
    #expect(try separation("0.3") == 3)
    // Of 0.26 of forty, ten take part.
    #expect(try separation("0.26") == 4)
    #expect(try separation("0.1", ", separation: 7") == 7)
    #expect(try separation("0.07", data: "own") == 14)
    #expect(try separation("5", ", separation: 20", data: "own") == 20)
    #expect(try separation("1e-320", data: "own") == 1 << 20)
  }

  @Test(arguments: [
    (
      yaml(tree, cohort: "1.0"), "4:34",
      "so many are asked that a participant takes part in each round"
    ),
    (yaml(tree, cohort: "{poisson: 0.1}"), "4:34", "secret coins may ask a participant in two rounds"),
    (
      yaml(tree, clip: "{kind: adaptive}"), "5:20",
      "clip follows the norms, so that each round has noise of another width"
    ),
    (
      yaml(tree, federation: ", mode: {kind: buffered, size: 2}"), "4:45",
      "privacy is not accounted for in the buffered mode"
    ),
    (
      yaml("unit: record, noise-multiplier: 1, mechanism: tree"), "6:57",
      "a mechanism over rounds is for noise that the server adds"
    ),
    (
      yaml(tree + ", separation: 11"), "6:52",
      "turns of a participant are 11 rounds apart, but with this cohort they come every 10"
    ),
    (
      yaml("epsilon: 4, mechanism: {kind: banded, bands: 11}"), "6:56",
      "11 bands reach further back than the turns of a participant are apart, 10 rounds"
    ),
    (
      yaml("epsilon: 4, mechanism: {kind: banded, bands: 8}", rounds: 7), "6:56",
      "8 bands, but there are 7 rounds"
    ),
    (yaml("epsilon: 4, mechanism: banded"), "6:34", "bands"),
    (yaml("epsilon: 4, separation: 5"), "6:35", "privacy.separation is about noise that is correlated"),
    (
      yaml(tree, cohort: "5", data: "own"), "6:",
      "“separation” is missing under privacy: how many participants there are is not known"
    ),
    (
      yaml("epsilon: 4, noise-multiplier: 1, mechanism: tree"), "6:41",
      "over 30 rounds, above 4, and the run is charged as a whole"
    ),
    (
      yaml(tree, federation: ", strategy: scaffold"), "4:49", "scaffold may send sums that have no noise"
    ),
  ])
  func `what cannot hold is refused where it is written`(_ yaml: String, _ place: String, _ message: String)
    throws
  {
    let error = try #require(throws: InvalidTask.self) { try FederatedTask(yaml: yaml) }
    #expect(error.description.contains(message), "\(error)")
    #expect(error.description.contains("task.yaml:\(place)"), "\(error)")
  }

  @Test func `a population whose turns come sooner than the guarantee counts on is refused`() throws {
    let task = try FederatedTask(yaml: Self.yaml(Self.tree + ", separation: 10", cohort: "5", data: "own"))
    let enrolled = (0..<50).compactMap { ParticipantID("p\($0)") }
    #expect(try task.population(enrolled: enrolled).count == 50)
    let failure = #expect(throws: RunFailure.self) { try task.population(enrolled: enrolled.dropLast()) }
    #expect(failure?.code == .unfit)
    #expect(
      failure?.message.hasPrefix(
        "with 49 participants and 5 of them in a round, the turns of one are 9 rounds apart, and the task counts on 10"
      ) == true)
  }

  // MARK: The participant's side

  @Test func `noise is judged by all that one turn goes into`() throws {
    for (privacy, share) in [
      // Four levels above each leaf of ten; the norm of a column of two coefficients, 1 and ½.
      ("noise-multiplier: 4, mechanism: tree", 0.5),
      ("noise-multiplier: 4, mechanism: {kind: banded, bands: 2}", 1 / 1.25.squareRoot()),
    ] {
      let task = try FederatedTask(yaml: Self.yaml(privacy))
      let plan = try #require(task.privacy)
      #expect(abs(plan.noiseOfTurn - 4 * share) < 1e-9)
      let noise = try #require(try task.protection.round(plan).pipeline.noise)
      #expect(noise.ofTurn == plan.noiseOfTurn)
      // So it is what one turn is charged with, as if it were one release.
      let turn = try PrivacyAccounting.epsilon(
        of: plan.eventOfCertainRound(), delta: 1e-5, relation: .zeroOut, unit: .participant)
      let alone = try PrivacyAccounting.epsilon(
        of: PrivacyEvent(.gaussian(noiseMultiplier: plan.noiseOfTurn)), delta: 1e-5, relation: .zeroOut,
        unit: .participant)
      #expect(abs(turn.epsilon - alone.epsilon) < 1e-6 * alone.epsilon)
      func rule(_ least: Double) throws -> String? {
        try Policy(
          yaml: PolicyTests.text
            + "\nprivacy: {units: any, most-epsilon: any, most-epsilon-in-all: any, exact: any, least-noise: \(least)}",
          file: "our.yaml"
        ).findings(on: task).first { !$0.holds && $0.rule.hasPrefix("privacy") }?.rule
      }
      #expect(try rule(plan.noiseOfTurn * 0.999) == nil)
      #expect(try rule(plan.noiseOfTurn * 1.001) == "privacy.least-noise")
    }
  }

  @Test func `a server with another mechanism is refused, and so is a turn more than the rounds have`() throws
  {
    let task = try PolicyTests.task(
      "federation.strategy=fedavg", "federation.cohort=0.1", "federation.rounds=30", "protection.clip=1.0",
      "privacy={noise-multiplier: 4, mechanism: tree, \(Self.all)}")
    let plan = try #require(task.privacy)
    let lawful = try task.protection.round(plan)
    let noise = try #require(lawful.pipeline.noise)
    let known = try InstructionPolicyTests.train()
    let query = TrainQuery(
      round: 7, architecture: known.architecture, model: known.model, preparation: known.preparation,
      training: task.training,
      learningRate: task.training.schedule.rate(round: 7, of: 30, base: task.training.learningRate),
      rule: PlainTraining(), weighting: task.weighting, format: lawful.format)
    func instruction(_ protection: UpdateProtection) -> Instruction {
      Instruction(exchange: 0, query: query, protection: protection, required: 1)
    }
    #expect(instruction(lawful.pipeline).departure(from: task) == nil)
    let others: [NoiseCorrelation?] = [
      nil, try NoiseCorrelation(.tree, rounds: 30, separation: 5),
      try NoiseCorrelation(.banded(bands: 2), rounds: 30, separation: 10),
    ]
    for other in others {
      let pipeline = try UpdateProtection(
        clip: 1, of: [.update], noise: CentralNoise(multiplier: noise.multiplier, correlation: other))
      #expect(instruction(pipeline).departure(from: task) == "the answer is to be protected otherwise")
    }
    let consent = Consent(Consent.Approval(task))
    for (taken, refusal) in [(2, nil), (3, "a participant has 3 turns, and all were taken")] {
      var spending = Spending()
      spending.add(Spending.Amount(rounds: taken, exchanges: taken), to: "a")
      let message = consent.refusal(
        of: instruction(lawful.pipeline), under: task, run: "a", after: spending)?.message
      #expect(message == refusal.map { "the instruction is not what the task says: \($0)" })
    }
  }
}
