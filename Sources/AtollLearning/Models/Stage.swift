package import AtollNumerics

/// One step of a network's computation: a layer, or several that one kernel does in one pass.
package enum Stage: Hashable, Sendable {
  /// Weights `[inputs, outputs]` and a bias.
  case dense(inputs: Int, outputs: Int)
  /// Weights `[kernel height, kernel width, input channels, output channels]` and a bias; then max(0, ·) if `relu`.
  case convolution(ConvolutionShape, relu: Bool)
  /// Convolution, max(0, ·) and max-pooling whose stride is its window: nothing is kept of what pooling drops.
  case convolutionPool(ConvolutionShape, PoolingShape)
  case maxPool(PoolingShape)
  case activation(Activation, count: Int)

  /// Numbers that it makes of one example.
  package var outputCount: Int {
    switch self {
    case .dense(_, let outputs): outputs
    case .convolution(let shape, _): shape.outCount
    case .convolutionPool(_, let pool), .maxPool(let pool): pool.outCount
    case .activation(_, let count): count
    }
  }

  /// Shape of its weights; nil where it has none.
  package var weightShape: [Int]? {
    switch self {
    case .dense(let inputs, let outputs): [inputs, outputs]
    case .convolution(let shape, _), .convolutionPool(let shape, _):
      [shape.kernelHeight, shape.kernelWidth, shape.inChannels, shape.outChannels]
    case .maxPool, .activation: nil
    }
  }

  /// Whether an activation behind it may overwrite its result: its own derivative does not need it.
  var resultMayBeOverwritten: Bool {
    switch self {
    case .dense, .convolution(_, relu: false), .maxPool: true
    case .convolution(_, relu: true), .convolutionPool, .activation: false
    }
  }

  /// Floats of scratch for this many examples.
  func scratch(rows: Int) -> Int {
    switch self {
    case .dense(let inputs, let outputs):
      Kernels.denseScratch(batch: rows, inputs: inputs, outputs: outputs)
    case .convolution(let shape, _): Kernels.convolutionScratch(shape, batch: rows)
    case .convolutionPool(let shape, let pool):
      Kernels.convolutionPoolScratch(shape, pool: pool, batch: rows)
    case .maxPool, .activation: 0
    }
  }
}
