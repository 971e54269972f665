/// The figures that an evaluation can report. Raw values are the names in task files and events.
public enum Metric: String, Hashable, Codable, Sendable, CaseIterable {
  case loss
  // Classification
  case accuracy
  case balancedAccuracy = "balanced-accuracy"
  case auc
  case averagePrecision = "average-precision"
  case f1
  case logLoss = "log-loss"
  /// Expected calibration error over ten equal bins of the predicted probability.
  case calibrationError = "calibration-error"
  // Regression
  case rmse
  case mae
  case r2

  /// Whether a larger figure is a better one.
  public var higherIsBetter: Bool {
    switch self {
    case .accuracy, .balancedAccuracy, .auc, .averagePrecision, .f1, .r2: true
    case .loss, .logLoss, .calibrationError, .rmse, .mae: false
    }
  }
}
