// What a participant allows, as a value: judged before any data are read.
import Atoll

let text = """
  version: 1
  tasks: [classification]
  questions: [columns, statistics, train, evaluate]
  models: {kinds: [logistic], most-parameters: 100}
  columns: {features: any, labels: [malignant]}
  preprocessing: {missing: [mean], scale: [standard], categories: [one-hot]}
  per-site: {columns: true, evaluation: true, details: true}
  limits: {rounds: 20, exchanges: 100, bytes: 1 MB}
  """
let policy = try Policy(yaml: text, file: "policy.yaml")

let task = try FederatedTask(.classification, label: "malignant", model: .logistic, rounds: 20)
precondition(policy.refusal(of: task) == nil)

// The same task with a rule broken: the refusal names the line.
let longer = try task.setting(["federation.rounds=50"])
guard let refusal = policy.refusal(of: longer) else { preconditionFailure("50 rounds are too many") }
precondition(
  refusal.description == "policy.yaml:8:10: asked for: 50 rounds; limits.rounds allows at most 20",
  refusal.description)

// Consent to one task and nothing else; what changed since can be told.
let consent = Consent(Consent.Approval(task))
precondition(consent.refusal(of: task) == nil)
precondition(consent.refusal(of: longer)?.differences.map(\.path) == ["federation.rounds"])
