/// How good a model is on some rows.
///
/// Encoded as `{"rows": 114, "positives": 42, "metrics": {"auc": 0.993}, "standard-errors": {"auc": 0.008}}`; a metric
/// that is undefined on these rows is absent.
public struct Evaluation: Hashable, Sendable {
  /// Number of rows that it was measured on.
  public let rows: Int
  /// Those of class 1; nil unless there are two classes and they were counted.
  public let positives: Int?
  /// Never holds NaN.
  public let metrics: [Metric: Double]
  /// How far a metric of as many other rows would lie from this one: one standard error. Absent where what was counted
  /// does not tell: see ``ClassificationFigures/standardError(of:)`` and ``RegressionFigures/standardError(of:)``.
  public let standardErrors: [Metric: Double]
  /// What was counted besides the metrics; nil where nobody asked.
  public let details: EvaluationDetails?

  public init(
    rows: Int, positives: Int? = nil, metrics: [Metric: Double], standardErrors: [Metric: Double] = [:],
    details: EvaluationDetails? = nil
  ) {
    self.rows = rows
    self.positives = positives
    self.metrics = metrics
    self.standardErrors = standardErrors
    self.details = details
  }

  /// The same without details, as a record keeps it of every round.
  public var brief: Evaluation {
    Evaluation(rows: rows, positives: positives, metrics: metrics, standardErrors: standardErrors)
  }

  /// The metric's value; nil where it is undefined or was not asked for.
  public subscript(metric: Metric) -> Double? { metrics[metric] }

  init(
    rows: Int, positives: Int? = nil, of metrics: [Metric], details: EvaluationDetails? = nil,
    value: (Metric) -> Double?,
    standardError: (Metric) -> Double? = { _ in nil }
  ) {
    var values: [Metric: Double] = [:]
    var errors: [Metric: Double] = [:]
    for metric in metrics {
      values[metric] = value(metric)
      errors[metric] = standardError(metric)
    }
    self.init(rows: rows, positives: positives, metrics: values, standardErrors: errors, details: details)
  }
}

extension Evaluation: Codable {
  private enum CodingKeys: String, CodingKey {
    case rows, positives, metrics, details
    case standardErrors = "standard-errors"
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      rows: try container.decode(Int.self, forKey: .rows),
      positives: try container.decodeIfPresent(Int.self, forKey: .positives),
      metrics: try container.decode([Metric: Double].self, forKey: .metrics),
      standardErrors: try container.decodeIfPresent([Metric: Double].self, forKey: .standardErrors) ?? [:],
      details: try container.decodeIfPresent(EvaluationDetails.self, forKey: .details))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rows, forKey: .rows)
    try container.encodeIfPresent(positives, forKey: .positives)
    try container.encode(metrics, forKey: .metrics)
    if !standardErrors.isEmpty { try container.encode(standardErrors, forKey: .standardErrors) }
    try container.encodeIfPresent(details, forKey: .details)
  }
}

extension Evaluation {
  /// Each metric's mean over those evaluations that define it, every evaluation counting the same.
  ///
  /// Its standard error is that of a mean of independent figures: the rows are different ones.
  public static func mean(of evaluations: [Evaluation]) -> Evaluation {
    let means = combining(evaluations) { _, values in values.reduce(0, +) / Double(values.count) }
    return Evaluation(rows: means.rows, of: Metric.allCases, value: { means[$0] }) { metric in
      let measured = evaluations.filter { $0[metric] != nil }
      let errors = measured.compactMap { $0.standardErrors[metric] }
      guard !errors.isEmpty, errors.count == measured.count else { return nil }
      return errors.reduce(0) { $0 + $1 * $1 }.squareRoot() / Double(errors.count)
    }
  }

  /// Each metric's worst value.
  public static func worst(of evaluations: [Evaluation]) -> Evaluation {
    combining(evaluations) { metric, values in metric.higherIsBetter ? values.min() : values.max() }
  }

  /// Each metric's best value.
  public static func best(of evaluations: [Evaluation]) -> Evaluation {
    combining(evaluations) { metric, values in metric.higherIsBetter ? values.max() : values.min() }
  }

  private static func combining(
    _ evaluations: [Evaluation], _ combine: (Metric, [Double]) -> Double?
  ) -> Evaluation {
    Evaluation(rows: evaluations.reduce(0) { $0 + $1.rows }, of: Metric.allCases) { metric in
      let values = evaluations.compactMap { $0[metric] }
      return values.isEmpty ? nil : combine(metric, values)
    }
  }
}
