import CAtollKernels

/// Memory that a kernel reads.
package typealias Input = UnsafePointer<Float>
/// Memory that a kernel writes, or reads and writes.
package typealias Output = UnsafeMutablePointer<Float>

/// Dense layers, convolutions and pooling. Each method names the elements of scratch that it needs; scratch
/// may be nil where that is 0.
extension Kernels {
  // MARK: Dense layers, weights [inputs][outputs]

  package static func denseScratch(batch: Int, inputs: Int, outputs: Int) -> Int {
    atoll_dense_scratch(batch, inputs, outputs)
  }

  /// y[b][o] = bias[o] + Σ_i x[b][i] · w[i][o]
  package func denseForward(
    x: Input, weights: Input, bias: Input, y: Output, batch: Int, inputs: Int, outputs: Int, scratch: Output?
  ) {
    table.pointee.dense_forward(x, weights, bias, y, batch, inputs, outputs, scratch)
  }

  /// dx[b][i] = Σ_o d[b][o] · w[i][o] where dx is given; then
  /// target[i][o] += Σ_b x[b][i] · (factor · d[b][o]) and targetBias[o] += Σ_b factor · d[b][o].
  ///
  /// With factor 1 the targets are gradients; with factor −η they may be the weights and the bias themselves. Without
  /// targets only dx is computed.
  package func denseBackward(
    x: Input, weights: Input, d: Input, factor: Float, dx: Output?, target: Output?, targetBias: Output?,
    batch: Int,
    inputs: Int, outputs: Int, scratch: Output?
  ) {
    table.pointee.dense_backward(
      x, weights, d, factor, dx, target, targetBias, batch, inputs, outputs, scratch)
  }

  // MARK: Convolutions, weights [kernel height][kernel width][input channels][output channels]

  package static func convolutionScratch(_ shape: ConvolutionShape, batch: Int) -> Int {
    withUnsafePointer(to: shape.c) { atoll_conv_scratch($0, batch) }
  }

  /// y = convolution of x, bias added, followed by max(0, ·) if `relu`.
  package func convolutionForward(
    x: Input, weights: Input, bias: Input, y: Output, shape: ConvolutionShape, batch: Int, relu: Bool,
    scratch: Output?
  ) {
    withUnsafePointer(to: shape.c) {
      table.pointee.conv_forward(x, weights, bias, y, $0, batch, relu, scratch)
    }
  }

  /// d is the gradient of the convolution's output. dx is overwritten; dWeights and dBias are added to.
  package func convolutionBackward(
    x: Input, weights: Input, d: Input, dx: Output?, dWeights: Output, dBias: Output, shape: ConvolutionShape,
    batch: Int, scratch: Output?
  ) {
    withUnsafePointer(to: shape.c) {
      table.pointee.conv_backward(x, weights, d, dx, dWeights, dBias, $0, batch, scratch)
    }
  }

  /// The same with the gradients of each sample by itself: `each` is overwritten with its dWeights and dBias, one sample's
  /// after the other's, and the sum of their squares is added to `squares`.
  package func convolutionBackwardEach(
    x: Input, weights: Input, d: Input, dx: Output?, each: Output, squares: UnsafeMutablePointer<Double>,
    shape: ConvolutionShape, batch: Int, scratch: Output?
  ) {
    withUnsafePointer(to: shape.c) {
      table.pointee.conv_backward_each(x, weights, d, dx, each, squares, $0, batch, scratch)
    }
  }

  // MARK: Convolution, max(0, ·) and pooling in one pass (pooling's stride is its window)

  package static func convolutionPoolScratch(_ shape: ConvolutionShape, pool: PoolingShape, batch: Int) -> Int
  {
    withUnsafePointer(to: shape.c) { conv in
      withUnsafePointer(to: pool.c) { atoll_conv_pool_scratch(conv, $0, batch) }
    }
  }

  /// choice is the position in the window of the largest value, the first one on ties.
  package func convolutionPoolForward(
    x: Input, weights: Input, bias: Input, y: Output, choice: UnsafeMutablePointer<UInt8>,
    shape: ConvolutionShape,
    pool: PoolingShape, batch: Int, scratch: Output?
  ) {
    withUnsafePointer(to: shape.c) { conv in
      withUnsafePointer(to: pool.c) {
        table.pointee.conv_pool_forward(x, weights, bias, y, choice, conv, $0, batch, scratch)
      }
    }
  }

  /// d is the gradient of the pooled output y. dx is overwritten; dWeights and dBias are added to.
  package func convolutionPoolBackward(
    x: Input, weights: Input, y: Input, choice: UnsafePointer<UInt8>, d: Input, dx: Output?, dWeights: Output,
    dBias: Output, shape: ConvolutionShape, pool: PoolingShape, batch: Int, scratch: Output?
  ) {
    withUnsafePointer(to: shape.c) { conv in
      withUnsafePointer(to: pool.c) {
        table.pointee.conv_pool_backward(
          x, weights, y, choice, d, dx, dWeights, dBias, conv, $0, batch, scratch)
      }
    }
  }

  /// The same with the gradients of each sample by itself, as ``convolutionBackwardEach(x:weights:d:dx:each:squares:shape:batch:scratch:)``,
  /// but for their order: dWeights are [output channel][kernel height][kernel width][input channel].
  package func convolutionPoolBackwardEach(
    x: Input, weights: Input, y: Input, choice: UnsafePointer<UInt8>, d: Input, dx: Output?, each: Output,
    squares: UnsafeMutablePointer<Double>, shape: ConvolutionShape, pool: PoolingShape, batch: Int,
    scratch: Output?
  ) {
    withUnsafePointer(to: shape.c) { conv in
      withUnsafePointer(to: pool.c) {
        table.pointee.conv_pool_backward_each(
          x, weights, y, choice, d, dx, each, squares, conv, $0, batch, scratch)
      }
    }
  }

  // MARK: Max-pooling

  package func maxPoolForward(
    x: Input, y: Output, choice: UnsafeMutablePointer<UInt8>, shape: PoolingShape, batch: Int
  ) {
    withUnsafePointer(to: shape.c) { table.pointee.max_pool_forward(x, y, choice, $0, batch) }
  }

  /// dx is overwritten.
  package func maxPoolBackward(
    d: Input, choice: UnsafePointer<UInt8>, dx: Output, shape: PoolingShape, batch: Int
  ) {
    withUnsafePointer(to: shape.c) { table.pointee.max_pool_backward(d, choice, dx, $0, batch) }
  }
}
