import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollTraining
import Testing

/// DP-SGD as it is done at a participant, with a record and with one in its place that contributes nothing. Coins are known, so
/// that what is found never changes.
@Suite(.serialized) struct `What is promised to a record` {
  private static let network = Network(
    try! ModelArchitecture(kind: .linear, inputShape: [1], classes: nil))

  /// Features are 0: the bias alone has a gradient, longer than C and away from the target. What is not a number has none.
  private static func rows(_ targets: [Float?]) -> Dataset {
    Dataset(
      inputShape: [1], features: targets.map { $0 == nil ? .nan : 0 },
      targets: .values(targets.map { $0 ?? 0 }))
  }

  private static func privacy(
    noise: Double, rate: Double = 1, steps: Int = 1, clip: Double = 1
  ) throws -> RecordPrivacy {
    try RecordPrivacy(clippingNorm: clip, noiseMultiplier: noise, samplingRate: rate, steps: steps)
  }

  /// Noised gradients of the product, and sums that are put together from its parts.
  private struct Gradients {
    let privacy: RecordPrivacy
    let noised: PrivateGradient
    private let there: Dataset
    private let gone: Dataset

    /// - Parameter target: of the record, which comes after the others.
    init(_ privacy: RecordPrivacy, others: [Float?], target: Float = 1e6, seed: UInt64) {
      self.privacy = privacy
      noised = PrivateGradient(
        Network(network.architecture), kernels: .active, coins: SecretCoins(insecureSeed: seed))
      there = rows(others + [target])
      gone = rows(others + [nil])
    }

    /// A step's gradient.
    func callAsFunction(_ isThere: Bool, bias: Float = 0) -> [Double] {
      (isThere ? there : gone).withBatch { batch in
        var gradient: [Float] = [0, 0]
        noised.take(privacy, of: Objective(.squaredError), on: batch, at: [0, bias], to: &gradient)
        return gradient.map(Double.init)
      }
    }

    /// The exact sum over some rows.
    func sum(_ isThere: Bool, of chosen: [Int]) -> Double {
      (isThere ? there : gone).withBatch { batch in
        let sum = noised.clippedSum(of: chosen, privacy, of: Objective(.squaredError), on: batch, at: [0, 0])
        return Double(sum[1])
          * Double(sign: .plus, exponent: -PrivateGradient.fractionBits(privacy), significand: 1)
      }
    }
  }

  // MARK: As it is

  @Test(arguments: [(1, 0.05), (0.5, 0.05), (0.125, 0.02)])
  func `holds in one step`(_ rate: Double, _ delta: Double) throws {
    let privacy = try Self.privacy(noise: 0.6, rate: rate)
    let gradients = Gradients(privacy, others: [nil, nil, nil], seed: 1)
    let better = try Self.privacy(noise: 0.8, rate: rate)
    try tryPromise(privacy.event, butNot: better.event, delta: delta) { gradients($0) }
  }

  @Test(arguments: [1, 0.5])
  func `holds in training of several steps`(_ rate: Double) throws {
    let privacy = try Self.privacy(noise: 1.2, rate: rate, steps: 4)
    let better = try Self.privacy(noise: 1.6, rate: rate, steps: 4)
    try tryPromise(privacy.event, butNot: better.event, training(privacy, seed: 2))
  }

  /// The model that a trainer makes.
  private func training(_ privacy: RecordPrivacy, seed: UInt64) -> (Bool) throws -> [Double] {
    let trainer = GradientTrainer(Self.network, insecureSeed: seed)
    let plan = LocalTraining(loss: .squaredError, learningRate: 1, privacy: privacy)
    let data = (there: Self.rows([nil, 1e6]), gone: Self.rows([nil, nil]))
    let start = ParameterSet(zeros: Self.network.layout)
    return { isThere in
      try trainer.train(
        from: start, on: isThere ? data.there : data.gone, plan: plan, learningRate: 1,
        coins: TrainingCoins(seed: 1)
      ).parameters.values.map(Double.init)
    }
  }

  // MARK: With a fault

  @Test func `is broken by a quarter of the noise`() throws {
    let promised = try Self.privacy(noise: 1, rate: 0.5).event
    let gradients = Gradients(try Self.privacy(noise: 0.25, rate: 0.5), others: [nil], seed: 3)
    try expectBroken(promised) { gradients($0) }
  }

  @Test func `is broken by a step that was not charged`() throws {
    let promised = try Self.privacy(noise: 1.3, steps: 3).event
    try expectBroken(
      promised, delta: 0.25, runs: 60_000, training(Self.privacy(noise: 1.3, steps: 4), seed: 4))
  }

  @Test func `is broken where the noise comes before clipping`() throws {
    // Noise of deviation 1, as a norm of 1 takes it; only what has it is shortened.
    let gradients = Gradients(try Self.privacy(noise: 0x1p-10, clip: 1024), others: [nil], seed: 5)
    try expectBroken(Self.privacy(noise: 1).event) { isThere in
      let sum = gradients(isThere).map { 2 * $0 }
      let norm = (sum[0] * sum[0] + sum[1] * sum[1]).squareRoot()
      return sum.map { $0 * min(1, 1 / norm) }
    }
  }

  @Test func `is broken where two steps have the same coins`() throws {
    let privacy = try Self.privacy(noise: 1, steps: 2)
    var seed: UInt64 = 0
    let finding = try expectBroken(privacy.event, runs: 2000) { isThere in
      seed += 1
      // Between the models of both steps the gradient turns round.
      return [0, 1e7].map { Gradients(privacy, others: [], seed: seed)(isThere, bias: $0)[1] }
    }
    #expect(finding.feature == "element 0 less element 1")
  }

  @Test func `is broken where the divisor counts the rows that contribute`() throws {
    let privacy = try Self.privacy(noise: 1)
    let gradients = Gradients(privacy, others: [nil], target: 0, seed: 6)
    // The record's gradient is 0: nothing but the divisor tells of it.
    try expectBroken(privacy.event) { isThere in gradients(isThere).map { $0 * 2 / (isThere ? 1 : 0.125) } }
  }

  @Test func `is broken by noise in floating point`() throws {
    let privacy = try Self.privacy(noise: 1)
    let gradients = Gradients(privacy, others: [nil], seed: 7)
    var coins = RandomStream(seed: 7, purpose: .sample)
    let finding = try expectBroken(privacy.event, runs: 10_000) { isThere in
      [gradients.sum(isThere, of: [0, 1]) + coins.normal()]
    }
    #expect(finding.feature == "the lowest bit of element 0")
  }

  // MARK: With another sample than was charged

  /// Noise as the product adds it.
  private func noise(_ privacy: RecordPrivacy) throws -> DiscreteGaussian {
    let width = privacy.noiseMultiplier * PrivateGradient.sensitivity(privacy, parameters: 2)
    return try NoiseGrid(width: width, fractionBits: 30).gaussian()
  }

  @Test func `is broken by a sample of fixed size that is taken for one by coins`() throws {
    let privacy = try Self.privacy(noise: 0.5, rate: 0.25)
    // Whoever is drawn in the record's place pulls the other way.
    let gradients = Gradients(privacy, others: [-1e6, -1e6, -1e6], seed: 8)
    let noise = try noise(privacy)
    var coins = SecretCoins(insecureSeed: 8)
    try expectBroken(privacy.event) { isThere in
      let row = Int(coins.below(4))
      return [gradients.sum(isThere, of: [row]) + Double(noise.sample(using: &coins)) * 0x1p-30]
    }
  }

  @Test func `is broken by one sample for all steps`() throws {
    let privacy = try Self.privacy(noise: 1.5, rate: 0.125, steps: 8)
    let gradients = Gradients(privacy, others: [nil], seed: 10)
    let noise = try noise(privacy)
    let coin = try Bernoulli(Ratio(1, 8))
    var coins = SecretCoins(insecureSeed: 10)
    try expectBroken(privacy.event, delta: 0.02) { isThere in
      let chosen = [0, 1].filter { _ in coin.toss(using: &coins) }
      let sum = gradients.sum(isThere, of: chosen)
      return (0..<8).map { _ in sum + Double(noise.sample(using: &coins)) * 0x1p-30 }
    }
  }

  @Test func `is broken by the batches of a shuffle that are taken for samples by coins`() throws {
    let privacy = try Self.privacy(noise: 0.25, rate: 0.5, steps: 2)
    let gradients = Gradients(privacy, others: [nil], seed: 9)
    let noise = try noise(privacy)
    var coins = SecretCoins(insecureSeed: 9)
    // Each row is in one of both batches, where coins leave it out of both a quarter of the time.
    try expectBroken(privacy.event, delta: 0.7) { isThere in
      let first = Int(coins.below(2))
      return [first, 1 - first].map {
        gradients.sum(isThere, of: [$0]) + Double(noise.sample(using: &coins)) * 0x1p-30
      }
    }
  }
}
