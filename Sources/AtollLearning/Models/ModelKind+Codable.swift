// Stored as a task file spells it: {"kind": "mlp", "hidden": [32, 16], "activation": "relu"}. The settings of a model of
// one's own stand apart: {"kind": "quantile-regression", "settings": {…}}; reading it takes a ``ModelRegistry``.

extension ModelKind: Codable {
  private enum CodingKeys: String, CodingKey { case kind, hidden, activation, layers, settings }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decode(String.self, forKey: .kind) {
    case "linear": self = .linear
    case "logistic": self = .logistic
    case "softmax": self = .softmax
    case "svm": self = .svm
    case "mlp":
      self = .mlp(
        hidden: try container.decode([Int].self, forKey: .hidden),
        activation: try container.decode(Activation.self, forKey: .activation))
    case "cnn": self = .cnn(layers: try container.decode([Layer].self, forKey: .layers))
    case let other:
      let registry = decoder.userInfo[.models] as? ModelRegistry
      guard let type = registry?[other] else {
        throw DecodingError.dataCorruptedError(
          forKey: .kind, in: container, debugDescription: "no model is called \(other)")
      }
      self = .own(try Self.read(type, from: container))
    }
  }

  private static func read<M: TaskModel>(
    _ type: M.Type, from container: KeyedDecodingContainer<CodingKeys>
  ) throws -> OwnModel {
    OwnModel(try container.decode(M.self, forKey: .settings))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .kind)
    switch self {
    case .own(let own): try container.encode(own.model, forKey: .settings)
    case .linear, .logistic, .softmax, .svm: break
    case .mlp(let hidden, let activation):
      try container.encode(hidden, forKey: .hidden)
      try container.encode(activation, forKey: .activation)
    case .cnn(let layers): try container.encode(layers, forKey: .layers)
    }
  }
}

extension Layer: Codable {
  private enum CodingKeys: String, CodingKey { case kind, units, channels, kernel, stride, padding, window }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Int { try container.decode(Int.self, forKey: key) }
    switch try container.decode(String.self, forKey: .kind) {
    case "dense": self = .dense(units: try number(.units))
    case "convolution":
      self = .convolution(
        channels: try number(.channels), kernel: try number(.kernel), stride: try number(.stride),
        padding: try number(.padding))
    case "max-pooling": self = .maxPooling(window: try number(.window), stride: try number(.stride))
    case let other:
      guard let activation = Activation(rawValue: other) else {
        throw DecodingError.dataCorruptedError(
          forKey: .kind, in: container, debugDescription: "no layer is called \(other)")
      }
      self = .activation(activation)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .dense(let units):
      try container.encode("dense", forKey: .kind)
      try container.encode(units, forKey: .units)
    case .activation(let activation): try container.encode(activation.rawValue, forKey: .kind)
    case .convolution(let channels, let kernel, let stride, let padding):
      try container.encode("convolution", forKey: .kind)
      try container.encode(channels, forKey: .channels)
      try container.encode(kernel, forKey: .kernel)
      try container.encode(stride, forKey: .stride)
      try container.encode(padding, forKey: .padding)
    case .maxPooling(let window, let stride):
      try container.encode("max-pooling", forKey: .kind)
      try container.encode(window, forKey: .window)
      try container.encode(stride, forKey: .stride)
    }
  }
}
