// The small pieces that the reference documentation shows.
import Atoll

// Participants
let ashford = try Table(["age": .number([63, 41, 58]), "ward": .category(["surgery", nil, "surgery"])])
let birk = try Table(["age": .number([77, 30]), "ward": .category(["medicine", "surgery"])])
let everyone = try Table(csv: MemorySource(BreastTumours.csv, name: "tumours"))

let fromTables: Participants = ["ashford": ashford, "birk": birk]
let fromFiles = try Participants(csv: ["sites/ashford.csv", "sites/birk.csv"])
let madeUp = Participants(everyone, split: .dirichlet(participants: 20, alpha: 0.5))
precondition(fromTables.names == fromFiles.names && madeUp.names == nil, "files are named after themselves")

// A program
extension SumSpec.Name { static let rows = Self(rawValue: "rows") }

struct HowManyRows: Query {
  static let kind = "how-many-rows"
  var reply: ReplyShape { .sums([SumSpec(.rows, count: 1, format: .counts)]) }
}

struct HowManyRowsWorker: Worker {
  func answer(_ question: HowManyRows, in context: inout LocalContext) throws -> Reply {
    .sums(Contribution(sums: [.rows: .integers([Int64(context.data.trainingCount)])]))
  }
}

struct CountRows: FederatedProgram {
  static let kind = "count-rows"
  var rows: Int64?

  func next() -> Step<Int64> { rows.map { .finish($0) } ?? .exchange(Exchange(HowManyRows())) }

  mutating func absorb(_ result: ExchangeResult) -> StepReport {
    rows = result.integers(.rows)[0]
    return StepReport()
  }
}

let wards = MemoryPopulation(["ashford": ashford, "birk": birk])
let rows = try Simulation(of: wards, workers: WorkerRegistry(HowManyRowsWorker())).run(CountRows())
precondition(rows == 5, "three and two")

// Round by round
let task = try FederatedTask(.classification, label: "malignant", model: .logistic, rounds: 50)
let study = try Study(task, participants: Scenario.breastTumours.participants)

let run = try study.start()
for try await round in run {
  print(round)
  if let auc = round[.auc], auc > 0.99 { break }
}
let model = run.model
precondition(model!.round < 50 && model!.evaluation!.pooled[.auc]! > 0.99, "left early with the model so far")
