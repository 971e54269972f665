import AtollLearning
import AtollNumerics
import AtollTraining
import Foundation
import Testing

/// `Tests/Vectors/regressions.json`: coefficients by scikit-learn, made by `regressions.py` beside it.
private struct Regressions: Decodable {
  struct Case: Decodable, CustomStringConvertible {
    let name: String
    let target: String
    let weights: [Double]
    let bias: [Double]
    var description: String { name }
  }
  let features: [Float]
  let width: Int
  let l2: Float
  let binary: [Int32]
  let three: [Int32]
  let value: [Float]
  let cases: [Case]

  static func load() throws -> Regressions {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../Vectors/regressions.json")
    return try JSONDecoder().decode(Regressions.self, from: Data(contentsOf: file))
  }
}

struct RegressionTests {
  @Test(arguments: try Regressions.load().cases)
  fileprivate func `full-batch descent ends at scikit-learn's coefficients`(_ expected: Regressions.Case)
    throws
  {
    let table = try Regressions.load()
    let (kind, targets, classes): (ModelKind, Targets, Int?) =
      switch expected.target {
      case "binary": (.logistic, .classes(table.binary, count: 2), 2)
      case "three": (.softmax, .classes(table.three, count: 3), 3)
      default: (.linear, .values(table.value), nil)
      }
    let weights: ClassWeights = expected.name.contains("weights") ? .values([0.5, 2]) : .none
    let dataset = Dataset(inputShape: [table.width], features: table.features, targets: targets)
    let network = Network(try ModelArchitecture(kind: kind, inputShape: [table.width], classes: classes))
    let plan = LocalTraining(
      loss: classes == nil ? .squaredError : .crossEntropy, regularization: Regularization(l2: table.l2),
      classWeights: weights, learningRate: classes == nil ? 0.1 : 0.5, batchSize: .full, amount: .epochs(3000)
    )
    let trained = try GradientTrainer(network).train(
      from: ParameterSet(zeros: network.layout), on: dataset, plan: plan, learningRate: plan.learningRate,
      coins: TrainingCoins(seed: 1))
    #expect(trained.steps == 3000)
    for (found, expected) in zip(trained.parameters["output.weight"], expected.weights) {
      #expect(abs(Double(found) - expected) < 2e-5)
    }
    for (found, expected) in zip(trained.parameters["output.bias"], expected.bias) {
      #expect(abs(Double(found) - expected) < 2e-5)
    }
  }
}
