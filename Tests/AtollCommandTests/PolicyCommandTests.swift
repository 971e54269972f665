import Foundation
import Testing

@Suite struct PolicyCommandTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    #expect(try Program.run("new", "study", in: folder).status == 0)
  }

  @Test func `the policy of a new study accepts its task`() throws {
    let ended = try Program.run(
      "policy", "check", "study/policy.yaml", "--task", "study/task.yaml", in: folder)
    #expect(ended.status == 0, "\(ended.errors)")
    #expect(ended.lines.first == "study/policy.yaml is valid. It allows")
    #expect(ended.output.contains("✓ models.kinds"))
    #expect(!ended.output.contains("✗"))
    let words = ended.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("The task would be accepted"))
    #expect(words.contains("the server sees each answer by itself"))
    #expect(ended.errors.isEmpty)
  }

  @Test func `a task beyond the policy exits with 77 and names line and value`() throws {
    let ended = try Program.run(
      "policy", "check", "study/policy.yaml", "--task", "study/task.yaml", "--set", "federation.rounds=500",
      in: folder)
    #expect(ended.status == 77)
    let line =
      try #require(
        try folder.text("study/policy.yaml").split(separator: "\n", omittingEmptySubsequences: false)
          .firstIndex { $0.hasPrefix("  rounds: 100") }) + 1
    #expect(ended.output.contains("✗ limits.rounds"))
    #expect(ended.output.replacing("\n", with: " ").contains("(study/policy.yaml:\(line))"))
    #expect(
      ended.errors.hasPrefix("error: the task would be refused: asked for: 500 rounds; limits.rounds allows"))
    #expect(ended.errors.contains("Nothing was run."))
  }

  @Test func `programs learn rule by rule`() throws {
    let ended = try Program.run(
      "policy", "check", "study/policy.yaml", "--task", "study/task.yaml", "--external-trainer",
      "--signed-by",
      "north", "--json", in: folder)
    #expect(ended.status == 77)
    let events = try ended.events()
    #expect(events.map { $0["event"] as? String }.first == "policy")
    let rules = events.filter { $0["event"] as? String == "rule" }
    #expect(
      rules.filter { $0["holds"] as? Bool == false }.map { $0["rule"] as? String } == ["external-trainer"])
    let judged = try #require(events.first { $0["event"] as? String == "judged" })
    #expect(judged["accepted"] as? Bool == false)
    #expect(events.last?["code"] as? Int == 77)
  }

  @Test func `a fault of a policy is told with its place and the nearest key`() throws {
    try folder.write("version: 1\nmodel: {kinds: any}\n", to: "policy.yaml")
    let ended = try Program.run("policy", "check", "policy.yaml", in: folder)
    #expect(ended.status == 65)
    #expect(ended.errors.contains("policy.yaml:2:1: unknown key “model”"))
    #expect(ended.errors.contains("did you mean models?"))
    #expect(ended.errors.contains("atoll policy schema"))
  }

  @Test func `open consents to everything`() throws {
    let ended = try Program.run(
      "policy", "check", "open", "--task", "study/task.yaml", "--external-trainer", in: folder)
    #expect(ended.status == 0)
    #expect(ended.lines.first == "open: consents to everything")
  }

  @Test func `the schema is JSON for editors`() throws {
    let ended = try Program.run("policy", "schema", "--json", in: folder)
    #expect(try ended.events().first?["title"] as? String == "Atoll policy")
    #expect(try Program.run("policy", "schema", in: folder).output.contains("least-participants"))
  }

  @Test func `a simulated run applies a policy on each instruction`() throws {
    let free = try Program.run(
      "run", "study/task.yaml", "--json", "--policy", "study/policy.yaml", "--set", "evaluation.baselines=[]",
      "--out", "kept", in: folder)
    #expect(free.status == 0, "\(free.errors)")
    try folder.write(
      try folder.text("study/policy.yaml").replacing("most-parameters: 10000", with: "most-parameters: 30"),
      to: "tight.yaml")
    let refused = try Program.run(
      "run", "study/task.yaml", "--policy", "tight.yaml", "--out", "gone", in: folder)
    #expect(refused.status == 77)
    #expect(refused.errors.contains("asked for: a model of 31 numbers; models.most-parameters"))
    #expect(!folder.names.contains("gone"), "a run that did not begin leaves nothing")
    let unsized = try Program.run(
      "run", "study/task.yaml", "--policy", "study/policy.yaml", "--set", "federation.rounds=101", in: folder)
    #expect(unsized.status == 77)
  }
}
