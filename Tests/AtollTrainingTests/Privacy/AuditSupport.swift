import AtollLearning
import AtollNumerics
import AtollPrivacy
import Foundation

@testable import AtollTraining

/// DP-SGD as the product has it, and with a fault that was put in: gradients of a logistic regression whose rows are canaries,
/// as somebody sees them who sees each step.
enum AuditedTraining: String, CaseIterable, Sendable {
  case right
  case noiseByFour
  case noiseBeforeClipping
  case reusedNoise
  case weightLeak
  case floatNoise

  /// What is promised for each record.
  static let promise = (epsilon: 1.0, delta: 1e-5)

  /// The parameters by which the promise holds.
  private static let (sampled, whole) = (calibrated(rate: 0.5, steps: 4), calibrated(rate: 1, steps: 1))

  private static func calibrated(rate: Double, steps: Int) -> RecordPrivacy {
    // Safe because the promise is one, and the parameters lie within their limits.
    let noise = try! Calibration.noiseMultiplier(
      epsilon: promise.epsilon, delta: promise.delta, relation: .zeroOut
    ) { noise throws(PrivacyError) in
      try RecordPrivacy(clippingNorm: 1.2, noiseMultiplier: noise, samplingRate: rate, steps: steps).event
    }
    return try! RecordPrivacy(
      clippingNorm: 1.2, noiseMultiplier: noise, samplingRate: rate, steps: steps)
  }

  /// Some steps on samples; where one addition is at fault, one step on all rows.
  private var privacy: RecordPrivacy { self == .floatNoise ? Self.whole : Self.sampled }

  /// The noised gradients of all steps.
  func gradients(of canaries: Canaries, seed: UInt64) throws -> [[Float]] {
    let network = canaries.network
    let examples = canaries.examples
    let count = network.layout.count
    var weights = [Float](repeating: 0, count: count)
    var privacy = privacy
    if self == .noiseByFour {
      privacy = try RecordPrivacy(
        clippingNorm: privacy.clippingNorm, noiseMultiplier: privacy.noiseMultiplier / 4,
        samplingRate: privacy.samplingRate, steps: privacy.steps)
    }
    var step = PrivateGradient(network, kernels: .active, coins: SecretCoins(insecureSeed: seed))
    var coins = SecretCoins(insecureSeed: ~seed)
    return try (0..<privacy.steps).map { _ in
      var gradient = [Float](repeating: 0, count: count)
      try examples.withBatch { batch in
        switch self {
        case .right, .noiseByFour:
          step.take(privacy, of: canaries.objective, on: batch, at: weights, to: &gradient)
        case .reusedNoise:
          // Each step begins the same stream of coins.
          step = PrivateGradient(network, kernels: .active, coins: SecretCoins(insecureSeed: seed))
          step.take(privacy, of: canaries.objective, on: batch, at: weights, to: &gradient)
        case .noiseBeforeClipping:
          try Self.clippedLast(privacy, step, canaries, batch, weights, &coins, &gradient)
        case .weightLeak:
          try Self.weightedLast(privacy, step, canaries, batch, weights, &coins, &gradient)
        case .floatNoise:
          Self.roundedNoise(privacy, step, canaries, batch, weights, &coins, &gradient)
        }
      }
      for place in weights.indices { weights[place] -= 0.5 * gradient[place] }
      return gradient
    }
  }

  /// Noise on a sum of gradients that are not clipped, which is clipped then.
  private static func clippedLast(
    _ privacy: RecordPrivacy, _ step: PrivateGradient, _ canaries: Canaries, _ batch: Batch,
    _ weights: [Float], _ coins: inout SecretCoins, _ gradient: inout [Float]
  ) throws {
    let open = try RecordPrivacy(
      clippingNorm: 0x1p20, noiseMultiplier: privacy.noiseMultiplier, samplingRate: privacy.samplingRate,
      steps: 1)
    var sum = try noised(open, sample(privacy, batch, &coins), 1, step, canaries, batch, weights, &coins)
    let most = privacy.clippingNorm * privacy.samplingRate * Double(batch.rows)
    let factor = min(1, most / sum.reduce(0) { $0 + $1 * $1 }.squareRoot())
    for place in sum.indices { sum[place] *= factor }
    write(sum, privacy, batch, &gradient)
  }

  /// Weights of 4 that multiply clipped gradients, where the noise counts on 1.
  private static func weightedLast(
    _ privacy: RecordPrivacy, _ step: PrivateGradient, _ canaries: Canaries, _ batch: Batch,
    _ weights: [Float], _ coins: inout SecretCoins, _ gradient: inout [Float]
  ) throws {
    let sum = try noised(
      privacy, sample(privacy, batch, &coins), 4, step, canaries, batch, weights, &coins)
    write(sum, privacy, batch, &gradient)
  }

  /// Noise by Box and Muller's formula, all in `Float`: what is added to a number leaves other last bits than alone.
  private static func roundedNoise(
    _ privacy: RecordPrivacy, _ step: PrivateGradient, _ canaries: Canaries, _ batch: Batch,
    _ weights: [Float], _ coins: inout SecretCoins, _ gradient: inout [Float]
  ) {
    let unit = Double(sign: .plus, exponent: -PrivateGradient.fractionBits(privacy), significand: 1)
    let sums = step.clippedSum(
      of: Array(0..<batch.rows), privacy, of: canaries.objective, on: batch, at: weights)
    let width = Float(privacy.noiseMultiplier * privacy.clippingNorm)
    for place in sums.indices {
      let (radius, angle) = (uniform(&coins), uniform(&coins))
      let noise = (-2 * log(radius)).squareRoot() * cos(2 * .pi * angle)
      gradient[place] = (Float(Double(sums[place]) * unit) + width * noise) / Float(batch.rows)
    }
  }

  /// Above 0 and at most 1.
  private static func uniform(_ coins: inout SecretCoins) -> Float {
    Float((coins.nextUInt64() >> 40) + 1) * 0x1p-24
  }

  /// Σ of weighted gradients that are clipped to the norm of `clipping`, with the noise that is right for ``sampled``.
  private static func noised(
    _ clipping: RecordPrivacy, _ rows: [Int], _ weight: Double, _ step: PrivateGradient,
    _ canaries: Canaries, _ batch: Batch, _ weights: [Float], _ coins: inout SecretCoins
  ) throws -> [Double] {
    let bits = PrivateGradient.fractionBits(sampled)
    let width = sampled.noiseMultiplier * PrivateGradient.sensitivity(sampled, parameters: weights.count)
    var noise = [Int64](repeating: 0, count: weights.count)
    try NoiseGrid(width: width, fractionBits: bits).gaussian().add(to: &noise, using: &coins)
    let unit = Double(sign: .plus, exponent: -PrivateGradient.fractionBits(clipping), significand: 1)
    let sums = step.clippedSum(of: rows, clipping, of: canaries.objective, on: batch, at: weights)
    return zip(sums, noise).map {
      weight * Double($0) * unit + Double($1) * Double(sign: .plus, exponent: -bits, significand: 1)
    }
  }

  private static func sample(
    _ privacy: RecordPrivacy, _ batch: Batch, _ coins: inout SecretCoins
  ) throws -> [Int] {
    let coin = try Bernoulli(Ratio(roundingDown: privacy.samplingRate))
    return (0..<batch.rows).filter { _ in coin.toss(using: &coins) }
  }

  private static func write(
    _ sum: [Double], _ privacy: RecordPrivacy, _ batch: Batch, _ gradient: inout [Float]
  ) {
    for place in sum.indices {
      gradient[place] = Float(sum[place] / (privacy.samplingRate * Double(batch.rows)))
    }
  }
}

/// Rows with a feature of their own each, so that everything that the gradient says of this feature comes from one row.
struct Canaries: Sendable {
  static let count = 2048
  /// Far above what is clipped, and not so large that a little learning silences a row.
  static let size: Float = 40

  let included: [Bool]
  let examples: Dataset
  let network: Network
  let objective = Objective(.crossEntropy)

  init(seed: UInt64) throws {
    var coins = RandomStream(seed: seed, purpose: .partition)
    let count = Self.count
    included = (0..<count).map { _ in coins.next() >> 63 == 1 }
    var features = [Float](repeating: 0, count: count * count)
    // What is not a number has no gradient: the record that contributes nothing.
    for row in 0..<count { features[row * count + row] = included[row] ? Self.size : .nan }
    examples = Dataset(
      inputShape: [count], features: features,
      targets: .classes((0..<count).map { Int32($0 % 2) }, count: 2))
    network = Network(try ModelArchitecture(kind: .logistic, inputShape: [count], classes: 2))
  }

  /// What speaks for each canary: what all steps say along its gradient, by how much its feature's part changes from step to
  /// step, and which bits are in it.
  func scores(_ gradients: [[Float]]) -> [[Double]] {
    let along = (0..<Self.count).map { row in
      let sign = row % 2 == 0 ? 1.0 : -1.0
      return gradients.reduce(0) { $0 + sign * Double($1[row]) }
    }
    let changes = (0..<Self.count).map { row in
      zip(gradients, gradients.dropFirst()).reduce(0) { $0 + abs(Double($1.0[row]) - Double($1.1[row])) }
    }
    // How fine the finest bit is that any step wrote.
    let fineness = (0..<Self.count).map { row in
      gradients.map { $0[row] == 0 ? 0 : Double($0[row].exponent) - Double($0[row].significandWidth) }.min()
        ?? 0
    }
    return [along, changes, fineness]
  }
}
