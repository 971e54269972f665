public import AtollNumerics

/// The server's half of an algorithm: how the aggregate of a round becomes the next global model.
///
/// A strategy never sees one participant's update, so masks, compression and noise work with every strategy.
public protocol Strategy: Codable, Sendable {
  /// The participant's half, which travels with the model.
  associatedtype Rule: LocalRule

  /// What participants are told to do in the next round.
  var rule: Rule { get }

  /// How much each participant counts in the mean update.
  var weighting: Weighting { get }

  /// Changes the model by the result of a round, which has a sum named ``SumSpec/Name/update`` and the rule's extra
  /// sums.
  mutating func apply(_ result: ExchangeResult, to model: inout ParameterSet) throws
}

extension Strategy {
  public var weighting: Weighting { .rows }
}

/// How much a participant counts in a mean.
public enum Weighting: String, Hashable, Codable, Sendable, CaseIterable {
  /// By its number of training rows.
  case rows
  /// Every participant the same.
  case equal
}

/// The participant's half of an algorithm: what it does with the model that it gets.
public protocol LocalRule: Codable, Hashable, Sendable {
  /// Distinguishes the questions of strategies, and so their workers.
  static var kind: String { get }

  /// Further sums beside the update of `count` numbers; each is bounded as the update is.
  func extraSums(count: Int, format: FixedPoint) -> [SumSpec]

  /// Trains and tells what leaves.
  func update(_ session: inout LocalSession) throws -> LocalUpdate
}

extension LocalRule {
  public func extraSums(count: Int, format: FixedPoint) -> [SumSpec] { [] }
}

/// What a rule sends up.
public struct LocalUpdate: Sendable {
  /// The change of the model (or the gradient, where the strategy takes gradients).
  public var update: [Float]
  public var extras: [SumSpec.Name: [Float]]

  public init(update: [Float], extras: [SumSpec.Name: [Float]] = [:]) {
    self.update = update
    self.extras = extras
  }
}

extension SumSpec.Name {
  /// The weighted change of the model.
  public static let update = Self(rawValue: "update")
}
