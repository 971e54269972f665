public import AtollLearning

/// Strategies and models of your own: the one place where a program names them, so that task files, messages and
/// checkpoints may.
///
/// ```swift
/// let extensions = Extensions(strategies: [Nesterov.self])
/// let yaml = """
///   task: classification
///   name: study
///   data: {participants: own, label: malignant}
///   model: logistic
///   federation: {strategy: {kind: nesterov, beta: 0.6}, rounds: 4}
///   evaluation: {baselines: []}
///   """
/// let read = try FederatedTask(yaml: yaml, extensions: extensions)
/// ```
/// A task that is built as a value brings its own types along and needs no such list.
public struct Extensions: Sendable {
  /// Models, by their `kind`.
  public let models: ModelRegistry
  private let known: [String: any Strategy.Type]

  /// - Precondition: no two strategies, and no two models, have one kind.
  public init(strategies: [any Strategy.Type] = [], models: [any TaskModel.Type] = []) {
    self.models = ModelRegistry(models)
    known = Dictionary(strategies.map { ($0.kind, $0) }) { first, _ in
      preconditionFailure("two strategies are of the kind “\(first.kind)”")
    }
  }

  /// The strategies, in the order of their kinds.
  public var strategies: [any Strategy.Type] { known.sorted { $0.key < $1.key }.map(\.value) }

  /// The strategy of that kind, where it is among these.
  func strategy(_ kind: String) -> (any Strategy.Type)? { known[kind] }
}

extension FederatedTask {
  /// The types of one's own that the task asks for.
  public var extensions: Extensions { Extensions(strategy: federation.strategy, model: model) }
}

extension Extensions {
  init(strategy: StrategyKind, model: ModelKind) {
    var strategies: [any Strategy.Type] = []
    var models: [any TaskModel.Type] = []
    if case .own(let own) = strategy { strategies = [type(of: own.strategy)] }
    if case .own(let own) = model { models = [type(of: own.model)] }
    self.init(strategies: strategies, models: models)
  }
}
