import AtollLearning
import AtollMeasurement
import AtollNumerics
import AtollTesting
import AtollTraining

/// What differential privacy for each record costs, on one thread: steps of DP-SGD against plain ones on as many examples, of
/// W1's network, in turn.
enum PrivateTrainingBenchmark {
  static func rows(batch: Int, repeats: Int, steps: Int) throws -> [Row] {
    let workload = PeerWorkload.w1
    let network = Network(try workload.architecture)
    let trainer = GradientTrainer(network)
    let examples = workload.dataset(0..<2000)
    let start = workload.initialParameters(of: network)
    var plain = workload.training
    plain.batchSize = .rows(batch)
    plain.amount = .steps(steps)
    func noised(_ rate: Double) throws -> LocalTraining {
      var plan = plain
      plan.privacy = try RecordPrivacy(
        clippingNorm: 1, noiseMultiplier: 1, samplingRate: rate, steps: steps)
      return plan
    }
    let clipped = try noised(Double(batch) / 2000)
    // Samples of nobody: what is left is noise, and the step along it.
    let empty = try noised(0x1p-40)
    func seconds(_ plan: LocalTraining) throws -> Double {
      let clock = ContinuousClock()
      let began = clock.now
      _ = try trainer.train(
        from: start, on: examples, plan: plan, learningRate: plan.learningRate, coins: TrainingCoins(seed: 1))
      return (clock.now - began) / .seconds(Double(steps))
    }
    for plan in [plain, clipped, empty] { _ = try seconds(plan) }
    let times = try (0..<repeats).map { _ in
      (plain: try seconds(plain), clipped: try seconds(clipped), noise: try seconds(empty))
    }
    return [
      Row(
        "clipping", threads: 1, batch: batch,
        Spread(of: times.map { ($0.clipped - $0.noise) / $0.plain }), "x a plain step"),
      Row(
        "clipping-and-noise", threads: 1, batch: batch, Spread(of: times.map { $0.clipped / $0.plain }),
        "x a plain step"),
    ]
  }
}
