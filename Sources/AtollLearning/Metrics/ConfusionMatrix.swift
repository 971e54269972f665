/// How often each class was taken for each.
public struct ConfusionMatrix: Hashable, Sendable {
  /// Number of classes.
  public let classes: Int
  /// `counts[truth * classes + prediction]`
  public private(set) var counts: [Int]

  /// - Precondition: `counts.count == classes * classes`.
  public init(classes: Int, counts: [Int]) {
    precondition(counts.count == classes * classes, "a confusion matrix is square")
    self.classes = classes
    self.counts = counts
  }

  /// Counts the rows of some predictions.
  public init(of predictions: ClassPredictions) {
    self.init(
      classes: predictions.classes,
      counts: [Int](repeating: 0, count: predictions.classes * predictions.classes))
    for (row, label) in predictions.labels.enumerated() {
      counts[Int(label) * classes + predictions.predictedClass(row)] += 1
    }
  }

  /// Rows of class `truth` that were taken for `prediction`.
  public subscript(truth: Int, prediction: Int) -> Int { counts[truth * classes + prediction] }

  /// Number of all rows.
  public var rows: Int { counts.reduce(0, +) }

  /// The share of rows that were taken for what they are; nil without rows.
  public var accuracy: Double? { ratio(hits, rows) }

  private var hits: Int { (0..<classes).reduce(0) { $0 + self[$1, $1] } }

  /// One standard error of ``accuracy``; nil without rows.
  var accuracyError: Double? { shareVariance(hits, of: rows)?.squareRoot() }

  /// The mean recall over the classes that occur; nil without rows.
  public var balancedAccuracy: Double? {
    mean((0..<classes).compactMap { ratio(self[$0, $0], occurrences(of: $0)) })
  }

  /// One standard error of ``balancedAccuracy``: recalls are shares of different rows.
  var balancedAccuracyError: Double? {
    let variances = (0..<classes).compactMap { label in
      shareVariance(self[label, label], of: occurrences(of: label))
    }
    return variances.isEmpty ? nil : variances.reduce(0, +).squareRoot() / Double(variances.count)
  }

  /// The variance of a share of rows, one hit and one miss added (Agresti & Caffo 2000); nil without rows.
  private func shareVariance(_ hits: Int, of rows: Int) -> Double? {
    guard rows > 0 else { return nil }
    let share = Double(hits + 1) / Double(rows + 2)
    return share * (1 - share) / Double(rows + 2)
  }

  /// F1 of class 1 for two classes, else the mean over the classes that occur in truth or prediction; nil where
  /// none does.
  public var f1: Double? {
    classes == 2 ? f1(of: 1) : mean((0..<classes).compactMap(f1))
  }

  private func f1(of label: Int) -> Double? {
    ratio(2 * self[label, label], occurrences(of: label) + predictions(of: label))
  }

  /// Rows that are of a class.
  public func occurrences(of label: Int) -> Int { (0..<classes).reduce(0) { $0 + self[label, $1] } }
  /// Rows that were taken for a class.
  public func predictions(of label: Int) -> Int { (0..<classes).reduce(0) { $0 + self[$1, label] } }
}

private func ratio(_ part: Int, _ whole: Int) -> Double? { whole > 0 ? Double(part) / Double(whole) : nil }

/// The mean in the order given; nil of nothing.
func mean(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}
