import AtollNumerics

/// Turns a chain of layers into stages, checking each against what comes before it.
struct StageBuilder {
  private typealias Limit = ModelLimits

  private(set) var stages: [Stage] = []
  private(set) var tensors: [(name: String, shape: [Int])] = []
  private var shape: [Int]
  private var parameters = 0
  private var denseLayers = 0
  private var convolutions = 0

  /// - Parameter inputShape: extents of one example.
  init(inputShape: [Int]) throws(ModelError) {
    guard !inputShape.isEmpty, inputShape.allSatisfy({ $0 > 0 }),
      Self.product(inputShape, within: Limit.activations) != nil
    else {
      throw ModelError(
        .input,
        "the input has the shape \(inputShape); it must have 1 to 2^30 numbers, such as [30] or [28, 28, 1]")
    }
    shape = inputShape
  }

  mutating func add(_ layers: [Layer]) throws(ModelError) {
    guard layers.count <= Limit.layers else {
      throw ModelError(.size, "the model has \(layers.count) layers; at most \(Limit.layers) are possible")
    }
    for (index, layer) in layers.enumerated() { try add(layer, called: "layer \(index + 1)") }
  }

  /// The layer that gives the outputs.
  mutating func addOutput(_ outputs: Int) throws(ModelError) {
    try addDense(outputs, tensor: "output", called: "the output layer")
  }

  private mutating func add(_ layer: Layer, called name: String) throws(ModelError) {
    switch layer {
    case .dense(let units):
      try addDense(units, tensor: "hidden.\(denseLayers)", called: name)
      denseLayers += 1
    case .activation(let activation): add(activation)
    case .convolution(let channels, let kernel, let stride, let padding):
      try addConvolution(channels, kernel, stride, padding, called: name)
    case .maxPooling(let window, let stride): try addPooling(window, stride, called: name)
    }
  }

  private mutating func addDense(_ units: Int, tensor: String, called name: String) throws(ModelError) {
    guard units > 0 else {
      throw ModelError(.layer, "\(name) has \(units) units; a fully connected layer has at least 1")
    }
    let inputs = shape.reduce(1, *)
    try append(.dense(inputs: inputs, outputs: units), tensor: tensor, outputShape: [units], called: name)
  }

  private mutating func add(_ activation: Activation) {
    if activation == .relu, case .convolution(let convolution, relu: false) = stages.last {
      stages[stages.count - 1] = .convolution(convolution, relu: true)
    } else {
      stages.append(.activation(activation, count: shape.reduce(1, *)))
    }
  }

  private mutating func addConvolution(
    _ channels: Int, _ kernel: Int, _ stride: Int, _ padding: Int, called name: String
  ) throws(ModelError) {
    let (height, width, inChannels) = try image(for: "\(name), a convolution,")
    guard channels > 0, (1...Limit.extent).contains(kernel), (1...Limit.extent).contains(stride) else {
      throw ModelError(
        .layer,
        "\(name) is a convolution with \(channels) channels, kernel \(kernel) and stride \(stride); each must be at least 1, kernel and stride at most 2^15"
      )
    }
    guard (0..<kernel).contains(padding) else {
      throw ModelError(
        .layer,
        "\(name) is a convolution with padding \(padding); it must be at least 0 and below the kernel, \(kernel)"
      )
    }
    guard kernel - padding <= min(height, width) + padding else {
      throw ModelError(
        .layer,
        "\(name) is a convolution whose kernel, \(kernel) x \(kernel), is larger than its image, \(height) x \(width) with padding \(padding); take a smaller kernel or fewer layers before it"
      )
    }
    // Widths that no image fills would overflow the kernels' 32-bit sizes.
    guard
      Self.product([height + 2 * padding, width + 2 * padding, inChannels], within: Limit.activations) != nil
    else { throw tooLarge(name) }
    let outHeight = (height + 2 * padding - kernel) / stride + 1
    let outWidth = (width + 2 * padding - kernel) / stride + 1
    try check(outputShape: [outHeight, outWidth, channels], called: name)
    let convolution = ConvolutionShape(
      inHeight: height, inWidth: width, inChannels: inChannels, kernelHeight: kernel, kernelWidth: kernel,
      stride: stride, padding: padding, outChannels: channels)
    try append(
      .convolution(convolution, relu: false), tensor: "conv.\(convolutions)",
      outputShape: [outHeight, outWidth, channels], called: name)
    convolutions += 1
  }

  private mutating func addPooling(_ window: Int, _ stride: Int, called name: String) throws(ModelError) {
    let (height, width, channels) = try image(for: "\(name), max-pooling,")
    guard (1...Limit.window).contains(window), (1...Limit.extent).contains(stride) else {
      throw ModelError(
        .layer,
        "\(name) is max-pooling with window \(window) and stride \(stride); the window must be 1 to \(Limit.window), the stride 1 to 2^15"
      )
    }
    guard window <= min(height, width) else {
      throw ModelError(
        .layer,
        "\(name) is max-pooling that leaves nothing: its window, \(window) x \(window), is larger than its image, \(height) x \(width)"
      )
    }
    let pool = PoolingShape(
      inHeight: height, inWidth: width, channels: channels, window: window, stride: stride)
    if case .convolution(let convolution, relu: true) = stages.last, window == stride {
      stages[stages.count - 1] = .convolutionPool(convolution, pool)
    } else {
      stages.append(.maxPool(pool))
    }
    shape = [pool.outHeight, pool.outWidth, channels]
  }

  private func image(for layer: String) throws(ModelError) -> (height: Int, width: Int, channels: Int) {
    guard shape.count == 3 else {
      throw ModelError(
        .layer, "\(layer) needs images (height, width, channels), but it is given the shape \(shape)")
    }
    return (shape[0], shape[1], shape[2])
  }

  private mutating func append(
    _ stage: Stage, tensor: String, outputShape: [Int], called name: String
  ) throws(ModelError) {
    try check(outputShape: outputShape, called: name)
    let weights = stage.weightShape ?? []
    guard let count = Self.product(weights, within: Limit.parameters),
      parameters + count + (weights.last ?? 0) <= Limit.parameters
    else { throw tooLarge(name) }
    parameters += count + (weights.last ?? 0)
    stages.append(stage)
    tensors.append(("\(tensor).weight", weights))
    tensors.append(("\(tensor).bias", weights.suffix(1)))
    shape = outputShape
  }

  private func check(outputShape: [Int], called name: String) throws(ModelError) {
    guard Self.product(outputShape, within: Limit.activations) != nil else { throw tooLarge(name) }
  }

  private func tooLarge(_ name: String) -> ModelError {
    ModelError(
      .size,
      "\(name) makes the model too large: at most 2^31 parameters and 2^30 numbers between two layers are possible"
    )
  }

  /// The product, where it does not exceed the limit.
  private static func product(_ extents: [Int], within limit: Int) -> Int? {
    var product = 1
    for extent in extents {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard !overflow, next <= limit else { return nil }
      product = next
    }
    return product
  }
}
