/// Which values of a label make the positive class: `> 0`, `>= 1.5`, `< 5`, `<= 5`, `= yes`, `!= benign`, a value, or one
/// of several values.
///
/// Values that are numbers are compared as numbers: `= 1` holds for `1.0`.
public struct PositiveRule: Hashable, Sendable {
  /// How a value is compared. Raw values are the signs of task files.
  public enum Comparison: String, Hashable, Sendable, CaseIterable {
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

  private enum Content: Hashable, Sendable {
    case ordered(Comparison, Double)
    case values([String], arePositive: Bool)
  }

  private let content: Content

  private init(_ content: Content) { self.content = content }

  /// A comparison with a number; nil when the number is not finite, or the comparison is not one of order.
  public init?(_ comparison: Comparison, _ number: Double) {
    guard comparison != .equal, comparison != .unequal, number.isFinite else { return nil }
    content = .ordered(comparison, number)
  }

  /// These values and no others; nil when there is none.
  public init?(anyOf values: [String]) {
    guard !values.isEmpty else { return nil }
    content = .values(values, arePositive: true)
  }

  /// Reads `> 0` and the like; text without a sign is the one positive value. Nil when there is nothing to compare with,
  /// or `<` and `>` stand before something that is not a number.
  public init?(_ text: String) {
    let text = text.trimmingBlanks
    guard let comparison = Comparison.allCases.first(where: { text.hasPrefix($0.rawValue) }) else {
      guard !text.isEmpty else { return nil }
      self.init(.values([text], arePositive: true))
      return
    }
    let operand = String(text.dropFirst(comparison.rawValue.count)).trimmingBlanks
    switch comparison {
    case .equal, .unequal:
      guard !operand.isEmpty, !operand.hasPrefix("=") else { return nil }
      self.init(.values([operand], arePositive: comparison == .equal))
    case .atLeast, .atMost, .above, .below: self.init(comparison, Levels.number(operand))
    }
  }

  /// The values, where no text says the same.
  package var list: [String]? {
    guard case .values(let values, arePositive: true) = content else { return nil }
    return PositiveRule(description) == self ? nil : values
  }
}

extension PositiveRule {
  /// Whether numbers are compared by size.
  var needsNumbers: Bool { if case .ordered = content { true } else { false } }

  /// What decides for numbers; made once for a column.
  var numberTest: (Double) -> Bool {
    switch content {
    case .ordered(.above, let bound): { $0 > bound }
    case .ordered(.atLeast, let bound): { $0 >= bound }
    case .ordered(.below, let bound): { $0 < bound }
    case .ordered(_, let bound): { $0 <= bound }
    case .values(let values, let arePositive):
      { [numbers = Set(values.map(Levels.number))] in numbers.contains($0) == arePositive }
    }
  }

  /// What decides for values as they are spelt.
  var textTest: (String) -> Bool {
    switch content {
    case .ordered: { [test = numberTest] in test(Levels.number($0)) }
    case .values(let values, let arePositive):
      { [names = Set(values.map(LevelName.canonical))] in
        names.contains(LevelName.canonical($0)) == arePositive
      }
    }
  }
}

extension PositiveRule: CustomStringConvertible {
  /// As a task file writes it; several values are joined by commas.
  public var description: String {
    switch content {
    case .ordered(let comparison, let number): "\(comparison.rawValue) \(DecimalNumber.text(number))"
    case .values(let values, let arePositive):
      (arePositive ? "= " : "!= ") + values.joined(separator: ", ")
    }
  }
}

extension PositiveRule: Codable {
  /// A text, or a list of values.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let rule: PositiveRule?
    if let text = try? container.decode(String.self) {
      rule = PositiveRule(text)
    } else {
      rule = PositiveRule(anyOf: try container.decode([String].self))
    }
    guard let rule else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no rule for a positive class")
    }
    self = rule
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let list { try container.encode(list) } else { try container.encode(description) }
  }
}

extension String {
  var trimmingBlanks: String {
    let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    return String(drop(while: blank).reversed().drop(while: blank).reversed())
  }
}

extension PositiveRule: ExpressibleByStringLiteral {
  /// Reads `> 0` and the like.
  ///
  /// - Precondition: the literal is a rule.
  public init(stringLiteral text: String) {
    guard let rule = PositiveRule(text) else {
      preconditionFailure("no rule that makes a row positive: \(text)")
    }
    self = rule
  }
}
