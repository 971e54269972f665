public import AtollLearning

/// How the model is judged, and when training ends early.
public struct EvaluationPlan: Hashable, Codable, Sendable {
  /// What the federated model is compared with. In simulation only.
  public enum Baseline: String, Hashable, Codable, Sendable, CaseIterable {
    /// Each participant trains alone.
    case local
    /// One model on all rows put together.
    case pooled
  }

  /// Training ends once `metric` has not improved by more than `minimumGain` over `patience` evaluations.
  public struct Stopping: Hashable, Codable, Sendable {
    /// The figure to watch.
    public var metric: Metric
    /// Evaluations to wait for a gain.
    public var patience: Int
    /// Smaller gains do not count.
    public var minimumGain: Double

    public init(metric: Metric, patience: Int = 5, minimumGain: Double = 0) {
      self.metric = metric
      self.patience = patience
      self.minimumGain = minimumGain
    }
  }

  /// Which round's model is the result.
  public enum Keep: String, Hashable, Codable, Sendable, CaseIterable {
    /// The last round's model, or the best by the deciding metric.
    case last, best
  }

  /// Rounds from one evaluation to the next; the last round is always evaluated.
  public var every: Int
  /// Never empty, without repetition.
  public var metrics: [Metric]
  /// What the federated model is compared with.
  public var baselines: [Baseline]
  /// Whether participants' own figures are told by name.
  public var perSite: Bool
  /// When training ends early; nil: never.
  public var stopping: Stopping?
  /// Which round's model is the result.
  public var keep: Keep

  public init(
    every: Int = 1, metrics: [Metric], baselines: [Baseline] = Baseline.allCases, perSite: Bool = true,
    stopping: Stopping? = nil, keep: Keep = .last
  ) {
    self.every = every
    self.metrics = metrics
    self.baselines = baselines
    self.perSite = perSite
    self.stopping = stopping
    self.keep = keep
  }

  /// What tells better from worse: the metric that stopping watches, else the first one.
  public var deciding: Metric? { stopping?.metric ?? metrics.first }

  /// Whether the model of any round may be the outcome, not of the last one only.
  public var mayEndAnywhere: Bool { stopping != nil || keep == .best }
}
