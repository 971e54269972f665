import ArgumentParser
import AtollFederation
import AtollNumerics
import AtollReport
import AtollStore

/// `atoll policy check`
struct PolicyCheck: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say in plain words what a policy allows, and whether it would accept a task.",
    discussion: """
      A policy is written by a participant and enforced at the participant: what it does not name is denied. With \
      --task, every rule that the task touches is listed, with the line of the policy that decides; the exit code \
      is 77 where the task would be refused. What only the data decide, such as the size of the model, is judged \
      again on every instruction, before any data are read.

      With --json: an event "policy", then for each rule an event "rule", and "judged" at the end.

      EXAMPLES:
        atoll policy check policy.yaml
        atoll policy check policy.yaml --task task.yaml --signed-by north-coordinator
        atoll policy check open --task task.yaml
      """)

  @Argument(
    help: "The policy file; open stands for one that consents to everything.",
    completion: .file(extensions: ["yaml", "yml"]), transform: nonEmptyPath)
  var policy: String

  @Option(
    help: "Judge this task.", completion: .file(extensions: ["yaml", "yml"]), transform: nonEmptyPath)
  var task: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Change a key of the task. May be repeated; the last wins.", valueName: "key=value"))
  var overrides: [String] = []

  @Option(help: "Who signed the task; without it, operators are not judged.")
  var signedBy: String?

  @Flag(help: "Judge the use of a program of one's own that trains.")
  var externalTrainer = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if task == nil, !overrides.isEmpty || signedBy != nil || externalTrainer {
      throw ValidationError("--set, --signed-by and --external-trainer are about a --task")
    }
  }

  func run(on console: Console) throws {
    let policy = try Policy(contentsOf: policy)
    console.emit(
      "policy",
      [
        "file": .string(self.policy), "version": .integer(Policy.version),
        "policy_sha256": .string(policy.contentHash.hexadecimal), "open": .bool(policy.isOpen),
        "allows": .array(policy.summary.map { ["label": .string($0.label), "text": .string($0.text)] }),
      ])
    console.print(
      policy.isOpen
        ? "\("\(self.policy)", .strong): consents to everything"
        : "\("\(self.policy)", .strong) is valid. It allows")
    if !policy.isOpen { console.print(policy.summary.map { ($0.label, "\($0.text)") }, margin: 2) }
    console.print("  \(Policy.unprotected, .dim).", indent: 2)
    guard let path = task else {
      console.print("")
      return console.print([
        ("next", "\("atoll policy check \(Shell.quoted(self.policy)) --task task.yaml", .next)")
      ])
    }
    try judge(TaskFile.read(path, overrides: overrides), in: path, by: policy, on: console)
  }

  private func judge(_ task: FederatedTask, in path: String, by policy: Policy, on console: Console) throws {
    let findings = policy.findings(on: task, signedBy: signedBy, usesExternalTrainer: externalTrainer)
    let refusals = findings.compactMap(\.refusal)
    console.print("")
    console.print("\("\(path)", .strong) \(task.contentHash.abbreviated)")
    for finding in findings {
      var fields: [String: JSON] = [
        "rule": .string(finding.rule), "asked": .string(finding.asked), "allowed": .string(finding.allowed),
        "holds": .bool(finding.holds),
      ]
      fields["line"] = finding.line.map { .integer($0) }
      console.emit("rule", fields)
      let sign: StyledText = finding.holds ? StyledText("✓", .good) : StyledText("✗", .bad)
      let text =
        finding.holds ? finding.asked : "\(finding.asked); allowed: \(finding.allowed)\(place(of: finding))"
      console.print("  " + sign + StyledText(" \(finding.rule)").padded(to: 26) + "\(text)", indent: 30)
    }
    console.emit(
      "judged",
      [
        "task": .string(path), "task_sha256": .string(task.contentHash.hexadecimal),
        "accepted": .bool(refusals.isEmpty), "refusals": .integer(refusals.count),
      ])
    console.print("")
    guard let first = refusals.first else {
      return console.print(
        "The task would be accepted\(signedBy == nil ? ", whoever signed it; --signed-by NAME judges that too" : "")."
      )
    }
    throw Failure(
      .refusedByOwner,
      "the task would be refused: \(first.message)"
        + (refusals.count > 1 ? " (and \(Figure.count(refusals.count - 1, "more rule")))" : ""),
      undone: "Nothing was run.")
  }

  private func place(of finding: PolicyFinding) -> String {
    finding.line.map { " (\(finding.file):\($0))" } ?? " (not written)"
  }
}
