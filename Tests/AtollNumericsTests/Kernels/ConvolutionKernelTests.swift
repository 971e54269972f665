import Testing

@testable import AtollNumerics

/// The formulae of a convolution, term by term in double.
struct NaiveConvolution {
  let shape: ConvolutionShape
  let batch: Int

  /// Every product of the convolution: positions of the output, the input and the weight.
  func forEachTerm(_ body: (_ output: Int, _ input: Int, _ weight: Int) -> Void) {
    let s = shape
    for b in 0..<batch {
      for oy in 0..<s.outHeight {
        for ox in 0..<s.outWidth {
          for ky in 0..<s.kernelHeight {
            for kx in 0..<s.kernelWidth {
              let iy = oy * s.stride + ky - s.padding, ix = ox * s.stride + kx - s.padding
              guard (0..<s.inHeight).contains(iy), (0..<s.inWidth).contains(ix) else { continue }
              for i in 0..<s.inChannels {
                let input = ((b * s.inHeight + iy) * s.inWidth + ix) * s.inChannels + i
                let weight = ((ky * s.kernelWidth + kx) * s.inChannels + i) * s.outChannels
                let output = ((b * s.outHeight + oy) * s.outWidth + ox) * s.outChannels
                for o in 0..<s.outChannels { body(output + o, input, weight + o) }
              }
            }
          }
        }
      }
    }
  }

  typealias Sums = [(sum: Double, scale: Double)]

  func forward(x: [Float], weights: [Float], bias: [Float]) -> Sums {
    var y = (0..<batch * shape.outCount).map { k in
      let start = Double(bias[k % shape.outChannels])
      return (sum: start, scale: start.magnitude)
    }
    forEachTerm { output, input, weight in
      y[output].sum += Double(x[input]) * Double(weights[weight])
      y[output].scale += 1
    }
    return y
  }

  /// Gradients of input, weights and bias; the last two start from the given ones.
  func backward(x: [Float], weights: [Float], d: [Float], dWeights: [Float], dBias: [Float]) -> (
    Sums, Sums, Sums
  ) {
    var dx = Sums(repeating: (0, 0), count: batch * shape.inCount)
    var dw = dWeights.map { (sum: Double($0), scale: 1.0) }, db = dBias.map { (sum: Double($0), scale: 1.0) }
    forEachTerm { output, input, weight in
      let gradient = Double(d[output])
      if gradient == 0 { return }
      dx[input].sum += gradient * Double(weights[weight])
      dx[input].scale += 1
      dw[weight].sum += gradient * Double(x[input])
      dw[weight].scale += 1
    }
    for k in d.indices {
      db[k % shape.outChannels].sum += Double(d[k])
      db[k % shape.outChannels].scale += 1
    }
    return (dx, dw, db)
  }
}

extension ConvolutionShape {
  init(
    _ height: Int, _ width: Int, _ channels: Int, kernel: (Int, Int), stride: Int = 1, padding: Int = 0,
    to: Int
  ) {
    self.init(
      inHeight: height, inWidth: width, inChannels: channels, kernelHeight: kernel.0, kernelWidth: kernel.1,
      stride: stride, padding: padding, outChannels: to)
  }
}

// The layers of the usual networks at smaller sizes, and odd channels, strides, paddings, kernels and image
// shapes.
let convolutionShapes = [
  ConvolutionShape(8, 8, 1, kernel: (3, 3), to: 32),
  ConvolutionShape(12, 12, 1, kernel: (5, 5), padding: 2, to: 32),
  ConvolutionShape(6, 6, 32, kernel: (5, 5), padding: 2, to: 64),
  ConvolutionShape(10, 8, 32, kernel: (3, 3), to: 64),
  ConvolutionShape(7, 9, 3, kernel: (3, 3), stride: 2, padding: 1, to: 5),
  ConvolutionShape(9, 7, 5, kernel: (1, 1), to: 7), ConvolutionShape(4, 5, 64, kernel: (1, 1), to: 16),
  ConvolutionShape(11, 13, 2, kernel: (5, 3), stride: 2, padding: 2, to: 17),
  ConvolutionShape(6, 6, 16, kernel: (3, 3), padding: 1, to: 33),
  ConvolutionShape(5, 5, 1, kernel: (5, 5), to: 1),
  ConvolutionShape(10, 10, 6, kernel: (5, 5), to: 16),
  ConvolutionShape(9, 9, 3, kernel: (2, 4), stride: 3, to: 62),
]

@Suite struct `Convolution kernels` {
  private func run(_ kernels: Kernels, _ s: ConvolutionShape, _ numbers: (inout Numbers, Int) -> [Float])
    -> [[Float]]
  {
    var n = Numbers(seed: 23)
    let batch = 2
    let x = numbers(&n, batch * s.inCount), weights = numbers(&n, s.weightCount),
      bias = numbers(&n, s.outChannels)
    let d = numbers(&n, batch * s.outCount)
    var dWeights = numbers(&n, s.weightCount), dBias = numbers(&n, s.outChannels)
    let before = (dWeights, dBias)
    var y = zeros(batch * s.outCount), positive = y, dx = zeros(batch * s.inCount)
    var scratch = zeros(Kernels.convolutionScratch(s, batch: batch) + 1)
    for relu in [false, true] {
      kernels.convolutionForward(
        x: x, weights: weights, bias: bias, y: &y, shape: s, batch: batch, relu: relu, scratch: &scratch)
      if !relu { positive = y }
    }
    swap(&y, &positive)
    kernels.convolutionBackward(
      x: x, weights: weights, d: d, dx: &dx, dWeights: &dWeights, dBias: &dBias, shape: s, batch: batch,
      scratch: &scratch)
    return [x, weights, bias, d, before.0, before.1, y, positive, dx, dWeights, dBias]
  }

  @Test(arguments: convolutionShapes) func `results are those of the formulae`(_ s: ConvolutionShape) {
    let r = onEveryLevel("convolution") { run($0, s) { $0.floats($1) } }
    let naive = NaiveConvolution(shape: s, batch: 2)
    expectClose(r[6], naive.forward(x: r[0], weights: r[1], bias: r[2]), "y")
    #expect(bits(r[7]) == bits(r[6].map { $0 > 0 ? $0 : 0 }), "max(0, ·)")
    let (dx, dw, db) = naive.backward(x: r[0], weights: r[1], d: r[3], dWeights: r[4], dBias: r[5])
    expectClose(r[8], dx, "dx")
    expectClose(r[9], dw, "dWeights")
    expectClose(r[10], db, "dBias")
  }

  @Test(arguments: convolutionShapes)
  func `zeros of both signs, subnormal and large numbers give the same bits`(_ s: ConvolutionShape) {
    _ = onEveryLevel("convolution") { run($0, s) { $0.awkward($1) } }
  }
}

@Suite struct `Fused convolution and pooling kernels` {
  private let batch = 3

  private func pooling(_ s: ConvolutionShape, window: Int) -> PoolingShape {
    PoolingShape(
      inHeight: s.outHeight, inWidth: s.outWidth, channels: s.outChannels, window: window, stride: window)
  }

  /// Inputs, and every result of forward and backward; the choices are returned as numbers.
  private func run(
    _ kernels: Kernels, _ s: ConvolutionShape, _ pool: PoolingShape,
    _ numbers: (inout Numbers, Int) -> [Float]
  ) -> [[Float]] {
    var n = Numbers(seed: 29)
    let x = numbers(&n, batch * s.inCount), weights = numbers(&n, s.weightCount),
      bias = numbers(&n, s.outChannels)
    let d = numbers(&n, batch * pool.outCount)
    var dWeights = numbers(&n, s.weightCount), dBias = numbers(&n, s.outChannels)
    let before = (dWeights, dBias)
    var y = zeros(batch * pool.outCount), dx = zeros(batch * s.inCount)
    var choice = [UInt8](repeating: 0, count: batch * pool.outCount)
    var scratch = zeros(Kernels.convolutionPoolScratch(s, pool: pool, batch: batch))
    kernels.convolutionPoolForward(
      x: x, weights: weights, bias: bias, y: &y, choice: &choice, shape: s, pool: pool, batch: batch,
      scratch: &scratch)
    kernels.convolutionPoolBackward(
      x: x, weights: weights, y: y, choice: choice, d: d, dx: &dx, dWeights: &dWeights, dBias: &dBias,
      shape: s,
      pool: pool, batch: batch, scratch: &scratch)
    return [x, weights, bias, d, before.0, before.1, y, choice.map(Float.init), dx, dWeights, dBias]
  }

  @Test(arguments: convolutionShapes.filter { min($0.outHeight, $0.outWidth) > 1 }, [2, 3])
  func `forward equals its three parts to the bit, and gradients are those of the formulae`(
    _ s: ConvolutionShape, _ window: Int
  ) {
    guard window <= min(s.outHeight, s.outWidth) else { return }
    let pool = pooling(s, window: window)
    let r = onEveryLevel("fused convolution") { run($0, s, pool) { $0.floats($1) } }
    var full = zeros(batch * s.outCount), pooled = zeros(batch * pool.outCount)
    var choice = [UInt8](repeating: 0, count: batch * pool.outCount)
    var scratch = zeros(Kernels.convolutionScratch(s, batch: batch) + 1)
    let kernels = Kernels.best
    kernels.convolutionForward(
      x: r[0], weights: r[1], bias: r[2], y: &full, shape: s, batch: batch, relu: false, scratch: &scratch)
    kernels.maxPoolForward(x: full, y: &pooled, choice: &choice, shape: pool, batch: batch)
    #expect(bits(r[6]) == bits(pooled.map { $0 > 0 ? $0 : 0 }))
    #expect(r[7] == choice.map(Float.init))
    // The gradient of the pooled output spread over the convolution's output, then the plain formulae.
    var spread = zeros(batch * s.outCount)
    kernels.maxPoolBackward(
      d: zip(r[3], r[6]).map { $1 > 0 ? $0 : 0 }, choice: choice, dx: &spread, shape: pool, batch: batch)
    let (dx, dw, db) = NaiveConvolution(shape: s, batch: batch)
      .backward(x: r[0], weights: r[1], d: spread, dWeights: r[4], dBias: r[5])
    expectClose(r[8], dx, "dx")
    expectClose(r[9], dw, "dWeights")
    expectClose(r[10], db, "dBias")
  }

  @Test(arguments: convolutionShapes.filter { min($0.outHeight, $0.outWidth) > 1 })
  func `zeros of both signs, subnormal and large numbers give the same bits`(_ s: ConvolutionShape) {
    _ = onEveryLevel("fused convolution") { run($0, s, pooling(s, window: 2)) { $0.awkward($1) } }
  }
}
