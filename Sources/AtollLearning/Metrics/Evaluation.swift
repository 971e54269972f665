/// How good a model is on some rows.
///
/// Encoded as `{"rows": 114, "metrics": {"auc": 0.993}, "standard_errors": {"auc": 0.004}}`; a metric that is undefined
/// on these rows is absent.
public struct Evaluation: Hashable, Sendable {
  /// Number of rows that it was measured on.
  public let rows: Int
  /// Never holds NaN.
  public let metrics: [Metric: Double]
  /// How far a metric is off by the chance of which rows were held out, for those where that can be told.
  public let standardErrors: [Metric: Double]
  /// What was counted besides the metrics; nil where nobody asked.
  public let details: EvaluationDetails?

  public init(
    rows: Int, metrics: [Metric: Double], standardErrors: [Metric: Double] = [:],
    details: EvaluationDetails? = nil
  ) {
    self.rows = rows
    self.metrics = metrics
    self.standardErrors = standardErrors
    self.details = details
  }

  /// The metric's value; nil where it is undefined or was not asked for.
  public subscript(metric: Metric) -> Double? { metrics[metric] }

  /// The metrics alone: what a record keeps of every round.
  public var brief: Evaluation { Evaluation(rows: rows, metrics: metrics) }

  init(
    rows: Int, of metrics: [Metric], details: EvaluationDetails? = nil, value: (Metric) -> Double?,
    error: (Metric) -> Double?
  ) {
    var values: [Metric: Double] = [:]
    var errors: [Metric: Double] = [:]
    for metric in metrics {
      values[metric] = value(metric)
      if values[metric] != nil { errors[metric] = error(metric) }
    }
    self.init(rows: rows, metrics: values, standardErrors: errors, details: details)
  }
}

extension Evaluation: Codable {
  private enum CodingKeys: String, CodingKey {
    case rows, metrics, details
    case standardErrors = "standard_errors"
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      rows: container.decode(Int.self, forKey: .rows),
      metrics: container.decode([Metric: Double].self, forKey: .metrics),
      standardErrors: container.decodeIfPresent([Metric: Double].self, forKey: .standardErrors) ?? [:],
      details: container.decodeIfPresent(EvaluationDetails.self, forKey: .details))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rows, forKey: .rows)
    try container.encode(metrics, forKey: .metrics)
    if !standardErrors.isEmpty { try container.encode(standardErrors, forKey: .standardErrors) }
    try container.encodeIfPresent(details, forKey: .details)
  }
}

extension Evaluation {
  /// Each metric's mean over those evaluations that define it, every evaluation counting the same.
  ///
  /// Its standard error is the mean of theirs, which holds however the evaluations hang together, as those of several
  /// models on the same rows do.
  public static func mean(of evaluations: [Evaluation]) -> Evaluation {
    combining(evaluations) { _, values in values.reduce(0, +) / Double(values.count) }
  }

  /// Each metric's worst value.
  public static func worst(of evaluations: [Evaluation]) -> Evaluation {
    combining(evaluations) { metric, values in metric.higherIsBetter ? values.min() : values.max() }.brief
  }

  /// Each metric's best value.
  public static func best(of evaluations: [Evaluation]) -> Evaluation {
    combining(evaluations) { metric, values in metric.higherIsBetter ? values.max() : values.min() }.brief
  }

  private static func combining(
    _ evaluations: [Evaluation], _ combine: (Metric, [Double]) -> Double?
  ) -> Evaluation {
    Evaluation(
      rows: evaluations.reduce(0) { $0 + $1.rows }, of: Metric.allCases,
      value: { metric in
        let values = evaluations.compactMap { $0[metric] }
        return values.isEmpty ? nil : combine(metric, values)
      },
      error: { metric in
        let errors = evaluations.filter { $0[metric] != nil }.map { $0.standardErrors[metric] }
        let known = errors.compactMap(\.self)
        guard !known.isEmpty, known.count == errors.count else { return nil }
        return known.reduce(0, +) / Double(known.count)
      })
  }
}
