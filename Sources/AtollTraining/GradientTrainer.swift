public import AtollLearning
public import AtollNumerics

/// Trains a model on one participant's examples by gradient descent.
///
/// One thread keeps one trainer and uses it for participant after participant: it holds all memory that training needs,
/// so that neither a step nor (but for the result) a participant allocates. What it gives depends on its arguments
/// alone, never on what it did before.
public final class GradientTrainer {
  /// What is trained.
  public let model: any Model

  private let layout: ParameterLayout
  private let kernels: Kernels
  /// The model, where it is one of ours: it can check data, and take a plain step without storing the gradient.
  private let network: Network?
  private let fusesPlainDescent: Bool
  private let penalised: [Range<Int>]
  private let workspace = Workspace()
  private var gradientMemory = Buffer<Float>()
  private var reader = BatchReader()
  private var optimizer: Optimizer?

  /// Rows up to which a plain step goes straight into the weights: every row rounds them once.
  private static let fusedRows = 64

  /// A trainer of a model; no result depends on the kernels.
  public convenience init(_ model: any Model, kernels: Kernels = .active) {
    self.init(model, kernels: kernels, fusesPlainDescent: true)
  }

  package init(_ model: any Model, kernels: Kernels, fusesPlainDescent: Bool) {
    self.model = model
    self.kernels = kernels
    self.fusesPlainDescent = fusesPlainDescent
    network = model as? Network
    layout = model.layout
    penalised = layout.tensors.filter(\.isPenalised).map(\.range)
  }

  /// Trains from `start`.
  ///
  /// A full batch is never shuffled. The optimizer starts afresh.
  ///
  /// - Parameters:
  ///   - start: parameters of this model.
  ///   - dataset: the participant's examples.
  ///   - plan: how to train.
  ///   - learningRate: the rate of this round; the plan's schedule is the caller's business.
  ///   - coins: decide the order of the rows where the plan shuffles.
  ///   - classWeights: one for each class; nil takes those of the plan. Balanced ones are counted over all participants,
  ///     so the caller gives them.
  ///   - correction: what the strategy adds to each gradient.
  ///   - shouldStop: asked before each step.
  /// - Throws: ``TrainingError``; then nothing of the training is left but the trainer's memory.
  public func train(
    from start: ParameterSet, on dataset: Dataset, plan: LocalTraining, learningRate: Double,
    coins: TrainingCoins, classWeights: [Float]? = nil, correction: GradientCorrection = .none,
    shouldStop: () -> Bool = { false }
  ) throws(TrainingError) -> TrainedModel {
    precondition(start.layout == layout, "training starts from parameters of this model")
    let objective = try objective(of: plan, classWeights, on: dataset)
    guard learningRate > 0, Float(learningRate).isFinite else {
      throw TrainingError(.plan, "the learning-rate is \(learningRate); it must be above 0 and finite")
    }
    let batchSize = try plan.batchSize.rows(of: dataset.count)
    let steps = try plan.amount.steps(batches: (dataset.count + batchSize - 1) / batchSize)
    reader.begin(
      size: batchSize, coins: plan.shuffle && batchSize < dataset.count ? coins : nil)
    prepareOptimizer(plan.optimizer)
    let descent = Descent(
      objective: objective, regularization: plan.regularization, correction: correction,
      rate: Float(learningRate), start: start)

    var values = start.values
    let lossSum = try values.withUnsafeMutableBufferPointer { (values) throws(TrainingError) -> Double in
      // Safe because every model has a parameter.
      let weights = values.baseAddress!
      return try dataset.withBatch { (all) throws(TrainingError) -> Double in
        var sum = 0.0
        var seen = 0
        for step in 0..<steps {
          if shouldStop() { throw TrainingError(.stopped, "training was stopped after \(step) steps") }
          let batch = reader.next(of: all)
          sum += take(descent, on: batch, at: weights)
          seen += batch.rows
          guard sum.isFinite else { throw diverged(step, of: steps, learningRate) }
        }
        guard kernels.squaredNorm(weights, count: layout.count).isFinite else {
          throw diverged(steps - 1, of: steps, learningRate)
        }
        return sum / Double(seen)
      }
    }
    return TrainedModel(
      parameters: ParameterSet(layout: layout, values: values), steps: steps, examples: dataset.count,
      meanLoss: lossSum)
  }

  /// The gradient of the mean loss and the penalties over all examples at once (FedSGD).
  ///
  /// Loss, penalties and class weights are the plan's; `classWeights` as in
  /// ``train(from:on:plan:learningRate:coins:classWeights:correction:shouldStop:)``.
  public func gradient(
    at parameters: ParameterSet, on dataset: Dataset, plan: LocalTraining, classWeights: [Float]? = nil
  ) throws(TrainingError) -> MeanGradient {
    precondition(parameters.layout == layout, "the gradient is taken at parameters of this model")
    let objective = try objective(of: plan, classWeights, on: dataset)
    var gradient = ParameterSet(zeros: layout)
    let sum = gradient.values.withUnsafeMutableBufferPointer { gradient in
      parameters.values.withUnsafeBufferPointer { parameters in
        dataset.withBatch { all in
          // Safe because every model has a parameter.
          let (gradient, weights) = (gradient.baseAddress!, parameters.baseAddress!)
          let sum = model.addGradient(
            of: objective, on: all, share: 1 / Float(all.rows), at: weights, to: gradient, using: workspace)
          plan.regularization.addGradient(at: weights, to: gradient, over: penalised, kernels: kernels)
          return sum
        }
      }
    }
    guard sum.isFinite, gradient.isFinite else {
      throw TrainingError(
        .diverged,
        "the gradient is not finite at this model; try a smaller learning-rate, or scale the features")
    }
    return MeanGradient(gradient: gradient, examples: dataset.count, meanLoss: sum / Double(dataset.count))
  }
}

extension GradientTrainer {
  /// What stays the same from step to step.
  private struct Descent {
    let objective: Objective
    let regularization: Regularization
    let correction: GradientCorrection
    let rate: Float
    let start: ParameterSet

    var isPlain: Bool { correction == .none && regularization.isNone }
  }

  /// One step on one batch; returns the sum of its weighted losses before the step.
  private func take(_ descent: Descent, on batch: Batch, at weights: UnsafeMutablePointer<Float>) -> Double {
    let share = 1 / Float(batch.rows)
    let gradient = gradientMemory.reserve(layout.count)
    if fusesPlainDescent, let network, optimizer?.kind == .sgd(momentum: 0), descent.isPlain,
      batch.rows <= min(Self.fusedRows, network.rowsAtOnce)
    {
      return network.descend(
        descent.objective, on: batch, share: share, rate: descent.rate, at: weights, spare: gradient,
        using: workspace)
    }
    gradient.update(repeating: 0, count: layout.count)
    let sum = model.addGradient(
      of: descent.objective, on: batch, share: share, at: weights, to: gradient, using: workspace)
    descent.regularization.addGradient(at: weights, to: gradient, over: penalised, kernels: kernels)
    descent.correction.add(to: gradient, at: weights, start: descent.start, kernels: kernels)
    optimizer?.step(weights, gradient: gradient, learningRate: descent.rate, count: layout.count)
    return sum
  }

  private func prepareOptimizer(_ kind: OptimizerKind) {
    if optimizer?.kind == kind {
      optimizer?.reset()
    } else {
      optimizer = Optimizer(kind, count: layout.count, kernels: kernels)
    }
  }

  private func objective(
    of plan: LocalTraining, _ given: [Float]?, on dataset: Dataset
  ) throws(TrainingError) -> Objective {
    guard dataset.count > 0 else {
      throw TrainingError(.data, "there are no examples to train on")
    }
    do {
      try network?.architecture.check(plan.loss)
      try network?.architecture.check(dataset)
    } catch {
      throw TrainingError(error.code == .loss ? .plan : .data, error.message)
    }
    let weights =
      switch (given, plan.classWeights) {
      case (let given?, _): given
      case (nil, .none): [Float]()
      case (nil, .values(let values)): values
      case (nil, .balanced):
        preconditionFailure("balanced weights are counted over all participants beforehand")
      }
    if case .classes(_, let count) = dataset.targets, !weights.isEmpty, weights.count != count {
      throw .classWeights(weights.count, classes: count)
    }
    return Objective(plan.loss, classWeights: weights)
  }

  private func diverged(_ step: Int, of steps: Int, _ rate: Double) -> TrainingError {
    TrainingError(
      .diverged,
      "training diverged in step \(step + 1) of \(steps): the loss is no longer a finite number; try a smaller learning-rate than \(rate), or scale the features"
    )
  }
}

extension LocalTraining.BatchSize {
  /// Rows in a batch of a data set of `count` rows.
  fileprivate func rows(of count: Int) throws(TrainingError) -> Int {
    switch self {
    case .full: return count
    case .rows(let rows):
      guard rows > 0 else { throw TrainingError(.plan, "the batch-size is \(rows); it must be at least 1") }
      return min(rows, count)
    }
  }
}

extension LocalTraining.Amount {
  /// Optimizer steps, for a data set that is cut into so many batches.
  fileprivate func steps(batches: Int) throws(TrainingError) -> Int {
    switch self {
    case .epochs(let epochs):
      let (steps, overflow) = epochs.multipliedReportingOverflow(by: batches)
      guard epochs > 0, !overflow else {
        throw TrainingError(.plan, "there are \(epochs) local-epochs; there must be at least 1")
      }
      return steps
    case .steps(let steps):
      guard steps > 0 else {
        throw TrainingError(.plan, "there are \(steps) local-steps; there must be at least 1")
      }
      return steps
    }
  }
}
