import AtollFederation
import AtollLearning
import AtollNumerics
import AtollSimulation
import AtollTesting
import AtollTraining
import Testing

/// Two participants whose losses are quadratics with optima far apart. Many local steps pull FedAvg to the mean of
/// the two optima; the optimum of the common loss lies elsewhere (Karimireddy et al. 2020, section 3; Li et al. 2020,
/// section 5.2).
@Suite struct DriftTests {
  /// (w·x − y)² and its mirror image: the bias stays at zero.
  static func quadratic(curvature: Float, optimum: Float) -> LocalData {
    let x = curvature.squareRoot()
    let rows = Dataset(
      inputShape: [1], features: [x, -x], targets: .values([x * optimum, -x * optimum]))
    return LocalData(.examples(training: rows, heldOut: rows))
  }

  let population = MemoryPopulation([
    "flat": quadratic(curvature: 1, optimum: 0), "steep": quadratic(curvature: 10, optimum: 1),
  ])
  /// Of the sum of (w − 0)² and 10·(w − 1)².
  let optimum = 10.0 / 11

  func weight<S: Strategy>(_ strategy: S, rounds: Int) throws -> Double {
    var wide = ProtectionPlan()
    wide.range = 64  // gradients of the steep participant are long
    let plan = TrainingPlan(
      model: .linear, strategy: strategy,
      training: LocalTraining(
        loss: .squaredError, learningRate: 0.04, batchSize: .full, amount: .steps(50)),
      rounds: rounds, protection: wide, evaluation: EvaluationPlan(every: rounds, metrics: [.loss]), seed: 1)
    let program = try Training(plan, from: Preparation(inputShape: [1], classes: nil))
    let model = try Simulation(
      of: population, workers: .training, store: MemoryRunStore(), header: ContentHash(of: [UInt8]()),
      options: Simulation.Options(seed: 1)
    ).run(program)
    return Double(model.parameters["output.weight"].first ?? .nan)
  }

  @Test func `FedAvg stops at the mean of the participants' optima`() throws {
    #expect(abs(try weight(FedAvg(), rounds: 60) - 0.5) < 0.02)
  }

  @Test func `SCAFFOLD finds the common optimum`() throws {
    #expect(abs(try weight(Scaffold(), rounds: 60) - optimum) < 1e-3)
  }

  @Test func `FedProx comes nearer the more it holds participants back`() throws {
    let plain = abs(try weight(FedAvg(), rounds: 60) - optimum)
    let held = abs(try weight(FedProx(mu: 2), rounds: 60) - optimum)
    let tighter = abs(try weight(FedProx(mu: 20), rounds: 60) - optimum)
    #expect(held < 0.8 * plain)
    #expect(tighter < 0.5 * held)
  }

  @Test func `FedSGD finds the common optimum one step at a time`() throws {
    #expect(abs(try weight(FedSGD(learningRate: 0.08), rounds: 60) - optimum) < 1e-3)
  }
}
