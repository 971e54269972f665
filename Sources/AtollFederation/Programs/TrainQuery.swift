public import AtollLearning
public import AtollNumerics
public import AtollTraining

/// “Train this model on your rows, by this rule, and tell by how much it changed.”
public struct TrainQuery<Rule: LocalRule>: Query {
  public static var kind: String { "train-\(Rule.kind)" }

  /// From 0.
  public let round: Int
  /// The kind of model.
  public let architecture: ModelArchitecture
  /// The global model of the round.
  public let model: ParameterSet
  /// How rows become examples.
  public let preparation: Preparation
  /// How to train.
  public let training: LocalTraining
  /// Scheduled for this round.
  public let learningRate: Double
  /// What to do besides.
  public let rule: Rule
  /// How much each participant counts.
  public let weighting: Weighting
  /// How the update becomes integers.
  public let format: FixedPoint
  /// Whether it is counted how many updates are within the clipping norm.
  public var isCountingClips = false

  public func check() throws { try architecture.check(model, preparation, training) }

  /// The weighted update, and what the rule adds.
  public var reply: ReplyShape {
    let count = model.layout.count
    return .sums(
      [SumSpec(.update, count: count, format: format, weighted: true)]
        + rule.extraSums(count: count, format: format)
        + (isCountingClips ? [SumSpec(.withinClip, count: 1, format: Self.bit)] : []))
  }

  /// ±½, so finely that noise on it counts as continuous.
  // Safe because 2^40 stays below 2^51.
  private static var bit: FixedPoint { try! FixedPoint(fractionBits: 40, bound: 0.5) }

  public func describe(element index: Int, of sum: SumSpec) -> String {
    "the \(sum.name.rawValue) of \(model.layout.describe(element: index))"
  }
}
