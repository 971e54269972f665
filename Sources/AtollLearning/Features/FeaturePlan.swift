/// What a task says about columns: which one is to be predicted, and which ones to predict it from.
public struct FeaturePlan: Hashable, Codable, Sendable {
  /// What is to be predicted.
  public var label: LabelPlan
  /// The columns to learn from, in this order; nil for every numeric or categorical column but the label and the
  /// group, in the tables' order, without those that look like identifiers, dates, free text or constants.
  public var features: [String]?
  /// What is known of columns beforehand. Where everything is declared, nothing has to be asked.
  public var declarations: [ColumnDeclaration]
  /// Rows with one value in this column never fall on both sides of a split.
  public var group: String?

  public init(
    label: LabelPlan, features: [String]? = nil, declarations: [ColumnDeclaration] = [], group: String? = nil
  ) {
    self.label = label
    self.features = features
    self.declarations = declarations
    self.group = group
  }

  func declaration(of column: String) -> ColumnDeclaration? { declarations.first { $0.column == column } }

  /// - Throws: ``PreparationError`` when the plan contradicts itself.
  public func validate() throws(PreparationError) {
    func refuse(_ message: String, _ column: String) -> PreparationError {
      PreparationError(.contradiction, message, column: column)
    }
    if let features {
      guard !features.isEmpty else { throw PreparationError(.noFeatures, "the list of features is empty") }
      if let twice = firstRepeated(features) {
        throw refuse("feature \(quoted(twice)) is listed twice", twice)
      }
      if features.contains(label.column) {
        throw refuse("the label \(quoted(label.column)) cannot be a feature as well", label.column)
      }
    }
    if let twice = firstRepeated(declarations.map(\.column)) {
      throw refuse("\(quoted(twice)) is declared twice", twice)
    }
    for declaration in declarations {
      let column = declaration.column
      if let minimum = declaration.minimum, let maximum = declaration.maximum, minimum >= maximum {
        throw refuse("\(quoted(column)): the minimum \(minimum) is not below the maximum \(maximum)", column)
      }
      guard [declaration.minimum, declaration.maximum].allSatisfy({ $0?.isFinite ?? true }) else {
        throw refuse("\(quoted(column)): bounds are finite numbers", column)
      }
      if let levels = declaration.levels {
        guard declaration.kind != .number else {
          throw refuse("\(quoted(column)): numbers have no levels", column)
        }
        if let twice = firstRepeated(levels.map(LevelName.canonical)) {
          throw refuse("\(quoted(column)): level \(quoted(twice)) is declared twice", column)
        }
      }
    }
  }
}

/// What is declared of a column.
public struct ColumnDeclaration: Hashable, Codable, Sendable {
  /// The column's name.
  public var column: String
  /// How the column is read; nil to go by its values.
  public var kind: FeatureKind?
  /// Smaller numbers count as this one.
  public var minimum: Double?
  /// Larger numbers count as this one.
  public var maximum: Double?
  /// For people: `mmol/L`.
  public var unit: String?
  /// The levels of a category; nil for all that the participants have.
  public var levels: [String]?

  public init(
    _ column: String, kind: FeatureKind? = nil, minimum: Double? = nil, maximum: Double? = nil,
    unit: String? = nil,
    levels: [String]? = nil
  ) {
    self.column = column
    self.kind = kind
    self.minimum = minimum
    self.maximum = maximum
    self.unit = unit
    self.levels = levels
  }
}

/// How a column enters a model.
public enum FeatureKind: String, Hashable, Codable, Sendable, CaseIterable {
  /// A number, or one of some levels.
  case number, category
}

/// What is to be predicted.
public struct LabelPlan: Hashable, Codable, Sendable {
  /// What is predicted.
  public enum Task: String, Hashable, Codable, Sendable {
    /// A class, or a number.
    case classification, regression
  }

  /// The column's name.
  public var column: String
  /// Whether classes or numbers are predicted.
  public var task: Task
  /// Which values make the positive class; nil where the values are the classes.
  public var positive: PositiveRule?
  /// The classes, where they are known beforehand; nil for all that the participants have.
  public var classes: [String]?
  /// Whether the training rows may all be of one class: nothing can be learnt then, but a participant that is judged by
  /// itself may be in that place.
  public var mayLackClasses: Bool

  public init(
    _ column: String, task: Task, positive: PositiveRule? = nil, classes: [String]? = nil,
    mayLackClasses: Bool = false
  ) {
    self.column = column
    self.task = task
    self.positive = positive
    self.classes = classes
    self.mayLackClasses = mayLackClasses
  }
}

func firstRepeated(_ names: [String]) -> String? {
  var seen = Set<String>()
  return names.first { !seen.insert($0).inserted }
}
