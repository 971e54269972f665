import AtollLearning

extension DataPlan {
  /// How the tables of a task are written.
  public struct Format: Hashable, Codable, Sendable {
    /// What stands between two cells. Raw values are the words of task files.
    public enum Delimiter: String, Hashable, Codable, Sendable, CaseIterable {
      /// `,`
      case comma = ","
      /// `;`
      case semicolon = ";"
      /// `|`
      case bar = "|"
      /// A tab.
      case tab
      /// A blank.
      case blank

      /// The character itself.
      public var character: Character {
        switch self {
        case .comma: ","
        case .semicolon: ";"
        case .bar: "|"
        case .tab: "\t"
        case .blank: " "
        }
      }
    }

    /// What stands before the fraction of a number.
    public enum DecimalMark: String, Hashable, Codable, Sendable, CaseIterable {
      /// `1.5`, or `1,5` with a comma.
      case point, comma
    }

    /// The columns' names, where files have no header line.
    public var columns: [String]?
    /// What stands between two cells.
    public var delimiter: Delimiter = .comma
    /// Cells that stand for “not known”.
    public var missingValues: [String] = TableFormat.usualMissingValues
    /// What stands before the fraction of a number.
    public var decimal: DecimalMark = .point

    /// A table with a header line, as RFC 4180 has it.
    public init() {}
  }
}

/// A column to learn from, with what is known about it beforehand.
public struct FeatureDeclaration: Hashable, Codable, Sendable {
  /// What the cells of a column are.
  public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
    /// Numbers, or one of some categories.
    case number, category
  }

  /// The column.
  public let name: String
  /// Nil: inferred from the data.
  public let type: Kind?
  /// Smallest value; smaller ones count as this one.
  public let minimum: Double?
  /// Largest value; larger ones count as this one.
  public let maximum: Double?
  /// The categories there are; others count as none of them. Nil: those that the participants have.
  public let levels: [String]?
  /// For reports only.
  public let unit: String?

  public init(
    name: String, type: Kind? = nil, minimum: Double? = nil, maximum: Double? = nil,
    levels: [String]? = nil, unit: String? = nil
  ) {
    self.name = name
    self.type = type
    self.minimum = minimum
    self.maximum = maximum
    self.levels = levels
    self.unit = unit
  }

  /// What its cells are, where that is said: only numbers have bounds, and only categories have levels.
  var kind: Kind? {
    if let type { return type }
    if levels != nil { return .category }
    return minimum != nil || maximum != nil ? .number : nil
  }
}
