import AtollLearning
import FoundationEssentials

/// A ``Strategy`` of any type, compared by type and settings.
public struct OwnStrategy: Sendable {
  /// The strategy, as it begins a run.
  public let strategy: any Strategy
  /// The stored properties, as canonical JSON.
  private let settings: Data

  /// - Precondition: the strategy's ``Strategy/kind`` is not one of Atoll's own, and it has no model in its state yet.
  public init(_ strategy: some Strategy) {
    let kind = type(of: strategy).kind
    precondition(
      !StrategyKind.names.contains(kind), "“\(kind)” is a strategy of Atoll's own; give yours another kind")
    guard let settings = try? CanonicalJSON.encode(strategy) else {
      preconditionFailure("the strategy “\(kind)” cannot be written: let its state begin as nil")
    }
    self.strategy = strategy
    self.settings = settings
  }

  /// ``Strategy/kind`` of the strategy.
  public var kind: String { type(of: strategy).kind }
}

extension OwnStrategy: Hashable {
  public static func == (left: Self, right: Self) -> Bool {
    left.kind == right.kind && left.settings == right.settings
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    hasher.combine(settings)
  }
}
