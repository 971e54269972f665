/// How good a model is on some rows.
///
/// Encoded as `{"rows": 114, "metrics": {"auc": 0.993}}`; a metric that is undefined on these rows is absent.
public struct Evaluation: Hashable, Codable, Sendable {
  /// Number of rows that it was measured on.
  public let rows: Int
  /// Never holds NaN.
  public let metrics: [Metric: Double]

  public init(rows: Int, metrics: [Metric: Double]) {
    self.rows = rows
    self.metrics = metrics
  }

  /// The metric's value; nil where it is undefined or was not asked for.
  public subscript(metric: Metric) -> Double? { metrics[metric] }

  init(rows: Int, of metrics: [Metric], value: (Metric) -> Double?) {
    var values: [Metric: Double] = [:]
    for metric in metrics { values[metric] = value(metric) }
    self.init(rows: rows, metrics: values)
  }
}

extension Evaluation {
  /// Each metric's mean over those evaluations that define it, every evaluation counting the same.
  public static func mean(of evaluations: [Evaluation]) -> Evaluation {
    combining(evaluations) { _, values in values.reduce(0, +) / Double(values.count) }
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
