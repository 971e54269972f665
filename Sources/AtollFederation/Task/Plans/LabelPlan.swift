public import AtollLearning

/// The column to be predicted.
public struct LabelPlan: Hashable, Codable, Sendable {
  public let column: String
  /// What makes a row positive, where there are two classes and the column does not name them itself.
  public let positive: PositiveRule?

  public init(column: String, positive: PositiveRule? = nil) {
    self.column = column
    self.positive = positive
  }
}
