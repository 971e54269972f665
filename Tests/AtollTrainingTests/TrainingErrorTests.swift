import AtollLearning
import AtollNumerics
import AtollTraining
import Testing

struct TrainingErrorTests {
  private func error(_ change: (inout LocalTraining) -> Void, on dataset: Dataset? = nil) throws
    -> TrainingError?
  {
    let task = try #require(try TrainingCase.all().first)
    var plan = task.plan
    change(&plan)
    return #expect(throws: TrainingError.self) { try task.train(plan: plan, on: dataset) }
  }

  @Test func `diverged training is named, with what to try`() throws {
    let problem = try LeastSquares()
    var plan = problem.plan(.full, .epochs(100))
    plan.learningRate = 1e6
    let error = #expect(throws: TrainingError.self) { try problem.train(plan) }
    #expect(error?.code == .diverged)
    #expect(
      error?.message
        == "training diverged in step 4 of 100: the loss is no longer a finite number; try a smaller learning-rate than 1000000.0, or scale the features"
    )
  }

  @Test func `a last step into the infinite is noticed`() throws {
    let problem = try LeastSquares()
    var plan = problem.plan(.full, .epochs(1))
    plan.learningRate = 3e38
    let error = #expect(throws: TrainingError.self) { try problem.train(plan) }
    #expect(error?.code == .diverged)
  }

  @Test func `a plan that cannot be carried out is refused`() throws {
    #expect(try error { $0.batchSize = .rows(0) }?.message == "the batch-size is 0; it must be at least 1")
    #expect(
      try error { $0.amount = .epochs(0) }?.message == "there are 0 local-epochs; there must be at least 1")
    #expect(
      try error { $0.amount = .steps(-1) }?.message == "there are -1 local-steps; there must be at least 1")
    #expect(
      try error { $0.learningRate = 0 }?.message == "the learning-rate is 0.0; it must be above 0 and finite"
    )
    #expect(
      try error { $0.classWeights = .values([1, 2, 3]) }?.message
        == "class-weights has 3 numbers, and there are 2 classes")
    let loss = try error { $0.loss = .hinge }
    #expect(loss?.code == .plan)
    #expect(loss?.message == "the model logistic, predicting classes, is trained with cross-entropy")
  }

  @Test func `data that do not fit are refused`() throws {
    let none = try error(
      { _ in }, on: Dataset(inputShape: [21], features: [], targets: .classes([], count: 2)))
    #expect(none?.code == .data)
    #expect(none?.message == "there are no examples to train on")
    let wrong = try error(
      { _ in }, on: Dataset(inputShape: [1], features: [1], targets: .classes([0], count: 2)))
    #expect(wrong?.code == .data)
    #expect(wrong?.message == "the examples have the shape [1], but the model takes [21]")
  }

  @Test func `training stops when asked`() throws {
    let task = try #require(try TrainingCase.all().first)
    var asked = 0
    let error = #expect(throws: TrainingError.self) {
      try task.train(shouldStop: {
        asked += 1
        return asked > 3
      })
    }
    #expect(error?.code == .stopped)
    #expect(error?.message == "training was stopped after 3 steps")
  }
}
