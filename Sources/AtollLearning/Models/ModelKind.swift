/// The models that a task can ask for.
public enum ModelKind: Hashable, Sendable {
  /// One output, no link: least squares and its robust relatives.
  case linear
  /// One output through the logistic function.
  case logistic
  /// One output for each class through softmax.
  case softmax
  /// One linear output for two classes (or one for each of more), trained with a hinge loss.
  case svm
  /// Fully connected layers of these widths, then the output layer.
  case mlp(hidden: [Int] = [32], activation: Activation = .relu)
  /// Any chain of layers, then the output layer.
  case cnn(layers: [Layer])
  /// A model that is not among Atoll's own: see ``own(_:)-swift.type.method``.
  case own(OwnModel)

  /// A model of your own.
  public static func own(_ model: some TaskModel) -> ModelKind { .own(OwnModel(model)) }

  /// The names of Atoll's own models.
  public static let names = ["linear", "logistic", "softmax", "svm", "mlp", "cnn"]

  /// The name in task files.
  public var name: String {
    switch self {
    case .linear: "linear"
    case .logistic: "logistic"
    case .softmax: "softmax"
    case .svm: "svm"
    case .mlp: "mlp"
    case .cnn: "cnn"
    case .own(let own): own.kind
    }
  }

  /// The layers before the output layer; none where there are no layers.
  public var layers: [Layer] {
    switch self {
    case .linear, .logistic, .softmax, .svm, .own: []
    case .mlp(let hidden, let activation): hidden.flatMap { [.dense(units: $0), .activation(activation)] }
    case .cnn(let layers): layers
    }
  }
}

/// Elementwise non-linearities.
public enum Activation: String, Hashable, Codable, Sendable, CaseIterable {
  /// max(0, x), the hyperbolic tangent, and 1 / (1 + e⁻ˣ).
  case relu, tanh, sigmoid
}

/// One layer of a ``Network``. Images are height × width × channels.
public enum Layer: Hashable, Sendable {
  /// Fully connected; flattens what it is given (in height, width, channel order).
  case dense(units: Int)
  /// A non-linearity, element by element.
  case activation(Activation)
  /// Square kernel, zero padding on each side; out = (in + 2·padding − kernel) / stride + 1, rounded down.
  case convolution(channels: Int, kernel: Int = 3, stride: Int = 1, padding: Int = 0)
  /// Rows and columns that do not fill a window are dropped.
  case maxPooling(window: Int, stride: Int)
}
