import Atoll
import AtollTesting
import Extras
import Testing

struct FedExPTests {
  let hospitals = Scenario.breastTumours.participants

  func task(_ strategy: StrategyKind) throws -> FederatedTask {
    try FederatedTask(
      .classification, label: "malignant", model: .logistic, strategy: strategy, rounds: 3, baselines: [])
  }

  @Test func `by hand: two participants that disagree make the server go further`() throws {
    // Mean change (½, ½), mean squared length 1, so η = 1 / (2·½) = 1.
    #expect(try step([[1, 0], [0, 1]]) == [0.5, 0.5])
    // Mean change (1, 1), mean squared length 6, so η = 6 / (2·2) = 1.5.
    #expect(try step([[3, 0], [0, 3], [0, 0]]) == [1.5, 1.5])
  }

  func step(_ changes: [[Float]]) throws -> [Float] {
    let format = try FixedPoint(fractionBits: 24, bound: 64)
    let specs = [
      SumSpec(.update, count: 2, format: format, weighted: true),
      SumSpec(.squaredLength, count: 1, format: format),
    ]
    var sum = ExactSum(counts: [2, 1])
    for change in changes {
      let length = change.reduce(0) { $0 + $1 * $1 }
      sum.add(
        ExactSum.Term(
          vectors: [try RingVector(change, as: format), try RingVector([length], as: format)], weight: 1))
    }
    let names = (0..<changes.count).map { ParticipantID("p\($0)")! }
    let result = ExchangeResult(
      contributors: names, cohort: names.count, population: names.count, shape: .sums(specs), sum: sum)
    var model = ParameterSet(zeros: ParameterLayout([("weight", [2])]))
    try FedExP(epsilon: 0).apply(result, to: &model)
    return model.values
  }

  @Test func `it is a strategy like any other, after kills and on any threads`() throws {
    let task = try task(.own(FedExP()))
    let data = try TaskData(task, participants: hospitals)
    func check<Program: FederatedProgram<LearnedModel>>(_ program: Program) throws -> Int {
      try ProgramConformance(
        population: MemoryPopulation(data.participants), workers: .training(task.extensions)
      ).check(program).kills
    }
    #expect(try check(task.program()) > 0)
    let auc = try Study(task, participants: hospitals).run().evaluation?[.auc]
    #expect(try #require(auc) > 0.95)
  }

  @Test func `a task file may name it`() throws {
    let task = try task(.own(FedExP(epsilon: 0.01)))
    #expect(task.yaml.contains("{kind: fedexp, epsilon: 0.01}"))
    let read = try FederatedTask(yaml: task.yaml, extensions: Extensions(strategies: [FedExP.self]))
    #expect(read == task && read.contentHash == task.contentHash)
  }
}
