import AtollNumerics

/// What all metrics of a classifier follow from, counted over rows or taken from sums over participants.
public struct ClassificationFigures: Hashable, Sendable {
  /// Number of rows.
  public var rows: Int
  /// Σ of the training loss.
  public var loss: Double?
  /// Σ of −log(probability of the true class).
  public var logLoss: Double?
  /// Which class was taken for which.
  public var confusion: ConfusionMatrix?
  /// One for class 1 of two classes, else one for each class against the rest.
  public var rankings: [Ranking]?
  /// How probabilities compare with what came true.
  public var calibration: Calibration?

  /// A metric's value; nil where it is undefined or was not counted.
  public func value(of metric: Metric) -> Double? {
    switch metric {
    case .loss: perRow(loss)
    case .logLoss: perRow(logLoss)
    case .accuracy: confusion?.accuracy
    case .balancedAccuracy: confusion?.balancedAccuracy
    case .f1: confusion?.f1
    case .auc: rankings.flatMap { mean($0.compactMap(\.auc)) }
    case .averagePrecision: rankings.flatMap { mean($0.compactMap(\.averagePrecision)) }
    case .calibrationError: calibration?.error
    case .rmse, .mae, .r2: nil
    }
  }

  /// Rows of class 1 of two classes; nil where they were not counted.
  public var positives: Int? {
    if let rankings, rankings.count == 1 { return rankings[0].positives }
    guard let confusion, confusion.classes == 2 else { return nil }
    return confusion[1, 0] + confusion[1, 1]
  }

  /// One standard error of a metric; nil where the counts do not tell.
  ///
  /// - Accuracy is a share of the rows, balanced accuracy a mean of such shares, one for each class. A row that is right
  ///   and one that is wrong are added (Agresti & Caffo 2000, Am. Stat. 54:280–288), so that a perfect figure of few rows
  ///   does not look certain.
  /// - AUC: Hanley & McNeil 1982 (Radiology 143:29–36); of several classes the mean of theirs, which is not too small
  ///   however they hang together.
  public func standardError(of metric: Metric) -> Double? {
    switch metric {
    case .accuracy:
      return confusion?.accuracyError
    case .balancedAccuracy: return confusion?.balancedAccuracyError
    case .auc: return rankings.flatMap { mean($0.compactMap(\.aucStandardError)) }
    default: return nil
    }
  }

  /// How far the AUC can be from the exact one because scores were counted in bins.
  public var aucUncertainty: Double? { rankings.flatMap { mean($0.compactMap(\.aucUncertainty)) } }

  private func perRow(_ sum: Double?) -> Double? { rows > 0 ? sum.map { $0 / Double(rows) } : nil }
}

extension ClassificationFigures {
  func evaluation(of metrics: [Metric], detailed: Bool = false) -> Evaluation {
    Evaluation(
      rows: rows, positives: positives, of: metrics, details: detailed ? details : nil, value: value,
      standardError: standardError)
  }

  private var details: EvaluationDetails {
    let isLarge = (confusion?.classes ?? 0) > EvaluationDetails.mostClasses
    return EvaluationDetails(confusion: isLarge ? nil : confusion, calibration: calibration)
  }
}

extension ClassPredictions {
  /// Counts exactly what these metrics need.
  ///
  /// - Parameters:
  ///   - metrics: the figures wanted.
  ///   - losses: the training loss of each row, where ``Metric/loss`` is wanted.
  public func figures(for metrics: [Metric], losses: [Double] = []) -> ClassificationFigures {
    var figures = ClassificationFigures(rows: count)
    for metric in metrics {
      switch metric {
      case .loss:
        precondition(losses.count == count, "each row has its loss")
        figures.loss = losses.reduce(0, +)
      case .logLoss where scale == .probability:
        figures.logLoss = (0..<count).reduce(0) { $0 + logLoss(ofRow: $1) }
      case .accuracy, .balancedAccuracy, .f1:
        figures.confusion = figures.confusion ?? ConfusionMatrix(of: self)
      case .auc, .averagePrecision: figures.rankings = figures.rankings ?? rankings
      case .calibrationError where scale == .probability: figures.calibration = Calibration(of: self)
      case .logLoss, .calibrationError, .rmse, .mae, .r2: break
      }
    }
    return figures
  }

  /// Measures exactly, row by row.
  public func evaluation(of metrics: [Metric], losses: [Double] = []) -> Evaluation {
    figures(for: metrics, losses: losses).evaluation(of: metrics)
  }

  private var rankings: [Ranking] {
    (columns == 1 ? [1] : Array(0..<classes)).map { label in
      let column = columns == 1 ? 0 : label
      return Ranking(
        scores: (0..<count).map { scores[$0 * columns + column] }, isPositive: labels.map { Int($0) == label }
      )
    }
  }

  /// −log of the true class's probability, which is kept 2⁻⁵² away from 0 and 1 as scikit-learn does.
  func logLoss(ofRow row: Int) -> Double {
    let probability = probability(row, of: Int(labels[row]))
    return -Elementary.log(min(max(probability, 0x1p-52), 1 - 0x1p-52))
  }
}

/// What all metrics of predicted numbers follow from, summed over rows or taken from sums over participants.
public struct RegressionFigures: Hashable, Sendable {
  /// Number of rows.
  public var rows: Int
  /// Σ of the training loss.
  public var loss: Double?
  /// Σ |target − prediction|
  public var absoluteError: Double?
  /// Σ (target − prediction)²
  public var squaredError: Double?
  /// Σ (target − mean target)²
  public var spread: Double?
  /// Σ (target − prediction)⁴, about, where residuals were counted.
  public var fourthPowers: Double?
  /// Rows by their residual, where they were counted.
  public var residuals: ResidualHistogram?

  /// A metric's value; nil where it is undefined or was not summed.
  public func value(of metric: Metric) -> Double? {
    guard rows > 0 else { return nil }
    switch metric {
    case .loss: return loss.map { $0 / Double(rows) }
    case .mae: return absoluteError.map { $0 / Double(rows) }
    case .rmse: return squaredError.map { ($0 / Double(rows)).squareRoot() }
    case .r2:
      guard rows > 1, let squaredError, let spread, spread > 0 else { return nil }
      return 1 - squaredError / spread
    default: return nil
    }
  }
}

extension RegressionFigures {
  /// One standard error of a metric; nil where the sums do not tell.
  ///
  /// The mean absolute error is a mean: √((mean square − mean²)/n). So is the mean square, whose spread takes the fourth
  /// powers; its root and R² follow by the delta method, the spread of the targets counting as known.
  public func standardError(of metric: Metric) -> Double? {
    guard rows > 0, let squaredError else { return nil }
    let rows = Double(rows)
    let square = squaredError / rows
    switch metric {
    case .mae:
      return absoluteError.map { (max(0, square - ($0 / rows) * ($0 / rows)) / rows).squareRoot() }
    case .rmse, .r2:
      guard let fourthPowers else { return nil }
      let error = (max(0, fourthPowers / rows - square * square) / rows).squareRoot()
      if metric == .rmse { return square > 0 ? error / (2 * square.squareRoot()) : 0 }
      return spread.flatMap { $0 > 0 ? error * rows / $0 : nil }
    default: return nil
    }
  }

  func evaluation(of metrics: [Metric], detailed: Bool = false) -> Evaluation {
    Evaluation(
      rows: rows, of: metrics, details: detailed ? EvaluationDetails(residuals: residuals) : nil,
      value: value,
      standardError: standardError)
  }
}

extension ValuePredictions {
  /// Sums what the metrics need.
  ///
  /// - Parameter losses: the training loss of each row, where ``Metric/loss`` is wanted.
  public func figures(losses: [Double] = []) -> RegressionFigures {
    let errors = zip(targets, predictions).map { $0 - $1 }
    let mean = targets.isEmpty ? 0 : targets.reduce(0, +) / Double(count)
    return RegressionFigures(
      rows: count, loss: losses.isEmpty ? nil : losses.reduce(0, +),
      absoluteError: errors.reduce(0) { $0 + $1.magnitude }, squaredError: errors.reduce(0) { $0 + $1 * $1 },
      spread: targets.reduce(0) { $0 + ($1 - mean) * ($1 - mean) })
  }

  /// Measures exactly, row by row.
  public func evaluation(of metrics: [Metric], losses: [Double] = []) -> Evaluation {
    figures(losses: losses).evaluation(of: metrics)
  }
}
