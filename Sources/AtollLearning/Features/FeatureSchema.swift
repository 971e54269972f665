/// The columns that a model is made of, as all participants agreed on them.
public struct FeatureSchema: Hashable, Codable, Sendable {
  public struct Feature: Hashable, Codable, Sendable {
    public let column: String
    public let kind: FeatureKind
    public let unit: String?
    /// Numbers outside the bounds count as the bound.
    public let minimum: Double?
    public let maximum: Double?
    /// Categories: the union of all participants' levels, numbers ascending, then texts. Numbers: the different
    /// values, where the task wants the most frequent one; else none.
    public let levels: [String]
  }

  /// What is predicted.
  public struct Label: Hashable, Codable, Sendable {
    public enum Kind: Hashable, Codable, Sendable {
      case number
      /// Two classes: whether the value fulfils the rule.
      case rule(PositiveRule)
      /// Classes by value, in the order of levels.
      case classes([String])
    }

    public let column: String
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
    public let column: String
    public let reason: ColumnReport.Remark
  }

  public let features: [Feature]
  public let label: Label
  public let group: String?
  public let leftOut: [LeftOut]
}
