/// Whether probabilities mean what they say: rows by predicted probability in ten equal bins ((k − 1)/10, k/10], 0
/// belonging to the first.
///
/// Two classes: the probability of class 1, a hit being a row of class 1 (the reliability diagram of scikit-learn's
/// `calibration_curve`). More: the probability of the predicted class, a hit being a right prediction (Guo, Pleiss,
/// Sun & Weinberger 2017).
public struct Calibration: Hashable, Sendable {
  /// One bin of predicted probabilities.
  public struct Bin: Hashable, Sendable {
    /// Rows whose probability lies in the bin.
    public var rows = 0
    /// Of these, rows that were predicted rightly.
    public var hits = 0
    /// Σ of the predicted probabilities.
    public var confidence = 0.0

    public init(rows: Int = 0, hits: Int = 0, confidence: Double = 0) {
      self.rows = rows
      self.hits = hits
      self.confidence = confidence
    }
  }

  /// Number of bins.
  public static let binCount = 10
  /// The bins, by ascending probability.
  public let bins: [Bin]

  /// - Precondition: there are ten bins.
  public init(bins: [Bin]) {
    precondition(bins.count == Self.binCount, "calibration has ten bins")
    self.bins = bins
  }

  /// Counts the rows of some predictions.
  ///
  /// - Precondition: the scores are probabilities.
  public init(of predictions: ClassPredictions) {
    var bins = [Bin](repeating: Bin(), count: Self.binCount)
    for row in 0..<predictions.count {
      let (bin, isHit, confidence) = Self.place(row, of: predictions)
      bins[bin].rows += 1
      bins[bin].hits += isHit ? 1 : 0
      bins[bin].confidence += confidence
    }
    self.init(bins: bins)
  }

  static func place(_ row: Int, of predictions: ClassPredictions) -> (
    bin: Int, isHit: Bool, confidence: Double
  ) {
    precondition(predictions.scale == .probability, "margins are not probabilities")
    let label = predictions.columns == 1 ? 1 : predictions.predictedClass(row)
    let confidence = predictions.probability(row, of: label)
    let bin = (1..<binCount).count { Double($0) / Double(binCount) < confidence }
    return (bin, Int(predictions.labels[row]) == label, confidence)
  }

  /// Σ rows/all · |hits/rows − confidence/rows|; nil without rows.
  public var error: Double? {
    let all = bins.reduce(0) { $0 + $1.rows }
    guard all > 0 else { return nil }
    return bins.reduce(0) { $0 + (Double($1.hits) - $1.confidence).magnitude } / Double(all)
  }
}
