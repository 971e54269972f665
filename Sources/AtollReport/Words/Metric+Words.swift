package import AtollFederation
package import AtollLearning

extension Metric {
  /// At the head of a column or in a sentence.
  package var title: String {
    switch self {
    case .auc: "AUC"
    case .f1: "F1"
    case .rmse: "RMSE"
    case .mae: "MAE"
    case .r2: "R²"
    default: rawValue.replacing("-", with: " ")
    }
  }

  /// At the head of a chart.
  package var heading: String { title.prefix(1).uppercased() + title.dropFirst() }

  /// What it is, for whoever meets it for the first time.
  package var meaning: String {
    switch self {
    case .loss: "what training makes small; lower is better"
    case .accuracy: "share of rows taken for what they are; higher is better"
    case .balancedAccuracy: "mean over the classes of the share found; higher is better"
    case .auc: "how often the right one of two rows ranks higher; 0.5 is guessing"
    case .averagePrecision: "area under the precision-recall curve; higher is better"
    case .f1: "harmonic mean of precision and recall; higher is better"
    case .logLoss: "mean of −log of the true class’s probability; lower is better"
    case .calibrationError: "how far probabilities are from what happens; lower is better"
    case .rmse: "root of the mean squared error, in the label’s unit; lower is better"
    case .mae: "mean error, in the label’s unit; lower is better"
    case .r2: "share of the label’s variance that is explained; higher is better"
    }
  }

  /// The value that means nothing, where bars begin.
  var nothing: Double { self == .auc ? 0.5 : 0 }

  /// The largest value there is, where a bar should be seen against it.
  var whole: Double? {
    switch self {
    case .accuracy, .balancedAccuracy, .auc, .averagePrecision, .f1, .r2: 1
    default: nil
    }
  }
}

extension EvaluationPlan {
  /// What verdict and tables go by: the first metric that is not the loss.
  package var headline: Metric { metrics.first { $0 != .loss } ?? .loss }
}
