import AtollLearning

extension Form where Value == ModelKind {
  static let model = atolls.extended(
    make: { kind, settings, extensions in
      func read<M: TaskModel>(_ type: M.Type) throws -> ModelKind {
        .own(try CanonicalJSON.decode(M.self, from: settings))
      }
      return try extensions.models[kind].map { try read($0) }
    },
    take: { if case .own(let own) = $0 { (own.kind, own.model) } else { nil } })

  private static let atolls = variant([
    Variant("linear", .linear, "least squares and its robust relatives"),
    Variant("logistic", .logistic, "two classes, one output"),
    Variant("softmax", .softmax, "an output for each class"),
    Variant("svm", .svm, "linear, trained with a hinge loss"),
    Variant(
      "mlp", "fully connected layers",
      Parameter("hidden", .list(of: .width, count: 1...64), [32], "widths of the hidden layers"),
      Parameter("activation", .choice { $0.meaning }, .relu, "between the layers"),
      make: { .mlp(hidden: $0, activation: $1) },
      take: { if case .mlp(let hidden, let activation) = $0 { (hidden, activation) } else { nil } }),
    Variant(
      "cnn", "a chain of layers on images",
      Parameter(
        "layers", .list(of: .layer, count: 1...ModelLimits.layers), nil, "the layers before the output layer"),
      make: { .cnn(layers: $0) }, take: { if case .cnn(let layers) = $0 { layers } else { nil } }),
  ])
}

extension Form where Value == Int {
  fileprivate static let width = integer(1...ModelLimits.width)
  fileprivate static let extent = integer(1...ModelLimits.extent)
  fileprivate static let window = integer(1...ModelLimits.window)
}

extension Activation {
  fileprivate var meaning: String {
    switch self {
    case .relu: "the positive part"
    case .tanh: "hyperbolic tangent"
    case .sigmoid: "1 / (1 + exp(−x))"
    }
  }
}

extension Form where Value == Layer {
  fileprivate static let layer = variant([
    Variant(
      "convolution", "a square kernel over all channels",
      Parameter("channels", .width, nil, "channels that come out"),
      Parameter("kernel", .extent, 3, "height and width of the kernel"),
      Parameter("stride", .extent, 1, "steps from one place to the next"),
      Parameter(
        "padding", .integer(0...ModelLimits.extent - 1), 0, "zeros around the image; below the kernel"),
      make: { .convolution(channels: $0, kernel: $1, stride: $2, padding: $3) },
      take: {
        guard case .convolution(let channels, let kernel, let stride, let padding) = $0 else { return nil }
        return (channels, kernel, stride, padding)
      }),
    Variant(
      "max-pooling", "the largest value of each window", Parameter("window", .window, 2, "height and width"),
      Parameter("stride", .extent, derived: "the window", "steps from one window to the next"),
      make: { .maxPooling(window: $0, stride: $1 ?? $0) },
      take: { if case .maxPooling(let window, let stride) = $0 { (window, stride) } else { nil } }),
    Variant(
      "dense", "fully connected", Parameter("units", .width, nil, "numbers that come out"),
      make: { .dense(units: $0) }, take: { if case .dense(let units) = $0 { units } else { nil } }),
    Variant("relu", .activation(.relu), Activation.relu.meaning),
    Variant("tanh", .activation(.tanh), Activation.tanh.meaning),
    Variant("sigmoid", .activation(.sigmoid), Activation.sigmoid.meaning),
  ])
}
