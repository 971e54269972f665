import AtollNumerics

/// What all metrics of a classifier follow from, counted over rows or taken from sums over participants.
public struct ClassificationFigures: Hashable, Sendable {
  public var rows: Int
  /// Σ of the training loss.
  public var loss: Double?
  /// Σ of −log(probability of the true class).
  public var logLoss: Double?
  public var confusion: ConfusionMatrix?
  /// One for class 1 of two classes, else one for each class against the rest.
  public var rankings: [Ranking]?
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

  /// How far the AUC can be from the exact one because scores were counted in bins.
  public var aucUncertainty: Double? { rankings.flatMap { mean($0.compactMap(\.aucUncertainty)) } }

  private func perRow(_ sum: Double?) -> Double? { rows > 0 ? sum.map { $0 / Double(rows) } : nil }
}

extension ClassPredictions {
  /// Counts exactly what these metrics need.
  ///
  /// - Parameter losses: the training loss of each row, where ``Metric/loss`` is wanted.
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
    let figures = figures(for: metrics, losses: losses)
    return Evaluation(rows: count, of: metrics, value: figures.value, error: figures.standardError)
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
  public var rows: Int
  /// Σ of the training loss.
  public var loss: Double?
  /// Σ |target − prediction|
  public var absoluteError: Double?
  /// Σ (target − prediction)²
  public var squaredError: Double?
  /// Σ (target − mean target)²
  public var spread: Double?
  /// Σ (target − prediction)⁴, for standard errors.
  public var fourthPowers: Double?
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
      spread: targets.reduce(0) { $0 + ($1 - mean) * ($1 - mean) },
      fourthPowers: errors.reduce(0) { $0 + $1 * $1 * $1 * $1 })
  }

  /// Measures exactly, row by row.
  public func evaluation(of metrics: [Metric], losses: [Double] = []) -> Evaluation {
    let figures = figures(losses: losses)
    return Evaluation(rows: count, of: metrics, value: figures.value, error: figures.standardError)
  }
}
