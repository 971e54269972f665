public import AtollLearning

extension DataPlan {
  /// The column to be predicted.
  public struct Label: Hashable, Codable, Sendable {
    /// The column's name.
    public let column: String
    /// What makes a row positive, where there are two classes and the column does not name them itself.
    public let positive: PositiveRule?
    /// The values that are the classes; nil: those that the participants have, or two by ``positive``.
    public let classes: [String]?

    /// - Parameters:
    ///   - column: the column's name.
    ///   - positive: what makes a row positive; nil where the column's values are the classes, or numbers.
    ///   - classes: the values that are the classes, where they are known beforehand.
    public init(column: String, positive: PositiveRule? = nil, classes: [String]? = nil) {
      self.column = column
      self.positive = positive
      self.classes = classes
    }
  }
}

extension DataPlan.Label: ExpressibleByStringLiteral {
  /// The column of that name.
  public init(stringLiteral column: String) { self.init(column: column) }
}
