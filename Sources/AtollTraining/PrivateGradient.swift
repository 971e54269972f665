package import AtollLearning
package import AtollNumerics
package import AtollPrivacy

/// One step's gradient of DP-SGD: M. Abadi, A. Chu, I. Goodfellow, H. B. McMahan, I. Mironov, K. Talwar & L. Zhang, "Deep
/// learning with differential privacy", CCS 2016, arXiv:1607.00133, Algorithm 1.
///
///     g̃ = 1/B · (Σ_{i in S} min(1, C/‖gᵢ‖)·gᵢ + noise),  B = q·N
///
/// S holds each of the N rows with probability q, by a secret coin of its own: a sample that could be foretold would amplify
/// nothing. The divisor is the expected size of S, not the actual one, which is secret; an empty sample still takes a step
/// along its noise. Deviations: noise is a discrete Gaussian on an exact sum of whole numbers (C. L. Canonne, G. Kamath &
/// T. Steinke, 2020, arXiv:2004.00010), and its width counts the rounding that the paper's real numbers do not have.
///
/// **How it is computed.** The rows of S, in the order of the data, are cut into pieces of at most m (``ClippedGradients``
/// clips them). A piece's sum is computed in floating point from zero on, rounded to multiples of the step h = 2^-f, and added
/// to whole numbers: from there on nothing is rounded. Noise is added to these.
///
/// **The sensitivity.** Let one record x be replaced by one that contributes zero. It keeps its place, hence its coin, and
/// those of all others: S and its pieces stay the same for the same coins, and only the sum of x's piece differs, if x was
/// drawn. With s and s′ the exact sums of that piece, of d elements, and ŝ and ŝ′ what is added to the whole numbers,
///
///     ‖ŝ − ŝ′‖ ≤ ‖s − s′‖ + ‖ŝ − s‖ + ‖ŝ′ − s′‖.
///
/// - ‖s − s′‖ ≤ C′ = C·(1 + 2⁻²⁰), the bound of ``ClippedGradients`` for the one term that x has, whatever x is.
/// - A chain of m fused multiply-adds errs by at most γ·Σ|tᵢ| in each element (γ = m·u/(1 − m·u), u = 2⁻²⁴; the tᵢ are the
///   exact clipped terms), so by γ·Σ‖tᵢ‖ ≤ γ·m·C′ in norm. Results that are subnormal err by 2⁻¹⁵⁰ an operation besides.
/// - Rounding to the grid errs by h/2 in each element, √d·h/2 in norm; what subnormal numbers may add, m·2⁻¹⁵⁰ in each, is
///   less than a billionth of that, as h ≥ 2⁻⁶⁰.
///
/// So the sensitivity is at most Δ = C′·(1 + 2·γ·m) + √d·h·(1 + 2⁻²⁰), see ``sensitivity(_:parameters:)``, and the noise
/// has σ = z·Δ. With m = 64, 2·γ·m is 2⁻¹¹: rounding costs half a thousandth of noise. With h = 2⁻³⁰ of the power of two
/// below C, √d·h is below 2⁻¹⁴·C even for 2³¹ parameters; and σ is at least 2²⁰ steps for the least z that is lawful, so
/// that the grid counts as continuous. (Were one float sum taken over the whole sample, its error would grow with the square
/// of a size that only the data bound.)
///
/// Everything after the noise (division, momentum, penalties on weights, corrections) sees no record.
package final class PrivateGradient {
  private let clipping: any GradientClipping
  private let kernels: Kernels
  private let count: Int
  private var coins: SecretCoins
  private var chosen: [Int] = []
  private var rows = GatheredRows()
  private var piece = Buffer<Float>()
  private var sums = Buffer<Int64>()
  private var mechanism: Mechanism?

  /// What follows from the parameters of privacy alone.
  private struct Mechanism {
    let privacy: RecordPrivacy
    let coin: Bernoulli
    let noise: DiscreteGaussian
  }

  /// Gradients of a model.
  package init(_ model: any Model, kernels: Kernels, coins: consuming SecretCoins) {
    clipping = gradientClipping(of: model, kernels: kernels)
    self.kernels = kernels
    self.coins = coins
    count = model.layout.count
  }

  /// Goes on with other coins.
  func take(_ coins: consuming SecretCoins) { self.coins = coins }

  /// f: the grid's step is 2^-f, 2⁻³⁰ of the power of two that is not above the clipping norm.
  package static func fractionBits(_ privacy: RecordPrivacy) -> Int {
    30 - Int(privacy.clippingNorm.exponent)
  }

  /// Δ: by how much, in L2 norm, one record changes the exact sum of whole numbers, in units of the gradient.
  ///
  /// - Parameter parameters: d, of the model.
  package static func sensitivity(_ privacy: RecordPrivacy, parameters: Int) -> Double {
    let terms = Double(GradientClippingLimits.rows)
    let gamma = terms * 0x1p-24 / (1 - terms * 0x1p-24)
    let step = Double(sign: .plus, exponent: -fractionBits(privacy), significand: 1)
    // The formula's own rounding is far below the spare 2⁻²⁰.
    let sum = privacy.clippingNorm * (1 + 0x1p-20) * (1 + 2 * gamma * terms)
    return (sum + Double(parameters).squareRoot() * step * (1 + 0x1p-20)) * (1 + 0x1p-40)
  }

  /// Draws a sample and computes its noised gradient.
  ///
  /// - Parameters:
  ///   - privacy: C, z and q.
  ///   - objective: loss and class weights.
  ///   - all: the participant's examples.
  ///   - weights: where the gradient is taken.
  ///   - gradient: overwritten.
  package func take(
    _ privacy: RecordPrivacy, of objective: Objective, on all: Batch, at weights: UnsafePointer<Float>,
    to gradient: UnsafeMutablePointer<Float>
  ) {
    let mechanism = mechanism(privacy)
    draw(all.rows, mechanism.coin)
    let sums = clippedSum(of: chosen, privacy, of: objective, on: all, at: weights)
    mechanism.noise.add(to: sums, using: &coins)
    let expected = privacy.samplingRate * Double(all.rows)
    let factor = step(privacy) / expected
    for index in 0..<count { gradient[index] = Float(Double(sums[index]) * factor) }
  }

  /// Σ min(1, C/‖gᵢ‖)·gᵢ over some rows, in steps of the grid. Valid until the next call.
  package func clippedSum(
    of chosen: [Int], _ privacy: RecordPrivacy, of objective: Objective, on all: Batch,
    at weights: UnsafePointer<Float>
  ) -> UnsafeMutableBufferPointer<Int64> {
    let sums = sums.reserve(count)
    sums.update(repeating: 0, count: count)
    let piece = piece.reserve(count)
    let scale = 1 / step(privacy)
    let most = Float(privacy.clippingNorm) * Float(2 * clipping.rowsAtOnce)
    for start in stride(from: 0, to: chosen.count, by: clipping.rowsAtOnce) {
      let end = min(start + clipping.rowsAtOnce, chosen.count)
      let batch = rows.gather(chosen[start..<end], from: all)
      clipping.sum(
        of: objective, on: batch, clippingNorm: privacy.clippingNorm, at: weights, into: piece)
      let done = kernels.accumulateFixed(piece, scale: scale, bound: most, into: sums, count: count)
      precondition(done == count, "a sum of clipped gradients is finite and below 2·m·C")
    }
    return UnsafeMutableBufferPointer(start: sums, count: count)
  }

  /// The rows of the next sample.
  private func draw(_ rows: Int, _ coin: Bernoulli) {
    chosen.removeAll(keepingCapacity: true)
    for row in 0..<rows where coin.toss(using: &coins) { chosen.append(row) }
  }

  /// How many rows each of some samples has.
  func sampleSizes(_ privacy: RecordPrivacy, rows: Int, samples: Int) -> [Int] {
    let mechanism = mechanism(privacy)
    return (0..<samples).map { _ in
      draw(rows, mechanism.coin)
      return chosen.count
    }
  }

  private func step(_ privacy: RecordPrivacy) -> Double {
    Double(sign: .plus, exponent: -Self.fractionBits(privacy), significand: 1)
  }

  private func mechanism(_ privacy: RecordPrivacy) -> Mechanism {
    if let mechanism, mechanism.privacy == privacy { return mechanism }
    let width = privacy.noiseMultiplier * Self.sensitivity(privacy, parameters: count)
    // Safe because the limits of the parameters keep q within 0...1, f within 0...60 and σ within 2^20 to 2^52 steps.
    let grid = try! NoiseGrid(width: width, fractionBits: Self.fractionBits(privacy))
    let made = Mechanism(
      privacy: privacy, coin: try! Bernoulli(Ratio(roundingDown: privacy.samplingRate)),
      noise: try! grid.gaussian())
    mechanism = made
    return made
  }
}
