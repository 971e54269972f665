/// The figures that an evaluation can report. Raw values are the names in task files and events.
///
/// Each equals scikit-learn's function of that name. Where scikit-learn warns that a figure is undefined and returns
/// a stand-in (0, or NaN), Atoll returns nil: AUC with one class, average precision without positives, F1 without
/// positives in truth and prediction, R² of fewer than two rows or of a constant target.
public enum Metric: String, Hashable, Codable, Sendable, CaseIterable, CodingKeyRepresentable {
  /// Mean of the training loss.
  case loss
  // Classification
  /// Part of the rows whose class is predicted.
  case accuracy
  /// Mean recall over the classes that occur.
  case balancedAccuracy = "balanced-accuracy"
  /// Area under the ROC curve, ties counted half; more than two classes: mean over one-against-rest.
  case auc
  /// Σ (recall step · precision) over the thresholds; more than two classes: mean over one-against-rest.
  case averagePrecision = "average-precision"
  /// Two classes: of class 1; more: mean over the classes that occur in truth or prediction.
  case f1
  /// Mean of −log(probability of the true class), probabilities kept 2⁻⁵² away from 0 and 1.
  case logLoss = "log-loss"
  /// Expected calibration error over ten equal bins of the predicted probability.
  case calibrationError = "calibration-error"
  // Regression
  /// √ of the mean of (target − prediction)².
  case rmse
  /// Mean of |target − prediction|.
  case mae
  /// 1 − Σ(target − prediction)² / Σ(target − mean)²
  case r2

  /// Whether a larger figure is a better one.
  public var higherIsBetter: Bool {
    switch self {
    case .accuracy, .balancedAccuracy, .auc, .averagePrecision, .f1, .r2: true
    case .loss, .logLoss, .calibrationError, .rmse, .mae: false
    }
  }

  /// Metrics of class predictions, and the loss.
  public static let classification: [Metric] = [
    .loss, .accuracy, .balancedAccuracy, .auc, .averagePrecision, .f1, .logLoss, .calibrationError,
  ]
  /// Metrics of predicted numbers, and the loss.
  public static let regression: [Metric] = [.loss, .rmse, .mae, .r2]

  /// Whether it is defined for probabilities only: a support vector machine has none.
  public var needsProbabilities: Bool { self == .logLoss || self == .calibrationError }
}
