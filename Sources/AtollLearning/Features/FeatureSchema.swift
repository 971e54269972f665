/// The columns that a model is made of, as all participants agreed on them.
public struct FeatureSchema: Hashable, Codable, Sendable {
  /// One column that is learnt from.
  public struct Feature: Hashable, Codable, Sendable {
    /// The column's name.
    public let column: String
    /// How it enters the model.
    public let kind: FeatureKind
    /// For people; nil when none was declared.
    public let unit: String?
    /// Numbers outside the bounds count as the bound.
    public let minimum: Double?
    /// Larger numbers count as this one.
    public let maximum: Double?
    /// Categories: the union of all participants' levels, numbers ascending, then texts. Numbers: the different
    /// values, where the task wants the most frequent one; else none.
    public let levels: [String]

    /// Minimum and maximum, where both are declared.
    var bounds: ClosedRange<Double>? {
      guard let minimum, let maximum else { return nil }
      return minimum...maximum
    }
  }

  /// What is predicted.
  public struct Label: Hashable, Codable, Sendable {
    /// What is predicted.
    public enum Kind: Hashable, Codable, Sendable {
      /// A number.
      case number
      /// Two classes: whether the value fulfils the rule.
      case rule(PositiveRule)
      /// Classes by value, in the order of levels.
      case classes([String])
    }

    /// The column's name.
    public let column: String
    /// What is predicted.
    public let kind: Kind

    /// Number of classes; nil for regression.
    public var classCount: Int? {
      switch kind {
      case .number: nil
      case .rule: 2
      case .classes(let names): names.count
      }
    }

    /// How people call the classes, in order; none for regression.
    public var classNames: [String] {
      switch kind {
      case .number: []
      case .rule(let rule): ["not \(rule)", rule.description]
      case .classes(let names): names
      }
    }
  }

  /// A column that no model sees, and why.
  public struct LeftOut: Hashable, Codable, Sendable {
    /// The column's name.
    public let column: String
    /// Why it is left out.
    public let reason: ColumnReport.Remark
  }

  /// The columns that are learnt from, in the order of the outputs.
  public let features: [Feature]
  /// What is predicted.
  public let label: Label
  /// Rows with one value in this column stay on one side of a split.
  public let group: String?
  /// Columns that the model does not see, and why.
  public let leftOut: [LeftOut]
}
