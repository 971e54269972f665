// A federated study in ten lines: breast tumours at four hospitals that show each other no patient.
import Atoll

let task = try FederatedTask(
  .classification, label: "malignant", model: .mlp(hidden: [16]), optimizer: .adam(), localEpochs: 2,
  strategy: .fedProx(mu: 0.1), rounds: 12)
let study = try Study(task, participants: Scenario.breastTumours.participants)
let result = try study.run { round in print(round) }
print(result)

precondition(result.rounds.count == 12, "twelve rounds were run")
precondition(result.evaluation![.auc]! > 0.98, "the federated model tells tumours apart")
precondition(
  result.baselines.local.count == 4 && result.baselines.pooled != nil, "there is something to compare with")
