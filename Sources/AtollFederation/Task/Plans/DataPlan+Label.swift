extension DataPlan {
  /// The column to be predicted.
  public struct Label: Hashable, Codable, Sendable {
    /// The column's name.
    public let column: String
    /// What makes a row positive, where there are two classes and the column does not name them itself.
    public let positive: Positive?

    /// - Parameters:
    ///   - column: the column's name.
    ///   - positive: what makes a row positive; nil where the column's values are the classes, or numbers.
    public init(column: String, positive: Positive? = nil) {
      self.column = column
      self.positive = positive
    }
  }

  /// Which cells of the label column make a row positive: `> 0`, `>= 1.5`, `= yes`, `!= benign`, or some
  /// values.
  public struct Positive: Hashable, Codable, Sendable {
    /// How a cell is compared. Raw values are the signs of task files.
    public enum Comparison: String, Hashable, Codable, Sendable, CaseIterable {
      // The longer signs first: they are tried in this order.
      /// At least the number.
      case atLeast = ">="
      /// At most the number.
      case atMost = "<="
      /// Any other value.
      case unequal = "!="
      /// Above the number.
      case above = ">"
      /// Below the number.
      case below = "<"
      /// The value.
      case equal = "="
    }

    private enum Content: Hashable, Codable {
      case ordered(Comparison, Double)
      case values([String], arePositive: Bool)
    }

    private let content: Content

    /// A comparison with a number; nil when the number is not finite, or the comparison is not one of order.
    public init?(_ comparison: Comparison, _ number: Double) {
      guard comparison != .equal, comparison != .unequal, number.isFinite else { return nil }
      content = .ordered(comparison, number)
    }

    /// These cells and no others; nil when there is none.
    public init?(anyOf values: [String]) {
      guard !values.isEmpty else { return nil }
      content = .values(values, arePositive: true)
    }

    /// Reads `> 0` and the like; text without a sign is the one positive value. Nil when there is nothing to
    /// compare with, or `<` and `>` stand before something that is not a number.
    public init?(_ text: String) {
      let text = text.trimmed
      guard let comparison = Comparison.allCases.first(where: { text.hasPrefix($0.rawValue) }) else {
        guard !text.isEmpty else { return nil }
        content = .values([text], arePositive: true)
        return
      }
      let operand = String(text.dropFirst(comparison.rawValue.count)).trimmed
      switch comparison {
      case .equal, .unequal:
        guard !operand.isEmpty, !operand.hasPrefix("=") else { return nil }
        content = .values([operand], arePositive: comparison == .equal)
      default:
        guard NumberText(operand) != nil, let number = Double(operand), number.isFinite else { return nil }
        content = .ordered(comparison, number)
      }
    }

    /// Whether a cell is positive; nil when a number is wanted and the cell is none. Cells that are numbers are
    /// compared as numbers: `= 1` holds for `1.0`.
    public func holds(for cell: String) -> Bool? {
      switch content {
      case .ordered(let comparison, let bound):
        guard let number = Double(cell), !number.isNaN else { return nil }
        switch comparison {
        case .above: return number > bound
        case .atLeast: return number >= bound
        case .below: return number < bound
        case .atMost: return number <= bound
        case .equal, .unequal: return nil
        }
      case .values(let values, let arePositive):
        let isAmong = values.contains { value in
          if value == cell { return true }
          guard let left = Double(value), let right = Double(cell) else { return false }
          return left == right
        }
        return isAmong == arePositive
      }
    }

    /// The values, where only a list says them.
    var list: [String]? {
      guard case .values(let values, arePositive: true) = content else { return nil }
      return Positive(description) == self ? nil : values
    }
  }
}

extension DataPlan.Positive: CustomStringConvertible {
  /// As a task file writes it; several values are joined by commas.
  public var description: String {
    switch content {
    case .ordered(let comparison, let number): "\(comparison.rawValue) \(number.brief)"
    case .values(let values, let arePositive):
      (arePositive ? "= " : "!= ") + values.joined(separator: ", ")
    }
  }
}

extension DataPlan.Label: ExpressibleByStringLiteral {
  /// The column of that name.
  public init(stringLiteral column: String) { self.init(column: column) }
}

extension DataPlan.Positive: ExpressibleByStringLiteral {
  /// Reads `> 0` and the like.
  ///
  /// - Precondition: the literal is a rule.
  public init(stringLiteral text: String) {
    guard let rule = Self(text) else { preconditionFailure("no rule that makes a row positive: \(text)") }
    self = rule
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
