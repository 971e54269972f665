public import AtollLearning
public import AtollNumerics
import AtollPrivacy

/// Trains a model on one participant's examples by gradient descent.
///
/// One thread keeps one trainer and uses it for participant after participant: it holds all memory that training needs,
/// so that neither a step nor (but for the result) a participant allocates. What it gives depends on its arguments
/// alone, never on what it did before; but for training with ``LocalTraining/privacy``, whose coins are secret.
public final class GradientTrainer {
  /// What is trained.
  public let model: any Model

  private let layout: ParameterLayout
  private let kernels: Kernels
  /// Of one of our own models: it can check data, and take a plain step without storing the gradient.
  private let network: NetworkDescent?
  private let fusesPlainDescent: Bool
  private let penalised: [Range<Int>]
  private let workspace = Workspace()
  private var gradientMemory = Buffer<Float>()
  /// Where a participant's model is trained of which only the change is wanted.
  private var modelMemory = Buffer<Float>()
  /// What is to be fetched from memory during the next training, so that it is at hand in the one after.
  private var ahead = UnsafeRawBufferPointer(start: nil, count: 0)
  private var reader = BatchReader()
  private var optimizer: Optimizer?
  private var privateGradient: PrivateGradient?

  /// Rows up to which a plain step goes straight into the weights: every row rounds them once.
  private static let fusedRows = 64

  /// A trainer of a model; no result depends on the kernels.
  public convenience init(_ model: any Model, kernels: Kernels = .active) {
    self.init(model, kernels: kernels, fusesPlainDescent: true)
  }

  /// A trainer whose secret coins everyone may know: for tests only, it protects nothing.
  package convenience init(_ model: any Model, kernels: Kernels = .active, insecureSeed: UInt64) {
    self.init(model, kernels: kernels, fusesPlainDescent: true)
    privateGradient = PrivateGradient(
      model, kernels: kernels, coins: SecretCoins(insecureSeed: insecureSeed))
  }

  package init(_ model: any Model, kernels: Kernels, fusesPlainDescent: Bool) {
    self.model = model
    self.kernels = kernels
    self.fusesPlainDescent = fusesPlainDescent
    network = (model as? Network).map(NetworkDescent.init)
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
    let round = TrainingRound(
      start: start, plan: plan, learningRate: learningRate, classWeights: classWeights, correction: correction
    )
    var values = start.values
    let (steps, meanLoss) = try values.withUnsafeMutableBufferPointer {
      (values) throws(TrainingError) -> (Int, Double) in
      // Safe because every model has a parameter.
      try train(values.baseAddress!, in: round, on: dataset, coins: coins, shouldStop)
    }
    return TrainedModel(
      parameters: ParameterSet(layout: layout, values: values), steps: steps, examples: dataset.count,
      meanLoss: meanLoss)
  }

  /// What training changes: the trained model less the one that it started from, each number rounded once.
  ///
  /// - Parameters:
  ///   - round: what is the same for all participants.
  ///   - dataset: the participant's examples.
  ///   - coins: decide the order of the rows where the plan shuffles.
  ///   - shouldStop: asked before each step.
  /// - Returns: the trainer's own memory, valid until its next participant: it may be changed.
  package func change(
    in round: TrainingRound, on dataset: Dataset, coins: TrainingCoins,
    shouldStop: () -> Bool
  ) throws(TrainingError) -> UnsafeMutableBufferPointer<Float> {
    let count = layout.count
    let weights = modelMemory.reserve(count)
    round.start.values.withUnsafeBufferPointer { start in
      // Safe because every model has a parameter.
      weights.update(from: start.baseAddress!, count: count)
    }
    _ = try train(weights, in: round, on: dataset, coins: coins, shouldStop)
    round.start.values.withUnsafeBufferPointer { start in
      for index in 0..<count { weights[index] = weights[index] - start[index] }
    }
    return UnsafeMutableBufferPointer(start: weights, count: count)
  }

  /// Tells whose examples come after those of the next training: they are fetched from memory meanwhile.
  ///
  /// - Parameter dataset: must live until the next training has ended.
  package func expect(_ dataset: Dataset) {
    dataset.features.withUnsafeBytes { bytes in
      // Of many only the first: they would be gone from the cache before they are looked at.
      ahead = UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.fetchedBytes))
    }
  }

  /// Half of a small cache.
  private static let fetchedBytes = 1 << 14

  /// Fetches the share of one step.
  private func fetch(_ step: Int, of steps: Int) {
    guard let start = ahead.baseAddress else { return }
    // The first steps fetch all, at least sixteen cache lines each.
    let share = max(1024, (ahead.count + steps - 1) / steps)
    let place = step * share
    if place < ahead.count { fetchAhead(start + place, byteCount: min(share, ahead.count - place)) }
  }

  /// The gradient of the mean loss and the penalties over all examples at once (FedSGD).
  ///
  /// Loss, penalties and class weights are the plan's; `classWeights` as in
  /// ``train(from:on:plan:learningRate:coins:classWeights:correction:shouldStop:)``.
  ///
  /// - Throws: ``TrainingError``, also where the plan asks for privacy: this gradient has no noise.
  public func gradient(
    at parameters: ParameterSet, on dataset: Dataset, plan: LocalTraining, classWeights: [Float]? = nil
  ) throws(TrainingError) -> MeanGradient {
    precondition(parameters.layout == layout, "the gradient is taken at parameters of this model")
    guard plan.privacy == nil else {
      throw TrainingError(
        .plan, "a gradient over all examples has no record privacy; take a strategy that trains in steps")
    }
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
  /// Trains the parameters at an address, which are those of the round's start.
  private func train(
    _ weights: UnsafeMutablePointer<Float>, in round: TrainingRound, on dataset: Dataset,
    coins: TrainingCoins, _ shouldStop: () -> Bool
  ) throws(TrainingError) -> (steps: Int, meanLoss: Double) {
    precondition(round.start.layout == layout, "training starts from parameters of this model")
    let plan = round.plan
    let descent = try descent(in: round, on: dataset)
    if let privacy = plan.privacy {
      return try train(weights, descent, in: round, on: dataset, coins, privacy, shouldStop)
    }
    let rows = dataset.count
    let batchSize = try plan.batchSize.rows(of: rows)
    let steps = try plan.amount.steps(batches: (rows + batchSize - 1) / batchSize)
    reader.begin(size: batchSize, coins: plan.shuffle && batchSize < rows ? coins : nil)
    prepareOptimizer(plan.optimizer)
    defer { ahead = UnsafeRawBufferPointer(start: nil, count: 0) }
    return try dataset.withBatch { (all) throws(TrainingError) -> (Int, Double) in
      var sum = 0.0
      var seen = 0
      for step in 0..<steps {
        if shouldStop() { throw TrainingError(.stopped, "training was stopped after \(step) steps") }
        fetch(step, of: steps)
        let batch = reader.next(of: all)
        sum += take(descent, in: round, on: batch, at: weights)
        seen += batch.rows
        guard sum.isFinite else { throw diverged(step, of: steps, round.learningRate) }
      }
      guard kernels.squaredNorm(weights, count: layout.count).isFinite else {
        throw diverged(steps - 1, of: steps, round.learningRate)
      }
      return (steps, sum / Double(seen))
    }
  }

  /// What stays the same from step to step.
  private struct Descent {
    let objective: Objective
    let rate: Float
    /// Nothing is added to the gradient of the loss, and it is only gone along.
    let isPlain: Bool
    let gradient: UnsafeMutablePointer<Float>
  }

  private func descent(
    in round: TrainingRound, on dataset: Dataset
  ) throws(TrainingError) -> Descent {
    let objective = try objective(of: round.plan, round.classWeights, on: dataset)
    let rate = Float(round.learningRate)
    guard round.learningRate > 0, rate.isFinite else {
      throw TrainingError(
        .plan, "the learning-rate is \(round.learningRate); it must be above 0 and finite")
    }
    return Descent(
      objective: objective, rate: rate,
      isPlain: round.correction == .none && round.plan.regularization.isNone
        && round.plan.optimizer == .sgd(momentum: 0),
      gradient: gradientMemory.reserve(layout.count))
  }

  /// One step on one batch; returns the sum of its weighted losses before the step.
  private func take(
    _ descent: Descent, in round: TrainingRound, on batch: Batch,
    at weights: UnsafeMutablePointer<Float>
  ) -> Double {
    let share = 1 / Float(batch.rows)
    let gradient = descent.gradient
    if fusesPlainDescent, descent.isPlain, let network, batch.rows <= min(Self.fusedRows, network.rowsAtOnce)
    {
      return network.step(
        descent.objective, on: batch, share: share, rate: descent.rate, at: weights, spare: gradient)
    }
    gradient.update(repeating: 0, count: layout.count)
    let sum = model.addGradient(
      of: descent.objective, on: batch, share: share, at: weights, to: gradient, using: workspace)
    go(along: descent, in: round, at: weights)
    return sum
  }

  /// Trains by noised gradients: nothing that it tells but the weights depends on an example, and these only behind noise.
  private func train(
    _ weights: UnsafeMutablePointer<Float>, _ descent: Descent, in round: TrainingRound, on dataset: Dataset,
    _ coins: TrainingCoins, _ privacy: RecordPrivacy, _ shouldStop: () -> Bool
  ) throws(TrainingError) -> (steps: Int, meanLoss: Double) {
    prepareOptimizer(round.plan.optimizer)
    let noised = privateGradient ?? PrivateGradient(model, kernels: kernels, coins: SecretCoins())
    privateGradient = noised
    if let seed = coins.insecureSeed { noised.take(coins.insecureCoins(seed)) }
    try dataset.withBatch { (all) throws(TrainingError) in
      for step in 0..<privacy.steps {
        if shouldStop() { throw TrainingError(.stopped, "training was stopped after \(step) steps") }
        noised.take(privacy, of: descent.objective, on: all, at: weights, to: descent.gradient)
        go(along: descent, in: round, at: weights)
      }
    }
    guard kernels.squaredNorm(weights, count: layout.count).isFinite else {
      throw diverged(privacy.steps - 1, of: privacy.steps, round.learningRate)
    }
    return (privacy.steps, .nan)
  }

  /// Adds penalties and correction to the gradient of the loss, and takes the optimizer's step.
  private func go(
    along descent: Descent, in round: TrainingRound, at weights: UnsafeMutablePointer<Float>
  ) {
    let gradient = descent.gradient
    round.plan.regularization.addGradient(at: weights, to: gradient, over: penalised, kernels: kernels)
    round.correction.add(to: gradient, at: weights, start: round.start, kernels: kernels)
    optimizer?.step(weights, gradient: gradient, learningRate: descent.rate, count: layout.count)
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
      try network?.check(plan.loss)
      try network?.check(dataset)
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
