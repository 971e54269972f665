import AtollLearning
import AtollNumerics
import AtollPrivacy
import Foundation
import Testing

@testable import AtollTraining

struct RecordPrivacyTests {
  private func plan(
    _ task: TrainingCase, _ privacy: RecordPrivacy, _ optimizer: OptimizerKind? = nil
  ) -> LocalTraining {
    var plan = task.plan
    plan.privacy = privacy
    if let optimizer { plan.optimizer = optimizer }
    return plan
  }

  @Test(arguments: [
    (0, 1, 0.1, 1), (-1, 1, 0.1, 1), (.infinity, 1, 0.1, 1), (.nan, 1, 0.1, 1), (0x1p31, 1, 0.1, 1),
    (1, 0, 0.1, 1), (1, .nan, 0.1, 1), (1, 0x1p21, 0.1, 1), (1, 1, 0, 1), (1, 1, 1.01, 1), (1, 1, .nan, 1),
    (1, 1, 0.1, 0), (1, 1, 0.1, -3), (1, 1, 0.1, 1 << 32),
  ])
  func `parameters out of range are refused, also from a file`(
    _ clippingNorm: Double, _ noise: Double, _ rate: Double, _ steps: Int
  ) throws {
    let error = #expect(throws: PrivacyError.self) {
      try RecordPrivacy(
        clippingNorm: clippingNorm, noiseMultiplier: noise, samplingRate: rate, steps: steps)
    }
    #expect(error?.code == .invalid)
    guard [clippingNorm, noise, rate].allSatisfy(\.isFinite) else { return }
    let text =
      #"{"clippingNorm":\#(clippingNorm),"noiseMultiplier":\#(noise),"samplingRate":\#(rate),"steps":\#(steps)}"#
    #expect(throws: PrivacyError.self) {
      try JSONDecoder().decode(RecordPrivacy.self, from: Data(text.utf8))
    }
  }

  @Test(arguments: [(0x1p-30, 0x1p-10, 0x1p-40), (0x1p30, 0x1p20, 1), (0.7, 1.1, 0.01)])
  func `every lawful value trains, and survives being written`(
    _ clippingNorm: Double, _ noise: Double, _ rate: Double
  ) throws {
    let privacy = try RecordPrivacy(
      clippingNorm: clippingNorm, noiseMultiplier: noise, samplingRate: rate, steps: 2)
    let task = try #require(try TrainingCase.all().first)
    let plan = plan(task, privacy)
    let written = try JSONEncoder().encode(plan)
    #expect(try JSONDecoder().decode(LocalTraining.self, from: written) == plan)
    #expect(try task.train(plan: plan).parameters != task.start())
  }

  @Test func `a plan without privacy is written as before`() throws {
    let task = try #require(try TrainingCase.all().first)
    #expect(!String(decoding: try JSONEncoder().encode(task.plan), as: UTF8.self).contains("privacy"))
  }

  @Test func `the event of a round is that of its steps`() throws {
    let privacy = try RecordPrivacy(
      clippingNorm: 1, noiseMultiplier: 1.1, samplingRate: 256 / 60_000, steps: 14_062)
    let step = try PrivacyEvent(
      .poissonSampled(rate: 256 / 60_000, PrivacyEvent(.gaussian(noiseMultiplier: 1.1))))
    #expect(try privacy.event == PrivacyEvent(.repeated(step, times: 14_062)))
    // The figure of TensorFlow Privacy's tutorial: 3.0 at 1e-5 by Rényi divergences, less by loss distributions.
    let guarantee = try PrivacyAccounting.epsilon(of: privacy.event, delta: 1e-5, relation: .zeroOut)
    #expect(guarantee.epsilon > 2.3 && guarantee.epsilon < 3.01)
    #expect(guarantee.unit == .record)
  }

  @Test(arguments: try TrainingCase.all())
  func `every kernel level trains to the same bits with the same coins`(_ task: TrainingCase) throws {
    let privacy = try RecordPrivacy(clippingNorm: 0.5, noiseMultiplier: 0.8, samplingRate: 0.4, steps: 3)
    let models = try Kernels.available.map { kernels in
      try task.train(
        GradientTrainer(Network(task.architecture, kernels: kernels), kernels: kernels, insecureSeed: 9),
        plan: plan(task, privacy)
      ).parameters
    }
    #expect(models.allSatisfy { $0 == models[0] })
    #expect(models[0] != task.start())
    let others = try [9, 10].map {
      try task.train(GradientTrainer(Network(task.architecture), insecureSeed: $0), plan: plan(task, privacy))
        .parameters
    }
    #expect(others[0] == models[0] && others[1] != models[0])
  }

  @Test func `two trainers of the product never draw the same coins`() throws {
    let task = try #require(try TrainingCase.all().first)
    let privacy = try RecordPrivacy(clippingNorm: 1, noiseMultiplier: 1, samplingRate: 0.5, steps: 1)
    let models = try (0..<2).map { _ in try task.train(plan: plan(task, privacy)).parameters }
    #expect(models[0] != models[1])
  }

  @Test(arguments: [
    OptimizerKind.sgd(), .sgd(momentum: 0.9), .sgd(momentum: 0.5, nesterov: true), .adagrad(), .adam(),
    .adamW(),
  ])
  func `optimizers see the noised gradient, penalties and corrections come behind the noise`(
    _ kind: OptimizerKind
  ) throws {
    let task = try #require(try TrainingCase.all().first { $0.description == "mlp, sgd" })
    let network = Network(task.architecture)
    let privacy = try RecordPrivacy(clippingNorm: 0.5, noiseMultiplier: 0.3, samplingRate: 0.5, steps: 4)
    var plan = plan(task, privacy, kind)
    plan.regularization = Regularization(l1: 0.01, l2: 0.1)
    let found = try task.train(
      GradientTrainer(network, insecureSeed: 4), plan: plan, correction: .proximal(0.5))

    let gradient = PrivateGradient(network, kernels: .active, coins: SecretCoins(insecureSeed: 4))
    let start = task.start()
    var weights = start.values
    var optimizer = Optimizer(kind, count: weights.count)
    task.examples().withBatch { batch in
      for _ in 0..<4 {
        var g = [Float](repeating: 0, count: weights.count)
        gradient.take(privacy, of: Objective(task.plan.loss), on: batch, at: weights, to: &g)
        plan.regularization.addGradient(
          at: weights, to: &g, over: network.layout.tensors.filter(\.isPenalised).map(\.range),
          kernels: .active)
        for index in g.indices { g[index] += 0.5 * (weights[index] - start.values[index]) }
        optimizer.step(&weights, gradient: g, learningRate: Float(plan.learningRate), count: weights.count)
      }
    }
    #expect(isClose(found.parameters.values, weights.map(Double.init), 1e-6))
    #expect(found.steps == 4 && found.examples == 11)
    #expect(found.meanLoss.isNaN, "a loss would tell of the examples")
  }

  @Test func `a penalty is not clipped`() throws {
    // Clipped gradients and their noise are too small to be seen: what is left is the penalty.
    let task = try #require(try TrainingCase.all().first { $0.description == "mlp, sgd" })
    var plan = plan(
      task, try RecordPrivacy(clippingNorm: 0x1p-30, noiseMultiplier: 0x1p-10, samplingRate: 1, steps: 1))
    plan.regularization = Regularization(l2: 0.5)
    let trained = try task.train(plan: plan).parameters
    let start = task.start()
    for tensor in start.layout.tensors {
      for index in tensor.range {
        let factor = tensor.isPenalised ? 1 - plan.learningRate * 0.5 : 1
        #expect(abs(Double(trained.values[index]) - factor * Double(start.values[index])) < 1e-7)
      }
    }
  }

  @Test func `corrections of strategies are lawful, a gradient without noise is not`() throws {
    let task = try #require(try TrainingCase.all().first)
    let plan = plan(
      task, try RecordPrivacy(clippingNorm: 0x1p-30, noiseMultiplier: 0x1p-10, samplingRate: 1, steps: 1))
    var control = ParameterSet(zeros: task.start().layout)
    for index in control.values.indices { control.values[index] = Float(index) }
    let trained = try task.train(plan: plan, correction: .control(control)).parameters
    #expect(
      isClose(
        trained.values,
        zip(task.start().values, control.values).map { Double($0) - plan.learningRate * Double($1) }))
    let error = #expect(throws: TrainingError.self) {
      try GradientTrainer(Network(task.architecture)).gradient(
        at: task.start(), on: task.examples(), plan: plan)
    }
    #expect(error?.code == .plan)
  }

  @Test func `training stops when it is asked to, and when the model is no longer finite`() throws {
    let task = try #require(try TrainingCase.all().first)
    let privacy = try RecordPrivacy(clippingNorm: 1, noiseMultiplier: 1, samplingRate: 1, steps: 5)
    let stopped = #expect(throws: TrainingError.self) {
      try task.train(plan: plan(task, privacy), shouldStop: { true })
    }
    #expect(stopped?.code == .stopped)
    let loud = try RecordPrivacy(clippingNorm: 1, noiseMultiplier: 1000, samplingRate: 1, steps: 5)
    var wild = plan(task, loud)
    wild.learningRate = 3e38
    let diverged = #expect(throws: TrainingError.self) { try task.train(plan: wild) }
    #expect(diverged?.code == .diverged)
  }

  @Test func `a trainer that had private participants trains others as before`() throws {
    let task = try #require(try TrainingCase.all().first)
    let trainer = GradientTrainer(Network(task.architecture))
    let privacy = try RecordPrivacy(clippingNorm: 1, noiseMultiplier: 1, samplingRate: 0.5, steps: 2)
    _ = try task.train(trainer, plan: plan(task, privacy))
    #expect(try task.train(trainer) == task.train())
  }
}
