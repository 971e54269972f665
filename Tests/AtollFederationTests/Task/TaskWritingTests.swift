import AtollLearning
import AtollNumerics
import Foundation
import Testing

@testable import AtollFederation

struct TaskWritingTests {
  @Test func `the canonical text has every key in one order`() throws {
    let task = try FederatedTask(yaml: smallest)
    #expect(
      task.yaml == """
        task: classification
        name: task
        data:
          participants: {a: sites/a.csv, b: sites/b.csv}
          delimiter: ','
          missing-values: ['', NA, N/A, NaN, nan, 'null', 'NULL', '?']
          decimal: point
          label: malignant
          include: []
          exclude: []
          map: {}
          preprocess: {missing: mean, scale: standard, categories: one-hot, scope: federation}
          test: 0.2
        model: logistic
        training:
          loss: cross-entropy
          l1: 0.0
          l2: 0.0
          class-weights: none
          optimizer: {kind: sgd, momentum: 0.0, nesterov: false}
          learning-rate: 0.05
          schedule: constant
          batch-size: 16
          local-epochs: 1
          shuffle: true
        federation:
          strategy: {kind: fedavg, weights: rows}
          rounds: 20
          cohort: 1.0
          quorum: 0.67
          deadline: 10m
          participants: all
          seed: 7
          initial: server
          mode: synchronous
        protection:
          range: 8.0
          fraction-bits: 24
          weight-cap: 1048576
        evaluation:
          every: 1
          metrics: [accuracy, auc, loss]
          baselines: [local, pooled]
          per-site: true
          keep: last

        """)
  }

  @Test func `every task reads back to an equal one, from YAML and from JSON`() throws {
    var random = LinearCongruential(1)
    var valid = 0
    var seen: Set<FederatedTask> = []
    for _ in 0..<3600 {
      let text = YAMLWriter.text(randomTask(using: &random))
      guard let task = try? FederatedTask(yaml: text) else { continue }
      valid += 1
      seen.insert(task)
      let again = try FederatedTask(yaml: task.yaml)
      #expect(again == task, "\(text)")
      #expect(again.yaml == task.yaml)
      #expect(again.contentHash == task.contentHash)
    }
    #expect(valid > 400)
    #expect(seen.count == valid)
    let tasks = seen.prefix(20).sorted { $0.yaml < $1.yaml }
    #expect(try JSONDecoder().decode([FederatedTask].self, from: JSONEncoder().encode(tasks)) == tasks)
  }

  @Test func `decoding passes all checks`() {
    let text = try? JSONEncoder().encode([smallest + "\nfederation: {rounds: 0}"])
    #expect(throws: InvalidTask.self) { try JSONDecoder().decode([FederatedTask].self, from: text ?? Data()) }
  }

  @Test(arguments: [
    "no", "", " a", "a ", "10", "- x", "a: b", "a #b", "it's", "\"", "\\", "${HOME}", "$${HOME}", "é",
    "\u{1F600}",
    "a\nb", "\t", "\u{7F}", "\u{202E}", "a\u{FEFF}", "null", "~", "[a", "{a", "*a", "&a", "!a", "%a", "@a",
    "`a", "...", "---",
    "a,b", "#", "?", "-", ":", "|", ">", "=", "<<", "\u{E000}",
  ])
  func `any text reads back`(text: String) throws {
    let values = ["data.missing-values=\(YAMLWriter.line(.list([.text(text), .text("x")])))"]
    // The writer escapes ${…}; what YAML cannot hold, it writes in \U.
    let task = try FederatedTask(yaml: smallest, overrides: values)
    #expect(task.data.format.missingValues == [text, "x"])
    #expect(try FederatedTask(yaml: task.yaml) == task)
  }

  @Test func `paths do not count for the hash, names and everything else do`() throws {
    let here = try FederatedTask(yaml: smallest, folder: "/a")
    let there = try FederatedTask(yaml: smallest, folder: "/b")
    #expect(here != there)
    #expect(here.contentHash == there.contentHash)
    #expect(here.yaml.contains("/a/sites/a.csv"))
    for override in [
      "data.participants=[sites/a.csv, sites/c.csv]", "federation.seed=8", "training.learning-rate=0.06",
      "data.test=0.3",
      "data.test=[t.csv]", "name=other",
    ] {
      #expect(try here.setting([override]).contentHash != here.contentHash, "\(override)")
    }
    #expect(
      try here.setting(["data.test=[t.csv]"]).contentHash == here.setting(["data.test=[u.csv]"]).contentHash)
  }

  /// The digest was computed from the canonical text above, its two paths replaced by '', with
  /// `sha256sum` (GNU coreutils 9.1).
  @Test func `the hash is that of the canonical text without paths`() throws {
    let task = try FederatedTask(yaml: smallest)
    #expect(
      task.contentHash.description
        == "sha256:1b07c38ed69fc10af76b05efa11634b450acdd701fe8e45ece9d9bd50feed1ac")
  }
}

struct OverrideTests {
  @Test func `a flag sets a key, later ones win, and an empty value takes the key out`() throws {
    func rounds(_ overrides: String...) throws -> Int {
      try FederatedTask(yaml: smallest + "\nfederation: {rounds: 5}", overrides: overrides).federation.rounds
    }
    #expect(try rounds() == 5)
    #expect(try rounds("federation.rounds=6") == 6)
    #expect(try rounds("federation.rounds=6", "federation.rounds=7") == 7)
    #expect(try rounds("federation.rounds=") == 20)
    #expect(try rounds("federation={rounds: 8}") == 8)
    #expect(try rounds("federation.seed=3", "evaluation.every=2", "protection.clip=") == 5)
  }

  @Test func `a word becomes the kind of what is set`() throws {
    let task = try FederatedTask(
      yaml: smallest + "\nfederation: {strategy: fedprox}", overrides: ["federation.strategy.mu=0.5"])
    #expect(task.federation.strategy == .fedProx(mu: 0.5))
    let other = try FederatedTask(
      yaml: smallest + "\nfederation: {strategy: {kind: fedprox, mu: 2}}",
      overrides: ["federation.strategy.mu=0.5"])
    #expect(other.federation.strategy == .fedProx(mu: 0.5))
  }

  @Test(arguments: [
    (
      "federation.rounds=many",
      "--set federation.rounds=many: federation.rounds must be a whole number from 1 to 1000000, not “many”"
    ),
    (
      "training.learning-rat=3",
      "--set training.learning-rat=3: unknown key “learning-rat” under training\ndid you mean learning-rate?"
    ),
    ("x", "--set x: not of the form key=value\nwrite --set training.learning-rate=0.1"),
    (".rounds=1", "--set .rounds=1: not of the form key=value\nwrite --set training.learning-rate=0.1"),
    ("name=[", "--set name=[: not YAML: did not find expected node content"),
    (
      "name=*a",
      "--set name=*a: anchors and aliases are refused\nwrite the value out where it is used"
    ),
    (
      "protection.noise=4",
      "--set protection.noise=4: protection.noise is not in this version\nremove the key"
    ),
    (
      "data.participants.c=c.csv",
      "--set data.participants.c=c.csv: “c” is to be set inside a list\nset the whole list"
    ),
    (
      "data.label.positive=1",
      "task.yaml:4:3: “column” is missing under data.label"
    ),
  ])
  func `an error names the flag`(override: String, text: String) {
    let found = faults(smallest, overrides: [override])
    #expect(found.hasPrefix(text), "\(found)")
  }
}
