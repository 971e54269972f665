import AtollLearning
import AtollMeasurement
import AtollNumerics
import AtollTesting
import AtollTraining

/// W7: training of one model on one thread, nothing else. The first 2,000 examples of W1 or W3, over and over.
enum LocalTrainingBenchmark {
  static func rows(
    of workload: PeerWorkload, batch: Int, repeats: Int, seconds: Double
  ) throws -> [Row] {
    let network = Network(try workload.architecture)
    let trainer = GradientTrainer(network)
    let examples = workload.dataset(0..<2000)
    var plan = workload.training
    plan.batchSize = .rows(batch)
    var model = workload.initialParameters(of: network)
    func train(steps: Int) throws -> Double {
      plan.amount = .steps(steps)
      let trained = try trainer.train(
        from: model, on: examples, plan: plan, learningRate: plan.learningRate, coins: TrainingCoins(seed: 1))
      model = trained.parameters
      return trained.meanLoss
    }
    let firstLoss = try train(steps: 1)
    _ = try train(steps: 20)
    let perCall = 2000 / batch
    let rate = try Spread.rate(repeats: repeats, seconds: seconds) {
      _ = try train(steps: perCall)
      return Double(perCall * batch)
    }
    return [
      Row(
        "W7-\(workload)", threads: 1, batch: batch, rate, "samples/s", checks: ["first_loss": firstLoss])
    ]
  }
}
