/// A fitted label of numbers: its mean and standard deviation over all training rows, and the unit that models learn it in.
///
/// Where inputs are scaled (any ``PreprocessingPlan/Scale`` but none), a model learns (label − mean) / deviation: its
/// steps and updates are then of order 1, whatever the label's unit. Metrics are told in the label's own unit.
public struct FittedTarget: Hashable, Codable, Sendable {
  /// Over all training rows.
  public let mean: Double
  /// With divisor n; 1 where the label never varies.
  public let deviation: Double
  /// Whether models learn the label in standard units; else as it is.
  public let isStandardized: Bool

  init(_ fitted: FittedNumber, isStandardized: Bool) {
    mean = fitted.offset
    deviation = fitted.divisor
    self.isStandardized = isStandardized
  }

  private enum CodingKeys: CodingKey { case mean, deviation, isStandardized }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    mean = try container.decode(Double.self, forKey: .mean)
    deviation = try container.decode(Double.self, forKey: .deviation)
    isStandardized = try container.decode(Bool.self, forKey: .isStandardized)
    guard mean.isFinite, deviation > 0, deviation.isFinite else {
      throw DecodingError.dataCorruptedError(
        forKey: .deviation, in: container, debugDescription: "a label has a mean, and a deviation above 0")
    }
  }

  /// What finds mean and deviation, from exact sums.
  static func fit(of column: String) -> NumberFit {
    NumberFit(
      FeatureSchema.Feature(column: column, kind: .number, unit: nil, minimum: nil, maximum: nil, levels: []),
      PreprocessingPlan(missing: .drop, scale: .standard))
  }

  /// What a model is to say for a label.
  public func output(for label: Double) -> Float {
    Float(isStandardized ? (label - mean) / deviation : label)
  }

  /// The label that a model's output stands for.
  public func labelValue(of output: Double) -> Double { isStandardized ? mean + output * deviation : output }

  /// A label's difference for a difference of 1 in a model's outputs.
  public var outputUnit: Double { isStandardized ? deviation : 1 }

  /// The unit in which labels and errors are summed for metrics: about a deviation.
  ///
  /// A young model of a label as it is may be as far off as the mean is from 0: then a sixteenth of that, if it is more.
  public var summingUnit: EvaluationSums.TargetUnit {
    let size = isStandardized ? deviation : max(deviation, mean.magnitude / 16)
    return EvaluationSums.TargetUnit(
      center: mean, exponent: Int(size.exponent) + (size.significand > 1 ? 1 : 0))
  }
}
