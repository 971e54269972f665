import AtollLearning
import AtollNumerics
import AtollTraining
import Testing

/// Poisson regression with a log link, as a user of the library would write it.
private struct PoissonRegression: Model {
  let layout: ParameterLayout
  let features: Int

  init(features: Int) {
    self.features = features
    layout = ParameterLayout([("weights", [features]), ("bias", [1])])
  }

  func initialParameters(using coins: inout RandomStream) -> ParameterSet { ParameterSet(zeros: layout) }

  func addGradient(
    of objective: Objective, on batch: Batch, share: Float, at parameters: UnsafePointer<Float>,
    to gradient: UnsafeMutablePointer<Float>?, using workspace: Workspace
  ) -> Double {
    guard case .values(let counts) = batch.targets else { preconditionFailure("counts are numbers") }
    var loss = 0.0
    for row in 0..<batch.rows {
      let x = batch.features + row * features
      let logRate = (0..<features).reduce(Double(parameters[features])) {
        $0 + Double(parameters[$1] * x[$1])
      }
      let rate = Elementary.exp(logRate)
      loss += rate - Double(counts[row]) * logRate
      guard let gradient else { continue }
      let slope = share * Float(rate - Double(counts[row]))
      for column in 0..<features { gradient[column] += slope * x[column] }
      gradient[features] += slope
    }
    return loss
  }

  func predictions(at parameters: ParameterSet, for dataset: Dataset, using workspace: Workspace) -> [Float] {
    (0..<dataset.count).map { row in
      let logRate = (0..<features).reduce(parameters.values[features]) {
        $0 + parameters.values[$1] * dataset.features[row * features + $1]
      }
      return Float(Elementary.exp(Double(logRate)))
    }
  }
}

struct CustomModelTests {
  @Test func `a model of one's own is trained like ours`() throws {
    let model = PoissonRegression(features: 1)
    // Two groups: the most likely rates are the groups' means, 2 and 6.
    let dataset = Dataset(
      inputShape: [1], features: [0, 0, 0, 1, 1, 1], targets: .values([1, 2, 3, 4, 6, 8]))
    let plan = LocalTraining(
      loss: .squaredError, learningRate: 0.1, batchSize: .full, amount: .epochs(2000), shuffle: false)
    let trained = try GradientTrainer(model).train(
      from: ParameterSet(zeros: model.layout), on: dataset, plan: plan, learningRate: plan.learningRate,
      coins: TrainingCoins(seed: 1))
    let rates = model.predictions(at: trained.parameters, for: dataset, using: Workspace())
    #expect(isClose(rates, [2, 2, 2, 6, 6, 6], 1e-4))
  }
}
