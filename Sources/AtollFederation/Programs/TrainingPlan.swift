public import AtollLearning
public import AtollNumerics
public import AtollTraining

/// Everything that a training needs to know before the data are.
public struct TrainingPlan<S: Strategy>: Codable, Sendable {
  public var model: ModelKind
  public var strategy: S
  public var training: LocalTraining
  public var rounds: Int
  public var cohort: Audience
  public var completion: Completion
  public var bounds: UpdateBounds
  public var initial: InitialModel
  public var evaluation: EvaluationPlan
  public var seed: UInt64

  public init(
    model: ModelKind, strategy: S, training: LocalTraining, rounds: Int, cohort: Audience = .all,
    completion: Completion = Completion(), bounds: UpdateBounds = UpdateBounds(),
    initial: InitialModel = .server, evaluation: EvaluationPlan, seed: UInt64
  ) {
    self.model = model
    self.strategy = strategy
    self.training = training
    self.rounds = rounds
    self.cohort = cohort
    self.completion = completion
    self.bounds = bounds
    self.initial = initial
    self.evaluation = evaluation
    self.seed = seed
  }
}

/// Where the first global model comes from.
public enum InitialModel: Codable, Sendable {
  /// Drawn by the server.
  case server
  /// The mean of the participants' own draws.
  case participants
  /// A saved model.
  case saved(ParameterSet)
}

/// How updates are bounded and become integers: the same with masks and without.
public struct UpdateBounds: Hashable, Codable, Sendable {
  /// Largest Euclidean norm of an update; longer ones are shortened. Nil for none.
  public var clip: Double?
  /// Largest magnitude of one number of an update where nothing is clipped; beyond it the update is refused.
  public var range: Double
  public var fractionBits: Int
  /// Largest weight of one participant.
  public var weightCap: Int

  public init(clip: Double? = nil, range: Double = 8, fractionBits: Int = 24, weightCap: Int = 1 << 20) {
    self.clip = clip
    self.range = range
    self.fractionBits = fractionBits
    self.weightCap = weightCap
  }

  /// - Throws: ``FixedPointError`` when a single contribution cannot be represented.
  public var format: FixedPoint {
    get throws(FixedPointError) {
      // No coordinate of a clipped update exceeds the norm, but for the rounding of single precision.
      try FixedPoint(
        fractionBits: fractionBits, bound: clip.map { $0 * (1 + 0x1p-20) } ?? range, weightCap: weightCap)
    }
  }

  /// - Throws: ``RunFailure`` when `clip` is not a positive number.
  public var protection: UpdateProtection {
    get throws(RunFailure) {
      guard let clip else { return .none }
      return try UpdateProtection(clip: clip, of: [.update])
    }
  }
}

/// What is measured, how often, and what follows from it.
public struct EvaluationPlan: Hashable, Codable, Sendable {
  public var metrics: [Metric]
  /// Every how many rounds; the last round is always evaluated.
  public var every: Int
  /// Whether participants' own figures are reported.
  public var perSite: Bool
  public var stopping: Stopping?
  public var keep: Keep

  /// Ends training when a metric has not improved for some evaluations.
  public struct Stopping: Hashable, Codable, Sendable {
    public var metric: Metric
    public var patience: Int
    /// What counts as better.
    public var minimumGain: Double

    public init(metric: Metric, patience: Int, minimumGain: Double = 0) {
      self.metric = metric
      self.patience = patience
      self.minimumGain = minimumGain
    }
  }

  /// Which round's model is the outcome.
  public enum Keep: String, Hashable, Codable, Sendable, CaseIterable {
    case last
    /// The best one by the metric of ``stopping``, or by the first of ``metrics``.
    case best
  }

  public init(
    metrics: [Metric], every: Int = 1, perSite: Bool = true, stopping: Stopping? = nil, keep: Keep = .last
  ) {
    self.metrics = metrics
    self.every = every
    self.perSite = perSite
    self.stopping = stopping
    self.keep = keep
  }

  /// The metric that decides which model is best.
  public var decisive: Metric? { stopping?.metric ?? metrics.first }
}
