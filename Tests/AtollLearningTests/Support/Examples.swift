import AtollLearning
import AtollNumerics

/// Made-up examples: features standard normal, targets at random.
func examples(_ rows: Int, for architecture: ModelArchitecture, seed: UInt64 = 1) -> Dataset {
  var coins = RandomStream(seed: seed, purpose: .sample)
  let features = (0..<rows * architecture.inputCount).map { _ in Float(coins.normal()) }
  let targets: Targets =
    if let classes = architecture.classes {
      .classes((0..<rows).map { _ in Int32(coins.below(classes)) }, count: classes)
    } else {
      .values((0..<rows).map { _ in Float(coins.normal()) })
    }
  return Dataset(inputShape: architecture.inputShape, features: features, targets: targets)
}

/// Parameters that leave no symmetry, biases included: normal, with a standard deviation of 0.4.
func scattered(_ layout: ParameterLayout, seed: UInt64 = 1) -> ParameterSet {
  var coins = RandomStream(seed: seed, purpose: .initialModel)
  return ParameterSet(layout: layout, values: (0..<layout.count).map { _ in Float(0.4 * coins.normal()) })
}

/// A model and what it is trained with, for tests over many of them.
struct ModelCase: Sendable, CustomStringConvertible {
  let description: String
  let architecture: ModelArchitecture
  let objective: Objective

  init(
    _ description: String, _ kind: ModelKind, _ inputShape: [Int], classes: Int? = nil, _ loss: Loss,
    weights: [Float] = []
  ) throws {
    self.description = description
    architecture = try ModelArchitecture(kind: kind, inputShape: inputShape, classes: classes)
    objective = Objective(loss, classWeights: weights)
    try architecture.check(loss)
  }

  /// Every layer, loss and way that layers are fused.
  static func all() throws -> [ModelCase] { try flat() + images() }

  private static func flat() throws -> [ModelCase] {
    [
      try ModelCase("linear, squared error", .linear, [7], .squaredError),
      try ModelCase("linear, absolute error", .linear, [7], .absoluteError),
      try ModelCase("linear, Huber", .linear, [19], .huber(delta: 0.7)),
      try ModelCase("logistic", .logistic, [20], classes: 2, .crossEntropy),
      try ModelCase("logistic, weighted", .logistic, [5], classes: 2, .crossEntropy, weights: [0.5, 3]),
      try ModelCase("softmax of two", .softmax, [6], classes: 2, .crossEntropy),
      try ModelCase("softmax, weighted", .softmax, [6], classes: 3, .crossEntropy, weights: [1, 0.25, 2]),
      try ModelCase("softmax of many", .softmax, [4], classes: 21, .crossEntropy),
      try ModelCase("svm", .svm, [9], classes: 2, .hinge),
      try ModelCase("svm, squared, weighted", .svm, [9], classes: 2, .squaredHinge, weights: [2, 1]),
      try ModelCase("svm of four", .svm, [5], classes: 4, .hinge),
      try ModelCase("svm of ten, squared", .svm, [5], classes: 10, .squaredHinge),
      try ModelCase("mlp relu", .mlp(hidden: [17, 5], activation: .relu), [6], classes: 3, .crossEntropy),
      try ModelCase("mlp tanh", .mlp(hidden: [9], activation: .tanh), [6], .squaredError),
      try ModelCase(
        "mlp sigmoid", .mlp(hidden: [3, 18], activation: .sigmoid), [4], classes: 2, .crossEntropy),
    ]
  }

  private static func images() throws -> [ModelCase] {
    let relu = Layer.activation(.relu)
    func conv(_ channels: Int, _ kernel: Int, stride: Int = 1, padding: Int = 0) -> Layer {
      .convolution(channels: channels, kernel: kernel, stride: stride, padding: padding)
    }
    func cnn(_ name: String, _ shape: [Int], classes: Int? = 3, _ layers: [Layer]) throws -> ModelCase {
      try ModelCase(
        name, .cnn(layers: layers), shape, classes: classes, classes == nil ? .squaredError : .crossEntropy)
    }
    return [
      try cnn("conv", [5, 6, 2], classes: nil, [conv(3, 3)]),
      try cnn("conv relu pool", [7, 7, 1], [conv(4, 3), relu, .maxPooling(window: 2, stride: 2)]),
      try cnn("conv relu pool 3, odd", [9, 8, 2], [conv(5, 2), relu, .maxPooling(window: 3, stride: 3)]),
      try cnn(
        "two convs, as in W1", [8, 8, 1],
        [conv(3, 3), relu, conv(18, 3), relu, .maxPooling(window: 2, stride: 2), .dense(units: 9), relu]),
      try cnn(
        "pools between", [9, 9, 1],
        [
          conv(3, 2), relu, .maxPooling(window: 2, stride: 2), conv(4, 3, padding: 1), relu,
          .maxPooling(window: 2, stride: 2),
        ]),
      try cnn("stride and padding", [7, 5, 3], [conv(4, 3, stride: 2, padding: 1), .activation(.tanh)]),
      try cnn("kernel 5, padding 2", [5, 5, 1], [conv(2, 5, padding: 2), .activation(.sigmoid)]),
      try cnn("pool alone, overlapping", [6, 7, 2], [.maxPooling(window: 3, stride: 2)]),
      try cnn("conv, pool, relu", [6, 6, 1], [conv(3, 3), .maxPooling(window: 2, stride: 2), relu]),
      try cnn(
        "conv, overlapping pool", [7, 6, 1],
        [conv(3, 3), relu, .maxPooling(window: 2, stride: 1), conv(2, 2)]),
      try cnn(
        "tanh after a fused pool", [6, 6, 1],
        [conv(3, 3), relu, .maxPooling(window: 2, stride: 2), .activation(.tanh)]),
      try cnn("tanh after relu", [5, 5, 1], [conv(3, 2), relu, .activation(.tanh), .activation(.sigmoid)]),
      try cnn("tanh first", [4, 4, 2], [.activation(.tanh), conv(3, 3), relu]),
      try cnn(
        "dense and back", [4, 4, 1], classes: 2,
        [.dense(units: 8), .activation(.tanh), .dense(units: 12), relu]),
    ]
  }
}
