import AtollLearning
import AtollNumerics
import Testing

@testable import AtollTraining

struct TrainingTests {
  @Test func `a full-batch step is the closed form`() throws {
    let problem = try LeastSquares()
    let start = problem.start.values.map(Double.init)
    let gradient = problem.gradient(at: start, rows: [0, 1, 2])
    let expected = zip(start, gradient).map { $0 - 0.0625 * $1 }
    #expect(isClose(try problem.train(problem.plan(.full, .epochs(1))), expected))

    let mean = try GradientTrainer(problem.network).gradient(
      at: problem.start, on: problem.dataset, plan: problem.plan(.full, .epochs(1)))
    #expect(isClose(mean.gradient.values, gradient))
    #expect(mean.examples == 3)
    let residuals = [0.5 * 1 - 0.25 * 2 + 1 - 1, 0.5 * -1 - 0.25 * 0.5 + 1 + 2, 0.5 * 3 + 0.25 * 2 + 1 - 0.5]
    #expect(abs(mean.meanLoss - residuals.map { $0 * $0 }.reduce(0, +) / 3) < 1e-6)
  }

  @Test func `the last batch of a pass may be short, and its mean is over what it has`() throws {
    let problem = try LeastSquares()
    var parameters = problem.start.values.map(Double.init)
    for rows in [[0, 1], [2], [0, 1]] {
      parameters = zip(parameters, problem.gradient(at: parameters, rows: rows)).map { $0 - 0.0625 * $1 }
    }
    #expect(isClose(try problem.train(problem.plan(.rows(2), .steps(3))), parameters))
  }

  @Test(arguments: [true, false])
  func `steps go round the data as epochs do`(_ shuffle: Bool) throws {
    let task = try #require(try TrainingCase.all().first)
    var plan = task.plan
    plan.shuffle = shuffle
    plan.amount = .epochs(3)
    let epochs = try task.train(plan: plan)
    plan.amount = .steps(9)  // 11 rows in batches of 4: three to a pass
    #expect(try task.train(plan: plan) == epochs)
  }

  @Test func `the reported loss is the mean over all examples that were looked at`() throws {
    let problem = try LeastSquares()
    // A rate this small leaves the model where it is.
    let trained = try GradientTrainer(problem.network).train(
      from: problem.start, on: problem.dataset, plan: problem.plan(.rows(2), .epochs(4)), learningRate: 1e-12,
      coins: TrainingCoins(seed: 1))
    let still = problem.network.meanLoss(
      of: Objective(.squaredError), on: problem.dataset, at: problem.start, using: Workspace())
    #expect(abs(trained.meanLoss - still) < 1e-6)
    #expect(trained.steps == 8)
    #expect(trained.examples == 3)
  }

  @Test(arguments: try TrainingCase.all())
  func `every kernel level gives the same bits`(_ task: TrainingCase) throws {
    let models = try Kernels.available.map { kernels in
      try task.train(GradientTrainer(Network(task.architecture, kernels: kernels), kernels: kernels))
    }
    for (kernels, model) in zip(Kernels.available, models) {
      #expect(model == models[0], "\(kernels.name)")
      #expect(model.parameters != task.start(), "training that moves nothing proves nothing")
    }
  }

  @Test(arguments: try TrainingCase.all())
  func `what a trainer did before does not matter`(_ task: TrainingCase) throws {
    let trainer = GradientTrainer(Network(task.architecture))
    _ = try task.train(trainer, on: task.examples(23, seed: 9))
    var other = task.plan
    other.optimizer = .adam()
    other.batchSize = .rows(7)
    _ = try task.train(trainer, plan: other)
    _ = try task.train(trainer)
    #expect(try task.train(trainer) == task.train())
  }

  @Test(arguments: try TrainingCase.all())
  func `going straight into the weights differs by rounding only`(_ task: TrainingCase) throws {
    let network = Network(task.architecture)
    let stored = try task.train(GradientTrainer(network, kernels: .active, fusesPlainDescent: false))
    let direct = try task.train(GradientTrainer(network, kernels: .active, fusesPlainDescent: true))
    for (stored, direct) in zip(stored.parameters.values, direct.parameters.values) {
      #expect(abs(stored - direct) < 1e-5)
    }
  }

  @Test func `order depends on seed, round and participant`() throws {
    let task = try #require(try TrainingCase.all().first)
    let coins = [
      TrainingCoins(seed: 7, round: 2, participant: "st-olav"),
      TrainingCoins(seed: 8, round: 2, participant: "st-olav"),
      TrainingCoins(seed: 7, round: 3, participant: "st-olav"),
      TrainingCoins(seed: 7, round: 2, participant: "ullevål"),
    ]
    let models = try coins.map { try task.train(coins: $0).parameters }
    #expect(Set(models).count == coins.count)
    #expect(try task.train(coins: coins[0]).parameters == models[0])
  }

  @Test func `every row is taken once in each pass, in another order`() throws {
    let dataset = Dataset(
      inputShape: [1], features: (0..<10).map(Float.init), targets: .values((0..<10).map { Float(10 + $0) }))
    var reader = BatchReader()
    reader.begin(size: 4, coins: TrainingCoins(seed: 1))
    var passes: [[Float]] = []
    dataset.withBatch { all in
      for _ in 0..<3 {
        var pass: [Float] = []
        for expected in [4, 4, 2] {
          let batch = reader.next(of: all)
          #expect(batch.rows == expected)
          guard case .values(let values) = batch.targets else { continue }
          for row in 0..<batch.rows {
            #expect(values[row] == batch.features[row] + 10)
            pass.append(batch.features[row])
          }
        }
        passes.append(pass)
      }
    }
    for pass in passes { #expect(pass.sorted() == dataset.features) }
    #expect(Set(passes).count == 3)
  }
}

struct PenaltyAndCorrectionTests {
  @Test func `penalties pull on weights and spare the bias`() throws {
    let network = Network(try ModelArchitecture(kind: .linear, inputShape: [3], classes: nil))
    // Features of zero and targets that the bias meets: all gradient is the penalty's.
    let dataset = Dataset(inputShape: [3], features: [0, 0, 0], targets: .values([4]))
    let parameters = ParameterSet(layout: network.layout, values: [2, -0.5, 0, 4])
    let regularization = Regularization(l1: 0.25, l2: 0.5)
    let plan = LocalTraining(loss: .squaredError, regularization: regularization, learningRate: 1)
    let mean = try GradientTrainer(network).gradient(at: parameters, on: dataset, plan: plan)
    #expect(mean.gradient.values == [1.25, -0.5, 0, 0])
    #expect(mean.meanLoss == 0, "penalties are not part of the loss")
    #expect(regularization.penalty(of: parameters) == 0.25 * 2.5 + 0.5 * 0.5 * 4.25)
  }

  @Test func `a proximal pull grows with the distance from the start`() throws {
    let problem = try LeastSquares()
    let start = problem.start.values.map(Double.init)
    var parameters = start
    for _ in 0..<3 {
      let gradient = problem.gradient(at: parameters, rows: [0, 1, 2])
      parameters = parameters.indices.map {
        parameters[$0] - 0.0625 * (gradient[$0] + 0.5 * (parameters[$0] - start[$0]))
      }
    }
    #expect(
      isClose(try problem.train(problem.plan(.full, .epochs(3)), correction: .proximal(0.5)), parameters))
  }

  @Test func `a control is added to every gradient`() throws {
    let problem = try LeastSquares()
    let control = [0.5, -2, 1]
    var parameters = problem.start.values.map(Double.init)
    for _ in 0..<2 {
      let gradient = problem.gradient(at: parameters, rows: [0, 1, 2])
      parameters = parameters.indices.map { parameters[$0] - 0.0625 * (gradient[$0] + control[$0]) }
    }
    let correction = GradientCorrection.control(
      ParameterSet(layout: problem.network.layout, values: control.map { Float($0) }))
    #expect(isClose(try problem.train(problem.plan(.full, .epochs(2)), correction: correction), parameters))
  }

  @Test func `class weights come from the plan or from the caller`() throws {
    let task = try #require(try TrainingCase.all().first)
    var plan = task.plan
    plan.classWeights = .values([0.5, 3])
    let fromPlan = try task.train(plan: plan)
    let trainer = GradientTrainer(Network(task.architecture))
    plan.classWeights = .balanced
    let given = try trainer.train(
      from: task.start(), on: task.examples(), plan: plan, learningRate: plan.learningRate,
      coins: TrainingCoins(seed: 7, round: 2, participant: "st-olav"), classWeights: [0.5, 3])
    #expect(fromPlan == given)
    #expect(try task.train() != given)
  }
}
