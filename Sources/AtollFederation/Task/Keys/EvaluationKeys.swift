import AtollLearning

/// The section `evaluation` as it is written: metrics that are left out follow from the kind and the model.
struct EvaluationDraft: Sendable {
  var every = 1
  var metrics: [Metric]?
  var baselines = EvaluationPlan.Baseline.allCases
  var perSite = true
  var stopping: EvaluationPlan.Stopping?
  var keep: EvaluationPlan.Keep = .last
}

extension Form where Value == EvaluationDraft {
  static let evaluation = record(
    EvaluationDraft(),
    [
      Field("every", \.every, .integer(1...1_000_000), "rounds from one evaluation to the next"),
      Field(
        "metrics", \.metrics, Form<[Metric]>.list(of: .choice { $0.meaning }, count: 1...32, isUnique: true),
        .derived("accuracy, auc, loss (softmax and images: accuracy, loss); rmse, mae, r2 for regression"),
        "the figures to report; the first one decides which model is best"),
      Field(
        "baselines", \.baselines, .list(of: .choice { $0.meaning }, isUnique: true),
        "what the federated model is compared with"),
      Field("per-site", \.perSite, .boolean, "whether each participant's own figures are told by name"),
      Field(
        "stopping", \.stopping, .stopping, .absent("all rounds are run"), "end early when nothing improves"),
      Field("keep", \.keep, .choice { $0.meaning }, "which round's model is the result"),
    ])
}

private struct StoppingDraft: Sendable {
  var metric: Metric?
  var patience = 5
  var minimumGain = 0.0
}

extension Form where Value == EvaluationPlan.Stopping {
  fileprivate static let stopping = Form<StoppingDraft>.record(
    StoppingDraft(),
    [
      Field("metric", \.metric, .choice { $0.meaning }, .required, "the figure to watch"),
      Field("patience", \.patience, .integer(1...1_000_000), "evaluations to wait for a gain"),
      Field("minimum-gain", \.minimumGain, .number(.atLeast(0)), "smaller gains do not count"),
    ]
  ).map(
    into: { draft, _, _ in
      draft.metric.map {
        EvaluationPlan.Stopping(metric: $0, patience: draft.patience, minimumGain: draft.minimumGain)
      }
    },
    from: { StoppingDraft(metric: $0.metric, patience: $0.patience, minimumGain: $0.minimumGain) })
}

extension EvaluationPlan.Keep {
  fileprivate var meaning: String {
    switch self {
    case .last: "the last round's"
    case .best:
      "the best on the held-out rows, by the metric that stopping watches, else by the first metric; its figures are then optimistic"
    }
  }
}

extension EvaluationPlan.Baseline {
  fileprivate var meaning: String {
    switch self {
    case .local: "each participant trains alone"
    case .pooled: "as if all data lay together"
    }
  }
}

extension Metric {
  fileprivate var meaning: String {
    switch self {
    case .loss: "the loss that training makes small"
    case .accuracy: "part of rows that are classified rightly"
    case .balancedAccuracy: "mean of the classes' recalls"
    case .auc: "area under the ROC curve"
    case .averagePrecision: "area under the precision-recall curve, by steps"
    case .f1: "harmonic mean of precision and recall"
    case .logLoss: "mean of −log of the class's probability"
    case .calibrationError: "expected calibration error over ten bins"
    case .rmse: "root of the mean square error"
    case .mae: "mean absolute error"
    case .r2: "part of the variance that is explained"
    }
  }
}
