public import AtollLearning

/// How a participant trains on its own data in one round.
public struct LocalTraining: Hashable, Codable, Sendable {
  /// Rows of one step.
  public enum BatchSize: Hashable, Codable, Sendable {
    /// All of a participant's rows.
    case full
    /// So many rows; an epoch's last batch may have fewer.
    case rows(Int)
  }

  /// How long a participant trains each round.
  public enum Amount: Hashable, Codable, Sendable {
    /// Passes over all rows; the last batch may be short.
    case epochs(Int)
    /// Batches, going round the data as often as needed.
    case steps(Int)
  }

  /// What training makes small.
  public var loss: Loss
  /// Penalties on the weights.
  public var regularization: Regularization
  /// How much an example counts by its class.
  public var classWeights: ClassWeights
  /// How steps are taken.
  public var optimizer: OptimizerKind
  /// How far steps go, before the schedule.
  public var learningRate: Double
  /// How the learning rate changes from round to round.
  public var schedule: LearningRateSchedule
  /// Rows of one step.
  public var batchSize: BatchSize
  /// How long a participant trains in a round.
  public var amount: Amount
  /// Whether rows are shuffled before each epoch (keyed by seed, round, participant and epoch).
  public var shuffle: Bool
  /// Differential privacy for each record; nil for none. It has its own batches and steps, so that ``batchSize``,
  /// ``amount`` and ``shuffle`` count for nothing beside it.
  public var privacy: RecordPrivacy?

  public init(
    loss: Loss, regularization: Regularization = Regularization(), classWeights: ClassWeights = .none,
    optimizer: OptimizerKind = .sgd(), learningRate: Double, schedule: LearningRateSchedule = .constant,
    batchSize: BatchSize = .rows(16), amount: Amount = .epochs(1), shuffle: Bool = true,
    privacy: RecordPrivacy? = nil
  ) {
    self.loss = loss
    self.regularization = regularization
    self.classWeights = classWeights
    self.optimizer = optimizer
    self.learningRate = learningRate
    self.schedule = schedule
    self.batchSize = batchSize
    self.amount = amount
    self.shuffle = shuffle
    self.privacy = privacy
  }

  /// Refuses class weights that do not go with the classes, which are known before anybody trains.
  ///
  /// - Parameter classes: how many there are; nil for regression.
  public func check(classes: Int?) throws(TrainingError) {
    guard case .values(let weights) = classWeights, let classes, weights.count != classes else { return }
    throw .classWeights(weights.count, classes: classes)
  }
}

extension LocalTraining.BatchSize: ExpressibleByIntegerLiteral {
  /// So many rows.
  public init(integerLiteral rows: Int) { self = .rows(rows) }
}
