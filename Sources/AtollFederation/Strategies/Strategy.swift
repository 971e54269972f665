import AtollLearning
public import AtollNumerics

/// The server's half of an algorithm: how the aggregate of a round becomes the next global model.
///
/// A strategy never sees one participant's update, so masks, compression and noise work with every strategy.
///
/// ```swift
/// /// Server momentum that looks ahead (Nesterov 1983): v ← β·v + Δ, then w ← w + Δ + β·v.
/// struct Nesterov: Strategy {
///   var beta = 0.6
///   var velocity: [Double]?
///
///   mutating func apply(_ result: ExchangeResult, to model: inout ParameterSet) throws {
///     let change = try result.mean(.update)
///     let next = zip(velocity ?? change.map { _ in 0 }, change).map { beta * $0 + $1 }
///     model.add(zip(change, next).map { $0 + beta * $1 })
///     velocity = next
///   }
/// }
/// ```
/// Stored properties are both the settings, which a task names, and the state, which a checkpoint keeps: state begins as
/// nil.
public protocol Strategy: Codable, Sendable {
  /// The strategy's name in task files: small letters, digits and `-`, not one of Atoll's own names. By default that of
  /// the type, as `trimmed-mean`.
  static var kind: String { get }

  /// The participant's half, which travels with the model.
  associatedtype Rule: LocalRule = PlainTraining

  /// What participants are told to do in the next round.
  var rule: Rule { get }

  /// How much each participant counts in the mean update.
  var weighting: Weighting { get }

  /// Changes the model by the result of a round, which has a sum named ``SumSpec/Name/update`` and the rule's extra
  /// sums.
  mutating func apply(_ result: ExchangeResult, to model: inout ParameterSet) throws
}

extension Strategy {
  /// The type's name, as `trimmed-mean`.
  public static var kind: String { kebabCase(of: Self.self) }

  /// By rows.
  public var weighting: Weighting { .rows }
}

extension Strategy where Rule == PlainTraining {
  /// Train as the task says, send the change of the model.
  public var rule: PlainTraining { PlainTraining() }
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
  /// None.
  public func extraSums(count: Int, format: FixedPoint) -> [SumSpec] { [] }
}

/// What a rule sends up.
public struct LocalUpdate: Sendable {
  /// The change of the model (or the gradient, where the strategy takes gradients).
  public var update: [Float]
  /// The rule's further sums.
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
