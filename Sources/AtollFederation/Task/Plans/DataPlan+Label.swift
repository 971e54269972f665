public import AtollLearning

extension DataPlan {
  /// The column to be predicted.
  public struct Label: Hashable, Codable, Sendable {
    /// The column's name.
    public let column: String
    /// What makes a row positive, where there are two classes and the column does not name them itself.
    public let positive: PositiveRule?

    /// - Parameters:
    ///   - column: the column's name.
    ///   - positive: what makes a row positive; nil where the column's values are the classes, or numbers.
    public init(column: String, positive: PositiveRule? = nil) {
      self.column = column
      self.positive = positive
    }
  }
}

extension DataPlan.Label: ExpressibleByStringLiteral {
  /// The column of that name.
  public init(stringLiteral column: String) { self.init(column: column) }
}
