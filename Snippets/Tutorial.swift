// The code of Documentation/Tutorial.md, from beginning to end.
import Atoll

let hospitals = Scenario.breastTumours.participants

let task = try FederatedTask(
  .classification, name: "tumours", label: "malignant", model: .logistic, learningRate: 0.1, rounds: 10)
print(task.summary().text())

let study = try Study(task, participants: hospitals)
let result = try study.run { round in print(round) }

print(result)

let strategies: [StrategyKind] = [.fedAvg(), .fedProx(mu: 0.1), .fedAdam(learningRate: 0.1), .scaffold()]
for strategy in strategies {
  let task = try FederatedTask(
    .classification, label: "malignant", model: .logistic, learningRate: 0.1, strategy: strategy, rounds: 10,
    baselines: [])
  let auc = try Study(task, participants: hospitals).run().evaluation?[.auc]
  print(strategy.name, auc ?? .nan)
}

/// FedAvg that moves halfway only: the new model is the mean of the old one and the participants'.
struct Cautious: Strategy {
  var step = 0.5

  mutating func apply(_ result: ExchangeResult, to model: inout ParameterSet) throws {
    model.add(try result.mean(.update).map { step * $0 })
  }
}

let cautious = try FederatedTask(
  .classification, label: "malignant", model: .logistic, learningRate: 0.1,
  strategy: .own(Cautious(step: 0.3)),
  rounds: 10, baselines: [])
let slower = try Study(cautious, participants: hospitals).run()
print("cautious", slower.evaluation?[.auc] ?? .nan)

try result.model.save(to: "tumours-model")

let model = try LearnedModel(contentsOf: "tumours-model")
let patients = try Table(csv: MemorySource(BreastTumours.csv, name: "patients"))
let risks = try model.predict(patients).probabilities(of: "1")
print("patient 1 has a malignant tumour with probability", risks[0])

print(task.yaml)

precondition(result.rounds.count == 10, "ten rounds were run")
precondition(result.evaluation![.auc]! > 0.98, "the federated model tells tumours apart")
precondition(result.evaluation![.loss]! < result.baselines.meanLocal![.loss]!, "federation gains something")
precondition(slower.evaluation![.loss]! > result.evaluation![.loss]!, "a smaller step is slower")
precondition(risks.count == 569 && risks[0] > 0.5, "the first patient's tumour is malignant")
precondition(try! FederatedTask(yaml: task.yaml) == task, "the text is the task")
