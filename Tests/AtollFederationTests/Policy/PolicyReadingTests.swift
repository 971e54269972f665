import AtollPrivacy
import Testing

@testable import AtollFederation

@Suite struct PolicyReadingTests {
  static let full = """
    version: 1
    operators: [north]
    tasks: [classification]
    questions: [columns, statistics, train, evaluate]
    models: {kinds: [logistic, mlp], most-parameters: 1000}
    columns: {features: [age, radius], labels: [malignant], groups: [patient]}
    preprocessing: {missing: [mean, median], scale: [standard], categories: [one-hot]}
    per-site: {columns: true, evaluation: true, details: true, replies: false}
    limits:
      rounds: 10
      exchanges: 40
      bytes: 20 kB
      rounds-in-all: any
      exchanges-in-all: any
      bytes-in-all: 1 MB
    least-participants: 3
    external-trainer: false
    privacy: {units: [record], most-epsilon: 2, most-epsilon-in-all: any, delta: 1e-6, least-noise: 0.7, exact: [evaluation]}
    """

  func faults(_ yaml: String) -> String {
    do {
      _ = try Policy(yaml: yaml)
      return ""
    } catch { return error.description }
  }

  @Test func `a policy is read, and what it does not name is denied`() throws {
    let policy = try Policy(yaml: Self.full)
    #expect(policy.operators == .only(["north"]))
    #expect(policy.models == Policy.Models(kinds: .only(["logistic", "mlp"]), mostParameters: .atMost(1000)))
    #expect(policy.columns.groups == .only(["patient"]))
    #expect(policy.limits.bytes == .atMost(20_000))
    #expect(policy.limits.bytesInAll == .atMost(1_000_000))
    #expect(policy.limits.roundsInAll == .any)
    #expect(policy.leastParticipants == 3)
    var privacy = Policy.Privacy()
    privacy.units = .only([.record])
    (privacy.mostEpsilon, privacy.mostEpsilonInAll) = (.atMost(2), .any)
    (privacy.delta, privacy.leastNoise, privacy.exact) = (1e-6, 0.7, .only([.evaluation]))
    #expect(policy.privacy == privacy)
    let least = try Policy(yaml: "version: 1")
    #expect(least == Policy())
    #expect(least.tasks.isEmpty && least.questions.isEmpty && least.limits.rounds == .nothing)
    #expect(!least.perSite.columns && !least.externalTrainer)
    // Without the section nothing is demanded; with it, what it does not name is denied.
    #expect(least.privacy == nil)
    #expect(try Policy(yaml: "version: 1\nprivacy: {}").privacy == Policy.Privacy())
  }

  @Test(arguments: ["version: 1", PolicyReadingTests.full])
  func `the canonical text reads back to the same policy`(_ yaml: String) throws {
    let policy = try Policy(yaml: yaml)
    #expect(try Policy(yaml: policy.yaml) == policy)
    #expect(try Policy(yaml: policy.yaml).contentHash == policy.contentHash)
  }

  @Test func `the open policy is written as one that allows everything`() throws {
    #expect(Policy.open.isOpen)
    #expect(try Policy(yaml: Policy.open.yaml).isOpen)
    #expect(!Policy().isOpen)
  }

  @Test(arguments: [
    (
      "version: 1\nlimit: {rounds: 3}",
      """
      policy.yaml:2:1: unknown key “limit”
              2 | limit: {rounds: 3}
                | ^^^^^ did you mean limits?
      """
    ),
    (
      "version: 1\nrounds: 3",
      """
      policy.yaml:2:1: unknown key “rounds”
              2 | rounds: 3
                | ^^^^^^ rounds belongs under limits
      """
    ),
    (
      "version: 2",
      """
      policy.yaml:1:10: version must be 1, not “2”
              1 | version: 2
                |          ^
      """
    ),
    (
      "tasks: [classification]",
      """
      policy.yaml:1:1: “version” is missing
              1 | tasks: [classification]
                | ^ add version: 1
      """
    ),
    (
      "version: 1\nprivacy: {epsilon: 2}",
      """
      policy.yaml:2:11: unknown key “epsilon” under privacy
              2 | privacy: {epsilon: 2}
                |           ^^^^^^^
      known here: without, units, most-epsilon, most-epsilon-in-all, delta, least-noise, exact
      """
    ),
    (
      "version: 1\nsecure-aggregation: true",
      """
      policy.yaml:2:1: secure-aggregation is not in this version
              2 | secure-aggregation: true
                | ^^^^^^^^^^^^^^^^^^ remove the key
      """
    ),
    (
      "version: 1\nlimits: {bytes: 3 MiB}",
      """
      policy.yaml:2:17: limits.bytes must be any or a number of bytes such as 500 kB, 20 MB or 1 GB, not “3 MiB”
              2 | limits: {bytes: 3 MiB}
                |                 ^^^^^
      """
    ),
    (
      "",
      """
      policy.yaml:1:1: the file is empty; a policy begins with its version
              1 | 
                | ^ add version: 1
      """
    ),
  ])
  func `faults are told with their place`(_ yaml: String, _ expected: String) {
    #expect(faults(yaml) == expected)
  }

  @Test func `words of tasks are checked`() {
    #expect(faults("version: 1\ntasks: [clasification]").contains("did you mean classification?"))
    #expect(faults("version: 1\npreprocessing: {scale: [none]}").contains("policy.yaml:2:25"))
    #expect(
      faults("version: 1\nlimits: {rounds: some}").contains("limits.rounds must be any or a whole number"))
    #expect(faults("version: 1\nleast-participants: 0").contains("a whole number from 1"))
    #expect(faults("version: 1\n---\nversion: 1").contains("a policy is one document"))
  }

  @Test func `the schema knows every key`() {
    let schema = PolicySchema.jsonSchema
    for row in PolicySchema.rows where !row.isKind { #expect(schema.contains("\"\(row.name)\"")) }
    #expect(PolicySchema.listing().contains("most-parameters"))
    #expect(schema.contains("\"Atoll policy\""))
  }
}
