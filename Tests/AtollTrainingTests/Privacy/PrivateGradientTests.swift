import AtollLearning
import AtollNumerics
import AtollPrivacy
import Testing

@testable import AtollTraining

struct PrivateGradientTests {
  private func privacy(
    _ clippingNorm: Double = 1, noise: Double = 1, rate: Double = 0.5, steps: Int = 1
  ) throws(PrivacyError) -> RecordPrivacy {
    try RecordPrivacy(
      clippingNorm: clippingNorm, noiseMultiplier: noise, samplingRate: rate, steps: steps)
  }

  private func gradient(_ task: ClippingCase, seed: UInt64 = 1) -> PrivateGradient {
    PrivateGradient(task.network, kernels: .active, coins: SecretCoins(insecureSeed: seed))
  }

  /// The exact sum over some rows, in units of the gradient.
  private func sum(
    _ gradient: PrivateGradient, _ privacy: RecordPrivacy, _ task: ClippingCase, _ examples: Dataset,
    _ rows: [Int]
  ) -> [Double] {
    let step = Double(sign: .plus, exponent: -PrivateGradient.fractionBits(privacy), significand: 1)
    return examples.withBatch { batch in
      gradient.clippedSum(of: rows, privacy, of: task.objective, on: batch, at: task.weights).map {
        Double($0) * step
      }
    }
  }

  /// The most that the sum changes when one record is put to nothing: the property that noise is measured by.
  private func largestChange(_ task: ClippingCase, _ sum: (_ rows: [Int]) -> [Double], rows: [Int]) -> Double
  {
    let whole = sum(rows)
    return rows.indices.map { left in
      var others = rows
      others.remove(at: left)
      return norm(zip(whole, sum(others)).map { $0 - $1 })
    }.max() ?? 0
  }

  @Test(arguments: try ClippingCase.all())
  func `one record changes the exact sum by at most the stated sensitivity`(_ task: ClippingCase) throws {
    for clippingNorm in [0x1p-30, 0.3, 1000] {
      let privacy = try privacy(clippingNorm)
      let bound = PrivateGradient.sensitivity(privacy, parameters: task.weights.count)
      #expect(bound > clippingNorm && bound < clippingNorm * 1.001)
      let gradient = gradient(task)
      var examples = task.examples
      for (row, extreme) in extremeRows.enumerated() { examples = examples.replacing(row, extreme) }
      // Duplicates too.
      let rows = [0, 1, 2, 3, 4, 4, 4, 5, 5, 6, 7, 8, 8]
      let change = largestChange(task, { sum(gradient, privacy, task, examples, $0) }, rows: rows)
      #expect(change <= bound)
      #expect(largestChange(task, { sum(gradient, privacy, task, task.examples, $0) }, rows: rows) <= bound)
    }
  }

  @Test func `the bound is no wider than it must be`() throws {
    let task = try #require(try ClippingCase.all().first)
    let privacy = try privacy(0.01)
    let gradient = gradient(task)
    let change = largestChange(task, { sum(gradient, privacy, task, task.examples, $0) }, rows: Array(0..<9))
    #expect(change > 0.999 * PrivateGradient.sensitivity(privacy, parameters: task.weights.count))
  }

  @Test func `in a large sample, a record that contributes nothing changes its own piece only`() throws {
    let task = ClippingCase(try TrainingCase("", .logistic, [5], classes: 2, .crossEntropy), rows: 300)
    let privacy = try privacy(0.1)
    let gradient = gradient(task)
    let rows = Array(0..<300)
    let whole = sum(gradient, privacy, task, task.examples, rows)
    let bound = PrivateGradient.sensitivity(privacy, parameters: task.weights.count)
    for row in stride(from: 0, to: 300, by: 17) {
      let without = sum(gradient, privacy, task, task.examples.replacing(row) { _ in .nan }, rows)
      let change = norm(zip(whole, without).map { $0 - $1 })
      #expect(change <= bound && change > 0)
    }
  }

  @Test func `clipping behind the mean is found`() throws {
    let task = try #require(try ClippingCase.all().first { $0.description == "softmax" })
    let privacy = try privacy(0.01)
    let examples = task.examples.replacing(0) { $0 % 2 == 0 ? 1e4 : -1e4 }
    let bound = PrivateGradient.sensitivity(privacy, parameters: task.weights.count)
    let rows = Array(0..<9)
    let gradients = ClippingCase(task, examples: examples).gradients()
    func faulty(_ rows: [Int]) -> [Double] {
      var sum = [Double](repeating: 0, count: task.weights.count)
      for row in rows { for index in sum.indices { sum[index] += Double(gradients[row][index]) } }
      let factor = min(1, privacy.clippingNorm / norm(sum))
      // A sum of means clipped so.
      return sum.map { $0 * factor * Double(rows.count) }
    }
    #expect(largestChange(task, faulty, rows: rows) > bound)
    let right = gradient(task)
    #expect(largestChange(task, { sum(right, privacy, task, examples, $0) }, rows: rows) <= bound)
  }

  /// Noised sums of records without gradient: nothing but noise.
  private func noise(draws: Int, _ privacy: RecordPrivacy) throws -> [[Double]] {
    let task = ClippingCase(try TrainingCase("", .linear, [3], classes: nil, .squaredError), rows: 8)
    let flat = Dataset(
      inputShape: [3], features: [Float](repeating: 0, count: 24),
      targets: .values([Float](repeating: 0, count: 8)))
    let gradient = gradient(task, seed: 3)
    let zero = [Float](repeating: 0, count: 4)
    return flat.withBatch { batch in
      (0..<draws).map { _ in
        var noised = [Float](repeating: .nan, count: 4)
        gradient.take(privacy, of: task.objective, on: batch, at: zero, to: &noised)
        return noised.map { Double($0) * privacy.samplingRate * 8 }
      }
    }
  }

  /// Whether the variance of normal numbers is σ², six standard deviations of its estimate allowed.
  private func hasVariance(_ draws: [[Double]], _ sigma: Double) -> Bool {
    let all = draws.flatMap { $0 }
    let ratio = all.reduce(0) { $0 + $1 * $1 } / Double(all.count) / (sigma * sigma)
    return abs(ratio - 1) < 6 * (2 / Double(all.count)).squareRoot()
  }

  @Test(arguments: [(0.25, 1.5), (1000, 0.0625)])
  func `noise has the multiplier's width on the whole sum`(_ clippingNorm: Double, _ multiplier: Double)
    throws
  {
    let privacy = try privacy(clippingNorm, noise: multiplier, rate: 0.5)
    let draws = try noise(draws: 2000, privacy)
    let sigma = multiplier * PrivateGradient.sensitivity(privacy, parameters: 4)
    #expect(hasVariance(draws, sigma))
    #expect(!hasVariance(draws, 0.9 * sigma) && !hasVariance(draws, 1.1 * sigma), "the check can tell")
  }

  @Test func `clipping behind the noise is found`() throws {
    let privacy = try privacy(0.25, noise: 1.5)
    let faulty = try noise(draws: 2000, privacy).map { draw in draw.map { $0 * min(1, 0.25 / norm(draw)) } }
    #expect(!hasVariance(faulty, 1.5 * PrivateGradient.sensitivity(privacy, parameters: 4)))
  }

  @Test func `an empty sample still takes a step along its noise`() throws {
    let privacy = try privacy(rate: 0x1p-40)
    for draw in try noise(draws: 20, privacy) { #expect(draw.allSatisfy { $0 != 0 && $0.isFinite }) }
  }

  /// Forty equal records and hardly any noise: the gradient tells how many were drawn, and what it was divided by.
  private func sizes(_ samples: Int, divide: (_ sum: Double, _ count: Double, _ expected: Double) -> Double)
    throws -> [Double]
  {
    let privacy = try privacy(1, noise: 0x1p-10, rate: 0.25)
    let task = ClippingCase(try TrainingCase("", .linear, [1], classes: nil, .squaredError), rows: 1)
    let equal = Dataset(
      inputShape: [1], features: [Float](repeating: 1, count: 40),
      targets: .values([Float](repeating: 9, count: 40)))
    let gradient = gradient(task, seed: 7)
    return equal.withBatch { batch in
      (0..<samples).map { _ in
        var noised: [Float] = [0, 0]
        gradient.take(privacy, of: task.objective, on: batch, at: [0, 0], to: &noised)
        // Each clipped gradient is −(1, 1)/√2.
        let sum = -Double(noised[0] + noised[1]) / 2.0.squareRoot() * 10
        return divide(sum, sum.rounded(), 10)
      }
    }
  }

  @Test func `the divisor is the expected size, not the actual one`() throws {
    /// Means of binomial sizes by the expected one have variance (1 − q)/(N·q); by the actual size, none.
    func isByExpectation(_ means: [Double]) -> Bool {
      let variance = means.reduce(0) { $0 + ($1 - 1) * ($1 - 1) } / Double(means.count)
      return abs(variance / (0.75 / 10) - 1) < 0.2
    }
    #expect(isByExpectation(try sizes(2000) { sum, _, expected in sum / expected }))
    #expect(!isByExpectation(try sizes(2000) { sum, count, _ in sum / max(1, count) }), "the fault is found")
  }

  @Test(arguments: [(40, 0.25), (7, 0.9), (1000, 0.004)])
  func `sizes of samples have the binomial law`(_ rows: Int, _ rate: Double) throws {
    let task = try #require(try ClippingCase.all().first)
    let samples = 20_000
    let privacy = try privacy(rate: rate)
    let found = gradient(task, seed: 5).sampleSizes(privacy, rows: rows, samples: samples)
    var (probability, cells, open) = (1.0, [(seen: Int, expected: Double)](), (seen: 0, expected: 0.0))
    for _ in 0..<rows { probability *= 1 - rate }
    let counts = found.reduce(into: [Int](repeating: 0, count: rows + 1)) { $0[$1] += 1 }
    for size in 0...rows {
      open.seen += counts[size]
      open.expected += probability * Double(samples)
      if open.expected >= 20 {
        cells.append(open)
        open = (0, 0)
      }
      probability *= Double(rows - size) / Double(size + 1) * rate / (1 - rate)
    }
    cells[cells.count - 1].seen += open.seen
    cells[cells.count - 1].expected += open.expected
    let statistic = cells.reduce(0) { sum, cell in
      let distance = Double(cell.seen) - cell.expected
      return sum + distance * distance / cell.expected
    }
    // χ² of k degrees has mean k and variance 2k; beyond six deviations lies less than a millionth.
    let degrees = Double(cells.count - 1)
    #expect(statistic < degrees + 6 * (2 * degrees).squareRoot())
    #expect(cells.count > 3)
  }

  @Test func `samples of different coins differ, and so do those of one stream`() throws {
    let task = try #require(try ClippingCase.all().first)
    let privacy = try privacy()
    let gradients = [gradient(task, seed: 1), gradient(task, seed: 2)].map {
      $0.sampleSizes(privacy, rows: 500, samples: 40)
    }
    #expect(gradients[0] != gradients[1])
    #expect(Set(gradients[0]).count > 5)
    #expect(gradient(task, seed: 1).sampleSizes(privacy, rows: 500, samples: 40) == gradients[0])
  }
}

extension ClippingCase {
  /// The same on other examples.
  init(_ task: ClippingCase, examples: Dataset) {
    (description, architecture, loss) = (task.description, task.architecture, task.loss)
    self.examples = examples
    weights = task.weights
  }
}
