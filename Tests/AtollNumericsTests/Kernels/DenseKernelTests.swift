import Testing

@testable import AtollNumerics

@Suite struct `Dense layer kernels` {
  struct Shape: CustomTestStringConvertible {
    let batch, inputs, outputs: Int
    init(_ batch: Int, _ inputs: Int, _ outputs: Int) {
      (self.batch, self.inputs, self.outputs) = (batch, inputs, outputs)
    }
    var testDescription: String { "\(batch) × \(inputs) → \(outputs)" }
  }

  // One to eight outputs (the narrow kernels end at seven), the classes of FEMNIST, odd sizes, blocks of 256
  // and more inputs, batches on both sides of sixteen.
  static let shapes = [
    Shape(1, 1, 1), Shape(1, 13, 1), Shape(32, 64, 1), Shape(33, 30, 1), Shape(5, 17, 2), Shape(7, 100, 3),
    Shape(10, 33, 7), Shape(1, 9, 8), Shape(10, 784, 128), Shape(10, 128, 62), Shape(32, 300, 62),
    Shape(33, 70, 37), Shape(3, 5, 100), Shape(17, 64, 10), Shape(0, 4, 3), Shape(0, 4, 16),
  ]

  private func run(_ kernels: Kernels, _ s: Shape, _ numbers: (inout Numbers, Int) -> [Float]) -> [[Float]] {
    var n = Numbers(seed: 11)
    let x = numbers(&n, s.batch * s.inputs), d = numbers(&n, s.batch * s.outputs)
    var weights = numbers(&n, s.inputs * s.outputs), bias = numbers(&n, s.outputs)
    var y = zeros(s.batch * s.outputs), dx = zeros(s.batch * s.inputs)
    var scratch = zeros(Kernels.denseScratch(batch: s.batch, inputs: s.inputs, outputs: s.outputs))
    let before = (weights, bias)
    kernels.denseForward(
      x: x, weights: weights, bias: bias, y: &y, batch: s.batch, inputs: s.inputs, outputs: s.outputs,
      scratch: &scratch)
    // The weights are their own target, as in a plain gradient step.
    weights.withUnsafeMutableBufferPointer { w in
      kernels.denseBackward(
        x: x, weights: w.baseAddress!, d: d, factor: -0.5, dx: &dx, target: w.baseAddress!, targetBias: &bias,
        batch: s.batch, inputs: s.inputs, outputs: s.outputs, scratch: &scratch)
    }
    return [x, d, before.0, before.1, y, dx, weights, bias]
  }

  @Test(arguments: shapes) func `results are those of the formulae`(_ s: Shape) {
    let results = onEveryLevel("dense layer") { run($0, s) { $0.floats($1) } }
    let (x, d, w, bias) = (results[0], results[1], results[2], results[3])
    func sum(_ start: Float, _ count: Int, _ term: (Int) -> Float) -> (sum: Double, scale: Double) {
      (0..<count).reduce((Double(start), Double(start.magnitude))) { ($0.0 + Double(term($1)), $0.1 + 1) }
    }
    let outputs = (0..<s.batch * s.outputs).map { k in
      let (b, o) = (k / s.outputs, k % s.outputs)
      return sum(bias[o], s.inputs) { x[b * s.inputs + $0] * w[$0 * s.outputs + o] }
    }
    expectClose(results[4], outputs, "y")
    let gradients = (0..<s.batch * s.inputs).map { k in
      let (b, i) = (k / s.inputs, k % s.inputs)
      return sum(0, s.outputs) { d[b * s.outputs + $0] * w[i * s.outputs + $0] }
    }
    expectClose(results[5], gradients, "dx")
    let weights = (0..<s.inputs * s.outputs).map { k in
      let (i, o) = (k / s.outputs, k % s.outputs)
      return sum(w[k], s.batch) { -0.5 * x[$0 * s.inputs + i] * d[$0 * s.outputs + o] }
    }
    expectClose(results[6], weights, "weights")
    let biases = (0..<s.outputs).map { o in sum(bias[o], s.batch) { -0.5 * d[$0 * s.outputs + o] } }
    expectClose(results[7], biases, "bias")
  }

  @Test(arguments: shapes) func `zeros of both signs, subnormal and large numbers give the same bits`(
    _ s: Shape
  ) {
    _ = onEveryLevel("dense layer") { run($0, s) { $0.awkward($1) } }
  }

  @Test func `without dx only the targets change`() {
    let x: [Float] = [1, 2], d: [Float] = [3], w: [Float] = [5, 7]
    for kernels in Kernels.available {
      var gradient: [Float] = [10, 20], bias: [Float] = [1]
      var scratch = zeros(Kernels.denseScratch(batch: 1, inputs: 2, outputs: 1))
      kernels.denseBackward(
        x: x, weights: w, d: d, factor: 1, dx: nil, target: &gradient, targetBias: &bias, batch: 1, inputs: 2,
        outputs: 1, scratch: &scratch)
      #expect(gradient == [13, 26] && bias == [4])
    }
  }
}
