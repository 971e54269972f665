/// How far metrics are off by the chance of which rows were held out: one standard error.
///
/// Two models that are judged on the same rows may be compared as if their errors were independent: rows that are hard
/// for both make the true error of the difference smaller.
extension ClassificationFigures {
  /// Nil where it is not known how to tell.
  public func standardError(of metric: Metric) -> Double? {
    switch metric {
    case .accuracy:
      confusion.flatMap { $0.rows > 0 ? errorOfShare($0.correct, of: $0.rows) : nil }
    case .balancedAccuracy: confusion?.balancedAccuracyError
    case .f1: confusion?.f1Error
    // Of several rankings of the same rows the mean of the errors, as if they went wrong together.
    case .auc: rankings.flatMap { mean($0.compactMap(\.aucError)) }
    case .loss, .averagePrecision, .logLoss, .calibrationError, .rmse, .mae, .r2: nil
    }
  }
}

extension RegressionFigures {
  /// Nil where it is not known how to tell.
  ///
  /// By the delta method from the spread of the errors' squares; the spread of the targets counts as known.
  public func standardError(of metric: Metric) -> Double? {
    guard rows > 1, let squaredError else { return nil }
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
}

/// The standard error of a share, as if one row more were a hit and one a miss (Agresti & Caffo 2000): it stays honest
/// where few rows are all right.
private func errorOfShare(_ part: Double, of whole: Double) -> Double {
  let share = (part + 1) / (whole + 2)
  return (share * (1 - share) / (whole + 2)).squareRoot()
}

private func errorOfShare(_ part: Int, of whole: Int) -> Double {
  errorOfShare(Double(part), of: Double(whole))
}

extension ConfusionMatrix {
  fileprivate var balancedAccuracyError: Double? {
    let known = (0..<classes).filter { occurrences(of: $0) > 0 }
    guard !known.isEmpty else { return nil }
    let squares = known.map { label in
      let error = errorOfShare(self[label, label], of: occurrences(of: label))
      return error * error
    }
    return squares.reduce(0, +).squareRoot() / Double(known.count)
  }

  /// Of two classes, by the delta method from the counts as a multinomial sample; F1 does not change when all counts
  /// grow alike, so their covariances cancel.
  fileprivate var f1Error: Double? {
    guard classes == 2, f1 != nil else { return nil }
    let hits = Double(self[1, 1])
    let faults = Double(self[0, 1] + self[1, 0])
    guard faults > 0, hits > 0 else { return errorOfShare(hits, of: hits + faults) }
    let whole = 2 * hits + faults
    let (byHit, byFault) = (2 * faults / (whole * whole), -2 * hits / (whole * whole))
    return (hits * byHit * byHit + faults * byFault * byFault).squareRoot()
  }
}

extension Ranking {
  /// The standard error of ``auc`` (DeLong, DeLong & Clarke-Pearson 1988); where no pair is ranked wrongly, or one side
  /// is a single row, that of a share of the smaller side.
  var aucError: Double? {
    guard let auc else { return nil }
    let (positives, negatives) = groups.reduce(into: (0, 0)) {
      $0 = ($0.0 + $1.positives, $0.1 + $1.negatives)
    }
    var (below, above) = (0, positives)
    var (ofPositives, ofNegatives) = (0.0, 0.0)
    for group in groups {
      above -= group.positives
      let beaten = (Double(below) + 0.5 * Double(group.negatives)) / Double(negatives)
      let beating = (Double(above) + 0.5 * Double(group.positives)) / Double(positives)
      ofPositives += Double(group.positives) * (beaten - auc) * (beaten - auc)
      ofNegatives += Double(group.negatives) * (beating - auc) * (beating - auc)
      below += group.negatives
    }
    let fewest = min(positives, negatives)
    guard fewest > 1, ofPositives + ofNegatives > 0 else {
      return errorOfShare(auc * Double(fewest), of: Double(fewest))
    }
    let variance =
      ofPositives / Double(positives - 1) / Double(positives)
      + ofNegatives / Double(negatives - 1) / Double(negatives)
    return variance.squareRoot()
  }
}
