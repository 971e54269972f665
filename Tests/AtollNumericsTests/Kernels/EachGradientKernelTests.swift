import Testing

@testable import AtollNumerics

/// Gradients of single samples: they add up to what the plain kernels give, and lie alone in memory.
@Suite struct `Kernels for the gradient of each sample` {
  private let batch = 3

  /// dx, the gradients of each sample, and the sums of their squares as floats, after the plain kernel's dx and sums.
  private func run(
    _ kernels: Kernels, _ s: ConvolutionShape, _ numbers: (inout Numbers, Int) -> [Float]
  ) -> [[Float]] {
    var n = Numbers(seed: 31)
    let x = numbers(&n, batch * s.inCount), weights = numbers(&n, s.weightCount)
    let d = numbers(&n, batch * s.outCount)
    var dx = zeros(batch * s.inCount), plain = dx, dw = zeros(s.weightCount), db = zeros(s.outChannels)
    var each = n.floats(batch * (s.weightCount + s.outChannels)),
      squares = [Double](repeating: 1, count: batch)
    var scratch = zeros(Kernels.convolutionScratch(s, batch: batch) + 1)
    kernels.convolutionBackward(
      x: x, weights: weights, d: d, dx: &plain, dWeights: &dw, dBias: &db, shape: s, batch: batch,
      scratch: &scratch)
    kernels.convolutionBackwardEach(
      x: x, weights: weights, d: d, dx: &dx, each: &each, squares: &squares, shape: s, batch: batch,
      scratch: &scratch)
    return [plain, dw + db, dx, each, squares.map(Float.init)]
  }

  private func runPooled(
    _ kernels: Kernels, _ s: ConvolutionShape, _ numbers: (inout Numbers, Int) -> [Float]
  ) -> [[Float]] {
    let pool = PoolingShape(
      inHeight: s.outHeight, inWidth: s.outWidth, channels: s.outChannels, window: 2, stride: 2)
    var n = Numbers(seed: 37)
    let x = numbers(&n, batch * s.inCount), weights = numbers(&n, s.weightCount)
    let bias = numbers(&n, s.outChannels), d = numbers(&n, batch * pool.outCount)
    var y = zeros(batch * pool.outCount), dx = zeros(batch * s.inCount), plain = dx
    var dw = zeros(s.weightCount), db = zeros(s.outChannels)
    var choice = [UInt8](repeating: 0, count: batch * pool.outCount)
    var each = n.floats(batch * (s.weightCount + s.outChannels)),
      squares = [Double](repeating: 1, count: batch)
    var scratch = zeros(Kernels.convolutionPoolScratch(s, pool: pool, batch: batch))
    kernels.convolutionPoolForward(
      x: x, weights: weights, bias: bias, y: &y, choice: &choice, shape: s, pool: pool, batch: batch,
      scratch: &scratch)
    kernels.convolutionPoolBackward(
      x: x, weights: weights, y: y, choice: choice, d: d, dx: &plain, dWeights: &dw, dBias: &db, shape: s,
      pool: pool, batch: batch, scratch: &scratch)
    kernels.convolutionPoolBackwardEach(
      x: x, weights: weights, y: y, choice: choice, d: d, dx: &dx, each: &each, squares: &squares, shape: s,
      pool: pool, batch: batch, scratch: &scratch)
    // Back to the order of the weights, sample by sample.
    let count = s.weightCount + s.outChannels
    for sample in 0..<batch {
      let turned = Array(each[sample * count..<sample * count + s.weightCount])
      var weights = zeros(s.weightCount)
      kernels.transpose(turned, &weights, rows: s.outChannels, columns: s.weightCount / s.outChannels)
      each.replaceSubrange(sample * count..<sample * count + s.weightCount, with: weights)
    }
    return [plain, dw + db, dx, each, squares.map(Float.init)]
  }

  private func check(_ r: [[Float]], _ what: String) {
    #expect(bits(r[0]) == bits(r[2]), "\(what): dx")
    let count = r[1].count
    let sums = (0..<count).map { index in
      (0..<batch).reduce((sum: 0.0, scale: 0.0)) {
        let value = Double(r[3][$1 * count + index])
        return ($0.sum + value, $0.scale + value.magnitude + 1)
      }
    }
    expectClose(r[1], sums, "\(what): the sum over samples")
    for sample in 0..<batch {
      let square = r[3][sample * count..<(sample + 1) * count].reduce(1.0) { $0 + Double($1) * Double($1) }
      #expect(abs(Double(r[4][sample]) / square - 1) < 1e-6, "\(what): the square is added to what was there")
    }
  }

  @Test(arguments: convolutionShapes) func `of a convolution add up to the gradient`(_ s: ConvolutionShape) {
    check(onEveryLevel("convolution") { run($0, s) { $0.floats($1) } }, "convolution")
    _ = onEveryLevel("convolution") { run($0, s) { $0.awkward($1) } }
  }

  @Test(arguments: convolutionShapes.filter { min($0.outHeight, $0.outWidth) > 1 })
  func `of a convolution with pooling add up to the gradient`(_ s: ConvolutionShape) {
    check(onEveryLevel("fused convolution") { runPooled($0, s) { $0.floats($1) } }, "fused convolution")
    _ = onEveryLevel("fused convolution") { runPooled($0, s) { $0.awkward($1) } }
  }

  @Test(arguments: `Dense layer kernels`.shapes)
  func `without targets a dense layer gives the same dx`(_ s: `Dense layer kernels`.Shape) {
    _ = onEveryLevel("dense layer") { kernels in
      var n = Numbers(seed: 41)
      let x = n.awkward(s.batch * s.inputs), d = n.awkward(s.batch * s.outputs)
      let weights = n.awkward(s.inputs * s.outputs)
      var target = weights, bias = zeros(s.outputs), both = zeros(s.batch * s.inputs), alone = both
      var scratch = zeros(Kernels.denseScratch(batch: s.batch, inputs: s.inputs, outputs: s.outputs))
      kernels.denseBackward(
        x: x, weights: weights, d: d, factor: 1, dx: &both, target: &target, targetBias: &bias,
        batch: s.batch,
        inputs: s.inputs, outputs: s.outputs, scratch: &scratch)
      kernels.denseBackward(
        x: x, weights: weights, d: d, factor: 1, dx: &alone, target: nil, targetBias: nil, batch: s.batch,
        inputs: s.inputs, outputs: s.outputs, scratch: &scratch)
      #expect(bits(both) == bits(alone))
      return [alone]
    }
  }

  @Test(arguments: [(0, 5), (1, 1), (3, 17), (5, 1024), (4, 2500)])
  func `a weighted sum of rows is its formula`(_ batch: Int, _ count: Int) {
    let results = onEveryLevel("weighted sum") { kernels in
      var n = Numbers(seed: 43)
      let rows = n.floats(batch * count), factors = n.floats(batch), start = n.floats(count)
      var sum = start
      kernels.weightedSum(rows, factors, &sum, batch: batch, count: count)
      return [rows, factors, start, sum]
    }
    let (rows, factors, start) = (results[0], results[1], results[2])
    let expected = (0..<count).map { k in
      (0..<batch).reduce((sum: Double(start[k]), scale: 1.0)) {
        ($0.sum + Double(factors[$1]) * Double(rows[$1 * count + k]), $0.scale + 1)
      }
    }
    expectClose(results[3], expected, "sum")
  }

  @Test(arguments: [(1, 1), (3, 17), (16, 16), (33, 7)])
  func `transposing turns rows into columns`(_ rows: Int, _ columns: Int) {
    _ = onEveryLevel("transposed") { kernels in
      let from = (0..<rows * columns).map(Float.init)
      var to = zeros(rows * columns)
      kernels.transpose(from, &to, rows: rows, columns: columns)
      #expect(to == (0..<rows * columns).map { from[$0 % rows * columns + $0 / rows] })
      return [to]
    }
  }
}
