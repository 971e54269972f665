/// What a classifier says about labelled rows.
public struct ClassPredictions: Sendable {
  /// What the scores are.
  public enum Scale: String, Hashable, Codable, Sendable {
    /// Probabilities of the classes.
    case probability
    /// Any real numbers, larger for a likelier class; with two classes, class 1 above 0.
    case margin
  }

  /// Number of classes.
  public let classes: Int
  /// What the scores are.
  public let scale: Scale
  /// Two classes: one number for each row, for class 1. More: row after row, one number for each class.
  public let scores: [Double]
  /// Class indices in `0..<classes`.
  public let labels: [Int32]

  /// - Parameters:
  ///   - scores: row-major; two classes may come as one column (of class 1) or as two.
  ///   - scale: what the scores are.
  ///   - labels: class indices in `0..<classes`.
  ///   - classes: number of classes.
  /// - Throws: ``EvaluationError`` with the row that holds a number that is not finite, a probability outside 0...1 or
  ///   a label outside `0..<classes`; or when scores and labels do not have the same number of rows.
  /// - Precondition: `classes >= 2`.
  public init(
    _ scores: [Double], scale: Scale = .probability, labels: [Int32], classes: Int
  ) throws(EvaluationError) {
    precondition(classes >= 2, "a classifier has at least two classes")
    let rows = labels.count
    let columns = classes == 2 && scores.count == rows ? 1 : classes
    guard scores.count == rows * columns else {
      throw EvaluationError(code: .rows, message: "\(scores.count) scores do not fit \(rows) labels")
    }
    for (index, score) in scores.enumerated() {
      guard score.isFinite else {
        throw EvaluationError(
          code: .notFinite, message: "the prediction of row \(index / columns) is not a finite number",
          row: index / columns)
      }
      guard scale == .margin || (0...1).contains(score) else {
        throw EvaluationError(
          code: .outOfRange, message: "\(score), predicted for row \(index / columns), is not a probability",
          row: index / columns)
      }
    }
    if let row = labels.firstIndex(where: { !(0..<classes).contains(Int($0)) }) {
      throw EvaluationError(
        code: .label, message: "label \(labels[row]) of row \(row) is not one of the classes 0..<\(classes)",
        row: row)
    }
    self.classes = classes
    self.scale = scale
    self.labels = labels
    self.scores =
      classes == 2 && columns == 2 ? stride(from: 1, to: scores.count, by: 2).map { scores[$0] } : scores
  }

  /// Number of rows.
  public var count: Int { labels.count }
  /// Scores of one row: 1 for two classes.
  var columns: Int { classes == 2 ? 1 : classes }

  /// The class that a row is taken for: the likeliest, the first of equals.
  public func predictedClass(_ row: Int) -> Int {
    if columns == 1 { return scores[row] > (scale == .probability ? 0.5 : 0) ? 1 : 0 }
    let first = row * columns
    return (1..<columns).reduce(0) { scores[first + $1] > scores[first + $0] ? $1 : $0 }
  }

  /// The probability that the model gives to a class.
  func probability(_ row: Int, of label: Int) -> Double {
    guard columns == 1 else { return scores[row * columns + label] }
    return label == 1 ? scores[row] : 1 - scores[row]
  }
}

/// What a model of numbers says about rows whose target is known.
public struct ValuePredictions: Sendable {
  /// What the model says, row after row.
  public let predictions: [Double]
  /// What is true.
  public let targets: [Double]

  /// - Throws: ``EvaluationError`` with the row that holds a number that is not finite, or when the counts differ.
  public init(_ predictions: [Double], targets: [Double]) throws(EvaluationError) {
    guard predictions.count == targets.count else {
      throw EvaluationError(
        code: .rows, message: "\(predictions.count) predictions do not fit \(targets.count) targets")
    }
    if let row = predictions.indices.first(where: { !predictions[$0].isFinite || !targets[$0].isFinite }) {
      throw EvaluationError(
        code: .notFinite,
        message:
          "the \(predictions[row].isFinite ? "target" : "prediction") of row \(row) is not a finite number",
        row: row)
    }
    self.predictions = predictions
    self.targets = targets
  }

  /// Number of rows.
  public var count: Int { targets.count }
}
