import AtollLearning
import AtollNumerics
import AtollScenarios
import AtollSimulation
import AtollStore
import AtollTraining
import Testing

@testable import AtollFederation

@Suite struct PolicyTests {
  /// Allows what ``task`` asks for and little more.
  static let text = """
    version: 1
    operators: [north]
    tasks: [classification]
    questions: [columns, statistics, train, evaluate]
    models: {kinds: [logistic], most-parameters: 3}
    columns: {features: [mean_radius, mean_texture], labels: [malignant]}
    preprocessing: {missing: [mean], scale: [standard], categories: [one-hot]}
    per-site: {columns: true, evaluation: true, details: true}
    limits: {rounds: 3, exchanges: 30, bytes: 100 kB, rounds-in-all: 5, exchanges-in-all: 50, bytes-in-all: 1 MB}
    least-participants: 2
    """
  static let yaml = """
    task: classification
    name: study
    data: {participants: own, label: malignant, features: [mean_radius, mean_texture]}
    model: logistic
    federation: {rounds: 3, strategy: scaffold}
    evaluation: {baselines: []}
    """

  static func policy(_ change: (inout Policy) -> Void = { _ in }) throws -> Policy {
    var policy = try Policy(yaml: text, file: "our.yaml")
    change(&policy)
    return policy
  }

  static func task(_ overrides: String...) throws -> FederatedTask {
    try FederatedTask(yaml: yaml, overrides: overrides)
  }

  // MARK: Tasks

  @Test func `a task within the policy is accepted`() throws {
    #expect(try Self.policy().refusal(of: Self.task(), signedBy: "north") == nil)
    #expect(try Self.policy().findings(on: Self.task(), signedBy: "north").allSatisfy(\.holds))
  }

  @Test(arguments: [
    (
      ["federation.rounds=4"], "limits.rounds",
      "our.yaml:9:10: asked for: 4 rounds; limits.rounds allows at most 3"
    ),
    (
      ["model={kind: mlp}"], "models.kinds",
      "our.yaml:5:10: asked for: a mlp model; models.kinds allows logistic"
    ),
    (
      ["data.features=[mean_radius, mean_area]"], "columns.features",
      "our.yaml:6:11: asked for: 1 feature (mean_area); columns.features allows mean_radius, mean_texture"
    ),
    (
      ["data.features="], "columns.features",
      "our.yaml:6:11: asked for: every usable column; columns.features allows mean_radius, mean_texture"
    ),
    (
      ["data.label=outcome"], "columns.labels",
      "our.yaml:6:50: asked for: the label “outcome”; columns.labels allows malignant"
    ),
    (
      ["data.group=patient"], "columns.groups",
      "our.yaml:6:1: asked for: the group “patient”; columns.groups allows none"
    ),
    (
      ["data.preprocess.scale=robust"], "preprocessing.scale",
      "our.yaml:7:34: asked for: the scaling “robust”; preprocessing.scale allows standard"
    ),
    (
      ["data.preprocess.missing=median"], "preprocessing.missing",
      "our.yaml:7:17: asked for: medians for missing values; preprocessing.missing allows mean"
    ),
    (
      ["federation.initial=participants"], "questions",
      "our.yaml:4:1: asked for: the questions columns, statistics, initial-model, train, evaluate; questions allows columns, statistics, train, evaluate"
    ),
  ])
  func `a task beyond one rule is refused by it`(_ overrides: [String], _ rule: String, _ text: String) throws
  {
    let task = try FederatedTask(yaml: Self.yaml, overrides: overrides)
    let refusal = try #require(try Self.policy().refusal(of: task))
    #expect(refusal.rule == rule)
    #expect(refusal.description == text)
    // What the server is told has no path of this machine.
    #expect(!refusal.message.contains("our.yaml"))
  }

  @Test func `what computes nothing needs no permission`() throws {
    let policy = try Self.policy {
      $0.preprocessing = Policy.Preprocessing()
    }
    #expect(policy.refusal(of: try Self.task())?.rule == "preprocessing.missing")
    let nothing = try Self.task(
      "data.preprocess={missing: drop, scale: none, categories: drop}")
    #expect(policy.refusal(of: nothing) == nil)
    // Each site's own numbers do not leave; its categories do.
    let own = try Self.task("data.preprocess={missing: mean, scale: robust, scope: site, categories: drop}")
    #expect(policy.refusal(of: own) == nil)
  }

  @Test func `signers, per-site figures, sums of few and programs of one's own are judged`() throws {
    #expect(try Self.policy().refusal(of: Self.task(), signedBy: "south")?.rule == "operators")
    let shy = try Self.policy { $0.perSite.evaluation = false }
    #expect(shy.refusal(of: try Self.task())?.rule == "per-site.evaluation")
    #expect(shy.refusal(of: try Self.task("evaluation.per-site=false")) == nil)
    let undetailed = try Self.policy { $0.perSite.details = false }
    #expect(undetailed.refusal(of: try Self.task())?.rule == "per-site.details")
    let alone = try Self.task("federation.participants=[a, b, c, d]", "federation.quorum=0.25")
    let few = try #require(try Self.policy().refusal(of: alone))
    #expect(
      few.message == "asked for: a sum of 1 participant; least-participants allows no sum of fewer than 2")
    #expect(try Self.policy().refusal(of: Self.task(), usesExternalTrainer: true)?.rule == "external-trainer")
  }

  @Test func `an empty policy refuses everything, the open one nothing`() throws {
    let findings = Policy().findings(on: try Self.task(), signedBy: "north", usesExternalTrainer: true)
    #expect(findings.allSatisfy { !$0.holds })
    #expect(
      Policy.open.findings(on: try Self.task(), signedBy: "x", usesExternalTrainer: true).allSatisfy(\.holds))
  }

  // MARK: Approval

  @Test func `an approved task may not change, and what changed is told`() throws {
    let task = try Self.task()
    let consent = Consent(Consent.Approval(task))
    #expect(consent.refusal(of: task) == nil)
    // Paths are no part of the task.
    let refusal = try #require(consent.refusal(of: Self.task("federation.rounds=30", "protection.clip=1.0")))
    #expect(refusal.rule == "approved")
    #expect(refusal.differences.map(\.path) == ["federation.rounds", "protection.clip"])
    #expect(refusal.description.contains("changes from 3 to 30"))
    let byHash = Consent(Consent.Approval(task.contentHash))
    #expect(byHash.refusal(of: task) == nil)
    #expect(byHash.refusal(of: try Self.task("federation.seed=8"))?.differences == [])
    let both = Consent(Policy(), and: Consent.Approval(task))
    #expect(both.refusal(of: task)?.rule == "tasks")
  }
}
