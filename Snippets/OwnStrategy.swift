// A strategy of your own: how the mean update of a round becomes the next model.
import Atoll

/// Server momentum that looks ahead (Nesterov 1983): v ← β·v + Δ, then w ← w + Δ + β·v.
struct Nesterov: Strategy {
  var beta = 0.6
  var velocity: [Double]?

  mutating func apply(_ result: ExchangeResult, to model: inout ParameterSet) throws {
    let change = try result.mean(.update)
    let next = zip(velocity ?? change.map { _ in 0 }, change).map { beta * $0 + $1 }
    model.add(zip(change, next).map { $0 + beta * $1 })
    velocity = next
  }
}

let hospitals = Scenario.breastTumours.participants
func study(_ strategy: StrategyKind) throws -> Study {
  let task = try FederatedTask(
    .classification, label: "malignant", model: .logistic, strategy: strategy, rounds: 4, baselines: [])
  return try Study(task, participants: hospitals)
}

let plain = try study(.fedAvg()).run()
let ahead = try study(.own(Nesterov(beta: 0.6))).run()
print(
  "loss after 4 rounds: fedavg", plain.evaluation?[.loss] ?? .nan, "nesterov",
  ahead.evaluation?[.loss] ?? .nan)
precondition(ahead.evaluation![.loss]! < plain.evaluation![.loss]!, "momentum goes further in as many rounds")

// A task file may name it, once the program says that it has it.
let extensions = Extensions(strategies: [Nesterov.self])
let yaml = """
  task: classification
  name: study
  data: {participants: own, label: malignant}
  model: logistic
  federation: {strategy: {kind: nesterov, beta: 0.6}, rounds: 4}
  evaluation: {baselines: []}
  """
let read = try FederatedTask(yaml: yaml, extensions: extensions)
precondition(read.contentHash == ahead.task.contentHash, "the file and the value are one task")
