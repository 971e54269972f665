import AtollNumerics

/// Σ cᵢ·gᵢ over the examples of a batch, each gradient gᵢ clipped by itself: cᵢ = min(1, C / ‖gᵢ‖).
///
/// The clipping of M. Abadi, A. Chu, I. Goodfellow, H. B. McMahan, I. Mironov, K. Talwar & L. Zhang, "Deep learning with
/// differential privacy", CCS 2016, arXiv:1607.00133, Algorithm 1, with one backward pass for all examples. A fully
/// connected layer's gradient for one example is the outer product of its input a and its derivative d, so that
/// ‖a·dᵀ‖² = ‖a‖²·‖d‖² needs no gradient (I. Goodfellow, "Efficient per-example gradient computations", 2015,
/// arXiv:1510.01799; X. Li, F. Tramèr, P. Liang & T. Hashimoto, "Large language models can be strong differentially private
/// learners", ICLR 2022, arXiv:2110.05679). Once the norms are known, the derivatives that the pass has kept are scaled by
/// cᵢ and multiplied out to one sum, without a second pass (Z. Bu, Y.-X. Wang, S. Zha & G. Karypis, "Differentially private
/// optimization on large model at small cost", 2022, arXiv:2210.00038, "book-keeping").
///
/// Deviation: the gradients of convolutions, which are small, are computed for each example and kept, instead of norms by
/// Gram matrices of pixels. That takes fewer operations where layers have more pixels than channels, no more than a plain
/// gradient anywhere, and it is what the bound below needs.
///
/// **The bound.** Each example adds to the sum, before the sum is rounded, a vector of norm at most C·(1 + 2⁻²⁰), whatever
/// the example and the model: features of 10³⁸ or such that gradients cancel to a trifle. Let t be that vector.
///
/// - Fully connected layers: t is a·eᵀ, and e, with eₖ = cᵢ·dₖ rounded towards zero. cᵢ is rounded towards zero, the product
///   of two floats is exact in double, so |eₖ| ≤ (C / n)·|dₖ|, where n is the norm as computed.
/// - Convolutions: t is cᵢ times the stored gradient, whose own rounding has happened before its norm was taken: terms that
///   cancel within one example cannot come back when examples are added.
/// - n is rounded: a sum of at most 2³¹ squares, each exact in double, in sixteen chains of at most 2²⁷ additions, then a
///   product and a sum for each layer (at most 256). So n ≥ ‖g‖·(1 − 2⁻²⁵), and ‖t‖ ≤ C·‖g‖/n < C·(1 + 2⁻²⁰). Squares that
///   underflow, below 2⁻¹⁰²², are not possible: those of floats are at least 2⁻²⁹⁸, their products 2⁻⁵⁹⁶.
/// - An example whose norm is infinite or not a number is left out: t = 0.
///
/// The product of a and e in the fully connected layer, and of cᵢ and the convolution's gradient, are not rounded by
/// themselves: they are the exact terms of fused multiply-adds. So what remains is the rounding of the sum, a chain of one
/// operation for each example, whose error is at most γₘ·Σ|t| in every element, with γₘ = m·u / (1 − m·u), u = 2⁻²⁴, and m
/// examples (Higham, "Accuracy and stability of numerical algorithms", 2002, §3.1). Whoever adds noise to the sum puts that
/// into the sensitivity.
///
/// What is computed for one example, its derivatives and its norm, are the same bits whatever stands in the batch beside
/// it: the kernels' chains never run over examples but in the last sum.
package final class ClippedGradients: GradientClipping {
  package let rowsAtOnce: Int
  package private(set) var norms: [Double] = []

  private let network: Network
  private let workspace = Workspace()
  private var kept = Buffer<Float>()
  private var factors: [Float] = []
  private var squares: [Double] = []
  /// Where what a step keeps begins, in floats for each example; nothing where it has no weights.
  private let places: [Int]
  private let keptPerRow: Int
  /// Room for the sum of one convolution, in the order of its kernel.
  private let widestSum: Int

  /// Gradients of a network.
  package init(_ network: Network) {
    self.network = network
    var places: [Int] = []
    var count = 0
    for step in network.steps {
      places.append(count)
      count += step.stage.keptCount
    }
    self.places = places
    keptPerRow = count
    widestSum = network.steps.map { $0.stage.isConvolution ? $0.stage.keptCount : 0 }.max() ?? 0
    // Some megabytes, or a few times the model's size.
    let room = max(1 << 22, 4 * network.layout.count) / max(1, count)
    rowsAtOnce = max(1, min(GradientClippingLimits.rows, network.rowsAtOnce, room))
  }

  package func sum(
    of objective: Objective, on batch: Batch, clippingNorm: Double, at parameters: UnsafePointer<Float>,
    into sum: UnsafeMutablePointer<Float>
  ) {
    let rows = batch.rows
    precondition(rows <= rowsAtOnce, "the sum's rounding is bounded for so many examples only")
    sum.update(repeating: 0, count: network.layout.count)
    norms.removeAll(keepingCapacity: true)
    guard rows > 0 else { return }
    let memory = Network.Memory(for: network, rows: rows, in: workspace)
    let kept = kept.reserve(keptPerRow * rows + widestSum)
    _ = network.losses(of: objective, on: batch, share: 1, at: parameters, memory: memory, slopes: true)
    squares.removeAll(keepingCapacity: true)
    squares.append(contentsOf: repeatElement(0, count: rows))
    squares.withUnsafeMutableBufferPointer { squares in
      // Safe because there is a row.
      backward(batch, at: parameters, memory: memory, keeping: kept, squares: squares.baseAddress!)
    }
    factors.removeAll(keepingCapacity: true)
    for square in squares {
      let norm = square.squareRoot()
      norms.append(norm)
      factors.append(clippingFactor(norm, clippingNorm))
    }
    for part in taking() { add(part, of: batch, memory: memory, keeping: kept, to: sum) }
  }

  /// The examples that have a norm, in runs: 0 times infinity would not be 0.
  private func taking() -> [Range<Int>] {
    guard let first = norms.firstIndex(where: { !$0.isFinite }) else { return [norms.indices] }
    var runs: [Range<Int>] = []
    var start = 0
    for row in first...norms.count where row == norms.count || !norms[row].isFinite {
      if start < row { runs.append(start..<row) }
      start = row + 1
    }
    return runs
  }
}

extension ClippedGradients {
  /// Follows the derivatives back through the stages; keeps those of fully connected layers, and the gradients of
  /// convolutions, and adds up the squares of each example's gradient.
  private func backward(
    _ batch: Batch, at parameters: UnsafePointer<Float>, memory: Network.Memory,
    keeping kept: UnsafeMutablePointer<Float>, squares: UnsafeMutablePointer<Double>
  ) {
    let (rows, kernels, steps) = (batch.rows, network.kernels, network.steps)
    var (d, next) = memory.slopes
    for index in steps.indices.reversed() where index >= network.firstTrained {
      let step = steps[index]
      let x = input(of: index, batch, memory)
      let y = memory.values(of: step)
      let dx = index == network.firstTrained ? nil : next
      let weights = parameters + step.weights
      let place = kept + places[index] * rows
      switch step.stage {
      case .dense(let inputs, let outputs):
        place.update(from: d, count: rows * outputs)
        for row in 0..<rows {
          let slopes = kernels.squaredNorm(d + row * outputs, count: outputs)
          squares[row] += slopes * kernels.squaredNorm(x + row * inputs, count: inputs) + slopes
        }
        guard let dx else { break }
        kernels.denseBackward(
          x: x, weights: weights, d: d, factor: 1, dx: dx, target: nil, targetBias: nil, batch: rows,
          inputs: inputs, outputs: outputs, scratch: memory.scratch)
      case .convolution(let shape, let relu):
        if relu { kernels.reluBackward(y: y, d: d, dx: d, count: rows * shape.outCount) }
        kernels.convolutionBackwardEach(
          x: x, weights: weights, d: d, dx: dx, each: place, squares: squares, shape: shape, batch: rows,
          scratch: memory.scratch)
      case .convolutionPool(let shape, let pool):
        kernels.convolutionPoolBackwardEach(
          x: x, weights: weights, y: y, choice: memory.choices(of: step), d: d, dx: dx, each: place,
          squares: squares, shape: shape, pool: pool, batch: rows, scratch: memory.scratch)
      case .maxPool, .activation:
        network.backward(step, d: d, dx: next, rows: rows, memory: memory)
        if case .activation = step.stage { continue }
      }
      swap(&d, &next)
    }
  }

  /// Adds the clipped gradients of some rows, one after the other.
  private func add(
    _ part: Range<Int>, of batch: Batch, memory: Network.Memory, keeping kept: UnsafeMutablePointer<Float>,
    to sum: UnsafeMutablePointer<Float>
  ) {
    let (rows, kernels) = (batch.rows, network.kernels)
    for (index, step) in network.steps.enumerated() {
      let place = kept + places[index] * rows + part.lowerBound * step.stage.keptCount
      let target = sum + step.weights
      switch step.stage {
      case .dense(let inputs, let outputs):
        for (offset, row) in part.enumerated() where factors[row] < 1 {
          scale(place + offset * outputs, by: factors[row], count: outputs)
        }
        // Without dx the weights are not read.
        kernels.denseBackward(
          x: input(of: index, batch, memory) + part.lowerBound * inputs, weights: target, d: place, factor: 1,
          dx: nil, target: target, targetBias: sum + step.bias, batch: part.count, inputs: inputs,
          outputs: outputs, scratch: memory.scratch)
      case .convolution:
        // The bias lies behind the weights.
        weighted(place, part, to: target, count: step.stage.keptCount)
      case .convolutionPool(let shape, _):
        let channels = shape.outChannels
        let turned = kept + keptPerRow * rows
        kernels.transpose(
          target, turned, rows: shape.weightCount / channels, columns: channels)
        (turned + shape.weightCount).update(from: sum + step.bias, count: channels)
        weighted(place, part, to: turned, count: step.stage.keptCount)
        kernels.transpose(turned, target, rows: channels, columns: shape.weightCount / channels)
        (sum + step.bias).update(from: turned + shape.weightCount, count: channels)
      case .maxPool, .activation: break
      }
    }
  }

  private func weighted(
    _ each: UnsafeMutablePointer<Float>, _ part: Range<Int>, to sum: UnsafeMutablePointer<Float>, count: Int
  ) {
    factors.withUnsafeBufferPointer { factors in
      // Safe because there is a row.
      network.kernels.weightedSum(
        each, factors.baseAddress! + part.lowerBound, sum, batch: part.count, count: count)
    }
  }

  private func input(of index: Int, _ batch: Batch, _ memory: Network.Memory) -> UnsafePointer<Float> {
    index == 0 ? batch.features : UnsafePointer(memory.values(of: network.steps[index - 1]))
  }

  /// Products of two floats, which are exact in double, rounded towards zero.
  private func scale(_ values: UnsafeMutablePointer<Float>, by factor: Float, count: Int) {
    let factor = Double(factor)
    for index in 0..<count { values[index] = Float(towardsZero: factor * Double(values[index])) }
  }
}

extension Stage {
  fileprivate var isConvolution: Bool {
    switch self {
    case .convolution, .convolutionPool: true
    case .dense, .maxPool, .activation: false
    }
  }

  /// Floats that clipping keeps of one example: derivatives, or the gradient itself.
  fileprivate var keptCount: Int {
    switch self {
    case .dense(_, let outputs): outputs
    case .convolution(let shape, _), .convolutionPool(let shape, _): shape.weightCount + shape.outChannels
    case .maxPool, .activation: 0
    }
  }
}
