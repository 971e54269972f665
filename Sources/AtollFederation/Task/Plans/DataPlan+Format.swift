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
  /// Smallest value; smaller ones are errors of the data.
  public let minimum: Double?
  /// Largest value; larger ones are errors of the data.
  public let maximum: Double?
  /// For reports only.
  public let unit: String?

  public init(
    name: String, type: Kind? = nil, minimum: Double? = nil, maximum: Double? = nil, unit: String? = nil
  ) {
    self.name = name
    self.type = type
    self.minimum = minimum
    self.maximum = maximum
    self.unit = unit
  }
}
