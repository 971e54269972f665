/// A model of one's own that a federated task can ask for, under the name ``kind``.
///
/// ```swift
/// /// Linear quantile regression (Koenker & Bassett 1978): the loss is level·e above the line and (level − 1)·e below it.
/// struct QuantileRegression: TaskModel {
///   var level = 0.5
///   var inputs = 1
///
///   func shaped(for examples: ExampleShape) -> Self { Self(level: level, inputs: examples.inputCount) }
///
///   var layout: ParameterLayout { ParameterLayout([("weight", [inputs]), ("bias", [1])]) }
/// ```
/// Stored properties are the model's settings: they travel with every question, and a task file gives them as keys.
public protocol TaskModel: Model, Codable, Hashable {
  /// The model's name in task files, checkpoints and `model.json`: small letters, digits and `-`, not one of Atoll's own
  /// names. By default that of the type, as `quantile-regression`.
  static var kind: String { get }

  /// What ``Model/predictions(at:for:using:)`` gives; a value unless said otherwise.
  var prediction: ModelArchitecture.Prediction { get }

  /// The same model for examples of this shape, which are known once tables have been made ready. By default the model
  /// itself, for one that has its size already.
  ///
  /// - Throws: ``ModelError`` when the model cannot learn from such examples.
  func shaped(for examples: ExampleShape) throws(ModelError) -> Self
}

extension TaskModel {
  /// The type's name, as `quantile-regression`.
  public static var kind: String { kebabCase(of: Self.self) }

  /// A value.
  public var prediction: ModelArchitecture.Prediction { .value }

  /// The model itself.
  public func shaped(for examples: ExampleShape) -> Self { self }
}

/// What the examples of a task look like to a model.
public struct ExampleShape: Hashable, Sendable {
  /// Extents of one example: `[features]` for tables, `[height, width, channels]` for images.
  public let inputShape: [Int]
  /// Number of classes; nil for regression.
  public let classes: Int?

  /// - Parameters:
  ///   - inputShape: extents of one example.
  ///   - classes: number of classes; nil for regression.
  public init(inputShape: [Int], classes: Int?) {
    self.inputShape = inputShape
    self.classes = classes
  }

  /// Numbers in one example.
  public var inputCount: Int { inputShape.reduce(1, *) }
}

/// A ``TaskModel`` of any type, compared by type and settings.
public struct OwnModel: Sendable {
  /// The model.
  public let model: any TaskModel

  /// - Precondition: the model's ``TaskModel/kind`` is not one of Atoll's own.
  public init(_ model: some TaskModel) {
    self.model = model
    let kind = type(of: model).kind
    precondition(
      !ModelKind.names.contains(kind), "“\(kind)” is a model of Atoll's own; give yours another kind")
  }

  /// ``TaskModel/kind`` of the model.
  public var kind: String { type(of: model).kind }
}

extension OwnModel: Hashable {
  public static func == (left: Self, right: Self) -> Bool {
    AnyHashable(left.model) == AnyHashable(right.model)
  }
  public func hash(into hasher: inout Hasher) { hasher.combine(AnyHashable(model)) }
}

/// The types of models of one's own that files and messages may name.
public struct ModelRegistry: Sendable {
  private var types: [String: any TaskModel.Type] = [:]

  /// - Precondition: no two types have one ``TaskModel/kind``.
  public init(_ types: [any TaskModel.Type] = []) {
    for type in types {
      precondition(
        self.types.updateValue(type, forKey: type.kind) == nil, "two models are of the kind “\(type.kind)”")
    }
  }

  /// The type of that kind, where it is known here.
  public subscript(kind: String) -> (any TaskModel.Type)? { types[kind] }

  /// The kinds that are known here, in ascending order.
  public var kinds: [String] { types.keys.sorted() }
}

extension CodingUserInfoKey {
  /// Where decoders find the types of models of one's own: a ``ModelRegistry``.
  // Safe because the raw value is not empty.
  public static let models = CodingUserInfoKey(rawValue: "atoll.models")!
}

/// The name of a type in small letters, a hyphen before each capital but the first: `TrimmedMean` is `trimmed-mean`.
package func kebabCase(of type: Any.Type) -> String {
  var name = ""
  // Generic arguments are no part of the name.
  for character in String(describing: type).prefix(while: { $0 != "<" }) {
    if character.isUppercase, !name.isEmpty, name.last != "-" { name += "-" }
    name += character.lowercased()
  }
  return name
}
