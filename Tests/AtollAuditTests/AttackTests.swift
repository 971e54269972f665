import AtollFederation
import AtollPrivacy
import AtollScenarios
import AtollStore
import Testing

@testable import AtollAudit

/// The tumours of the demo at four hospitals, learnt in a few rounds, without privacy and with it.
@Suite struct `Attacks on the demo's data` {
  private static func task(_ rest: String, model: String = "logistic") throws -> FederatedTask {
    try FederatedTask(
      yaml: """
        task: classification
        name: tumours
        data: {participants: own, label: malignant, test: 0.2}
        model: \(model)
        federation: {rounds: 10, seed: 7}
        evaluation: {baselines: []}
        \(rest)
        """)
  }

  private static let plain = "training: {learning-rate: 0.1, batch-size: 16}"
  /// Noise for ε = 1 over all rounds, for each row.
  private static let byRecord = """
    training: {learning-rate: 0.5, local-steps: 5}
    privacy: {unit: record, epsilon: 1, delta: 1.0e-5, exact: [evaluation, preprocessing]}
    """
  private static let byParticipant = """
    training: {learning-rate: 0.1, batch-size: 16}
    protection: {clip: 0.5}
    privacy: {unit: participant, epsilon: 1, delta: 1.0e-5, exact: [evaluation, preprocessing]}
    """

  private static func audited(_ task: FederatedTask, seed: UInt64 = 1) throws -> AuditedTask {
    var options = AuditedTask.Options(seed: seed, threads: 2)
    options.insecureSeed = seed
    return try AuditedTask(
      task, data: TaskData(task, participants: Scenario.breastTumours.participants), options: options)
  }

  // MARK: Without a promise

  @Test func `find canaries of a task without privacy`() throws {
    let audited = try Self.audited(Self.task(Self.plain))
    #expect(audited.promise == nil)
    let outcome = try CanaryAttack(runs: 4)(on: audited)
    #expect(outcome.unit == .record && outcome.canaries == 120)
    #expect(outcome.finding.epsilon > 2, "\(outcome)")
    #expect(outcome.finding.delta == 1e-5 && !outcome.isExact)
  }

  @Test(arguments: ["logistic", "{kind: mlp, hidden: [16]}"])
  func `read a row off the update that it was trained by`(_ model: String) throws {
    let outcome = try GradientInversion(trials: 20)(on: Self.audited(Self.task(Self.plain, model: model)))
    #expect(outcome.trials == 20 && outcome.recovered == 20, "\(outcome)")
    #expect(outcome.labels == 20 && outcome.isAboveChance)
    #expect((outcome.chance ?? 1) < 0.5)
  }

  /// A model that has learnt its rows by heart.
  @Test func `tell rows of training from others`() throws {
    let audited = try Self.audited(
      Self.task("training: {learning-rate: 1, batch-size: 16}", model: "{kind: mlp, hidden: [64]}")
        .setting(["federation.rounds=100"]))
    let outcome = try MembershipInference(shadows: 16, targets: 8)(on: audited)
    // Chance is 0.5, give or take 0.01.
    #expect(outcome.auc > 0.54 && outcome.rows > 3600, "\(outcome)")
  }

  // MARK: With one

  @Test(arguments: [byRecord, byParticipant])
  func `do not find more than is promised`(_ privacy: String) throws {
    let audited = try Self.audited(Self.task(privacy))
    let promise = try #require(audited.promise)
    #expect(promise.epsilon <= 1 && promise.epsilon > 0.9)
    let outcome = try CanaryAttack(runs: 2)(on: audited)
    #expect(outcome.unit == promise.unit && outcome.isExact)
    #expect(outcome.finding.epsilon <= promise.epsilon, "\(outcome)")
  }

  @Test func `read nothing off an update with noise`() throws {
    let outcome = try GradientInversion(trials: 40)(on: Self.audited(Self.task(Self.byRecord)))
    #expect(outcome.recovered == 0 && !outcome.isAboveChance, "\(outcome)")
    #expect((outcome.similarity ?? 1) < 0.3)
  }

  /// An audit that finds nothing where there is noise must find something where there is too little of it.
  @Test func `find that a promise is broken`() throws {
    let small = Self.byRecord.replacing("epsilon: 1", with: "epsilon: 0.3")
    let right = try Self.audited(Self.task(small))
    let noise = try #require(right.task.privacy?.noiseMultiplier)
    let wrong = try Self.audited(
      Self.task(small).setting(["privacy.epsilon=", "privacy.noise-multiplier=\(noise / 10)"]))
    let outcome = try CanaryAttack(runs: 8)(on: wrong)
    let promise = try #require(right.promise)
    #expect(outcome.finding.epsilon > promise.epsilon, "\(outcome)")
  }
}

@Suite struct `Figures of membership` {
  @Test func `are those of all pairs`() {
    let truth = [true, false, true, true, false, false]
    #expect(areaUnderCurve([3, 1, 2, 5, 4, 0], truth) == 7.0 / 9)
    #expect(areaUnderCurve([1, 1, 1, 1, 1, 1], truth) == 0.5)
    #expect(areaUnderCurve([1, 2], [true, true]) == 0.5)
    #expect(truePositiveRate([3, 1, 2, 5, 4, 0], truth, atMost: 0) == 1.0 / 3)
    #expect(truePositiveRate([3, 1, 2, 5, 4, 0], truth, atMost: 0.34) == 1)
    #expect(truePositiveRate([1, 1, 0, 0, 1, 0], truth, atMost: 0) == 0)
  }

  @Test func `score by the ratio of two normal laws`() {
    // A row says 2 ± 1 when it was in and 0 ± 1 when it was out; the second was never out.
    let law = ShadowLaw([
      (said: [3, 5], isIn: [true, true]), (said: [1, 7], isIn: [true, true]),
      (said: [1, 6], isIn: [false, true]), (said: [-1, 6], isIn: [false, true]),
    ])
    // Four deviations of rows that were in have squares 1, 1, 1, 1, of 1 + 3 degrees of freedom; of those out 1, 1, of one.
    #expect(abs(law.score(of: 1, row: 0) - (0.25 - 0.5 + 0.5 * 0.6931471805599453)) < 1e-12)
    #expect(law.score(of: 3, row: 0) > law.score(of: 0, row: 0))
    #expect(law.score(of: 7, row: 1) > law.score(of: 6, row: 1))
    #expect(ShadowLaw([]).score(of: 4, row: 9) == 4)
  }
}
