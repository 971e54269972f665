/// How much may be given away: ε at δ, of whom, and under which relation. The four mean nothing apart.
public struct PrivacyBudget: Hashable, Sendable {
  /// The ε that must not be exceeded, in nats.
  public let epsilon: Double
  /// The δ at which ε is meant.
  public let delta: Double
  /// Whose data are protected.
  public let unit: PrivacyUnit
  /// Which data sets are told apart.
  public let relation: NeighboringRelation

  /// - Parameters:
  ///   - epsilon: above 0 and finite.
  ///   - delta: at least 0 and below 1; at 0 only mechanisms with bounded losses fit.
  ///   - unit: whose data are protected.
  ///   - relation: which data sets are told apart.
  /// - Throws: ``PrivacyError`` with code `invalid`, naming the parameter and what is allowed.
  public init(
    epsilon: Double, delta: Double, unit: PrivacyUnit, relation: NeighboringRelation
  ) throws(PrivacyError) {
    guard epsilon > 0, epsilon < .infinity else {
      throw PrivacyError(.invalid, "the ε of a budget is above 0 and finite, not \(epsilon)")
    }
    try checkDelta(delta)
    self.epsilon = epsilon
    self.delta = delta
    self.unit = unit
    self.relation = relation
  }
}

extension PrivacyBudget: CustomStringConvertible {
  public var description: String { "ε \(epsilon) at δ \(delta) per \(unit), \(relation)" }
}

extension PrivacyBudget: Codable {
  private enum Key: String, CodingKey { case epsilon, delta, unit, relation }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    try self.init(
      epsilon: try container.decode(Double.self, forKey: .epsilon),
      delta: try container.decode(Double.self, forKey: .delta),
      unit: try container.decode(PrivacyUnit.self, forKey: .unit),
      relation: try container.decode(NeighboringRelation.self, forKey: .relation))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(epsilon, forKey: .epsilon)
    try container.encode(delta, forKey: .delta)
    try container.encode(unit, forKey: .unit)
    try container.encode(relation, forKey: .relation)
  }
}
