import AtollLearning
import AtollNumerics
import Foundation
import Testing

struct PredictionTests {
  private func answers(_ model: ModelCase, rows: Int = 5) -> (outputs: [Float], predictions: [Float]) {
    let network = Network(model.architecture)
    let dataset = examples(rows, for: model.architecture)
    let parameters = scattered(network.layout)
    return (
      network.outputs(at: parameters, for: dataset, using: Workspace()),
      network.predictions(at: parameters, for: dataset, using: Workspace())
    )
  }

  @Test func `values and scores are the outputs themselves`() throws {
    let linear = try ModelCase("", .linear, [4], .squaredError)
    let svm = try ModelCase("", .svm, [4], classes: 3, .hinge)
    #expect(linear.architecture.prediction == .value)
    #expect(svm.architecture.prediction == .scores)
    for model in [linear, svm] {
      let (outputs, predictions) = answers(model)
      #expect(predictions == outputs)
    }
  }

  @Test func `one output is evidence for class 1`() throws {
    let model = try ModelCase("", .mlp(hidden: [3], activation: .tanh), [4], classes: 2, .crossEntropy)
    #expect(model.architecture.prediction == .probability)
    let (outputs, predictions) = answers(model)
    for (output, probability) in zip(outputs, predictions) {
      #expect(abs(Double(probability) - 1 / (1 + exp(-Double(output)))) < 1e-6)
    }
  }

  @Test func `several outputs become probabilities`() throws {
    let model = try ModelCase("", .softmax, [4], classes: 3, .crossEntropy)
    #expect(model.architecture.prediction == .probabilities)
    let (outputs, predictions) = answers(model)
    for row in stride(from: 0, to: outputs.count, by: 3) {
      let odds = outputs[row..<row + 3].map { exp(Double($0)) }
      for (probability, odds1) in zip(predictions[row..<row + 3], odds) {
        #expect(abs(Double(probability) - odds1 / odds.reduce(0, +)) < 1e-6)
      }
    }
  }

  @Test func `more rows than go through at once are predicted in pieces`() throws {
    let model = try ModelCase("", .logistic, [4], classes: 2, .crossEntropy)
    let network = Network(model.architecture)
    let dataset = examples(network.rowsAtOnce + 3, for: model.architecture)
    let parameters = scattered(network.layout)
    let together = network.predictions(at: parameters, for: dataset, using: Workspace())
    let oneByOne = (0..<dataset.count).flatMap {
      network.predictions(at: parameters, for: dataset.examples(at: [$0]), using: Workspace())
    }
    #expect(together == oneByOne)
  }

  @Test(arguments: try ModelCase.all())
  func `the mean loss is the mean of the weighted losses`(_ model: ModelCase) throws {
    let network = Network(model.architecture)
    let dataset = examples(7, for: model.architecture)
    let parameters = scattered(network.layout)
    let losses = network.losses(model.objective.loss, on: dataset, at: parameters, using: Workspace())
    let weights: [Double]
    if case .classes(let classes, _) = dataset.targets, !model.objective.classWeights.isEmpty {
      weights = classes.map { Double(model.objective.classWeights[Int($0)]) }
    } else {
      weights = losses.map { _ in 1 }
    }
    let mean = network.meanLoss(of: model.objective, on: dataset, at: parameters, using: Workspace())
    #expect(abs(mean - zip(losses, weights).reduce(0) { $0 + Double($1.0) * $1.1 } / 7) < 1e-12)
  }

  @Test func `no examples have no predictions and no loss`() throws {
    let model = try ModelCase("", .linear, [4], .squaredError)
    let network = Network(model.architecture)
    let none = Dataset(inputShape: [4], features: [], targets: .values([]))
    let parameters = ParameterSet(zeros: network.layout)
    #expect(network.predictions(at: parameters, for: none, using: Workspace()).isEmpty)
    #expect(network.meanLoss(of: model.objective, on: none, at: parameters, using: Workspace()) == 0)
  }
}
