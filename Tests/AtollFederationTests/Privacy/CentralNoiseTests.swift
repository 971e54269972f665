import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollTraining
import Testing

@testable import AtollFederation

/// Noise that the server adds to sums.
@Suite struct `Central noise` {
  private static let format = try! FixedPoint(fractionBits: 24, bound: 1.1)
  private static let query = TestSum(
    specs: [SumSpec(.update, count: 40, format: format, weighted: true)])

  private struct TestSum: Query {
    static let kind = "noise-test"
    var specs: [SumSpec]
    var reply: ReplyShape { .sums(specs) }
  }

  @Test func `one participant moves the integers by no more than the sensitivity, and nearly by that`() throws
  {
    var coins = RandomStream(seed: 4, purpose: .sample)
    let clip = 0.75
    let protection = try UpdateProtection(clip: clip, of: [.update])
    var most = 0.0
    for trial in 0..<300 {
      // Long updates, which are shortened, and some whose every coordinate is rounded by nearly a half.
      let unit = trial % 3 == 0 ? Float(0x1p-24) : 1
      let update = (0..<40).map { _ in Float(coins.normal()) * (trial % 2 == 0 ? 1 : 1000) * unit }
      let term = try protection.protect(
        Contribution(weight: 1, sums: [.update: .floats(update)]), as: Self.query.specs, of: Self.query)
      let norm = term.vectors[0].elements.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      most = max(most, norm)
    }
    let bound = CentralNoise.sensitivity(clip: clip, format: Self.format, count: 40)
    #expect(most <= bound)
    #expect(most > bound * 0.999)
  }

  @Test func `it has the deviation that is promised, in every element and anew each time`() throws {
    let noise = CentralNoise(multiplier: 1.3)
    let protection = try UpdateProtection(clip: 0.75, of: [.update], noise: noise)
    var coins = SecretCoins(insecureSeed: 9)
    let deviation = 1.3 * CentralNoise.sensitivity(clip: 0.75, format: Self.format, count: 40)
    var squares = 0.0
    var seen: Set<[Int64]> = []
    for _ in 0..<500 {
      var sum = ExactSum(counts: [40])
      try protection.addNoise(to: &sum, as: Self.query.specs, using: &coins)
      let elements = sum.vectors[0].elements
      #expect(seen.insert(elements).inserted)
      squares += elements.reduce(0) { $0 + Double($1) * Double($1) }
    }
    // 20,000 draws: the relative error of a variance is 1 % (χ²), so 5 standard errors.
    let ratio = squares / 20_000 / (deviation * deviation)
    #expect(abs(ratio - 1) < 0.05)
  }

  @Test func `a sum that is neither clipped nor a count is not released`() throws {
    let protection = try UpdateProtection(
      clip: 1, of: [.update], noise: CentralNoise(multiplier: 1))
    let control = SumSpec(.control, count: 2, format: Self.format)
    var sum = ExactSum(counts: [40, 2])
    var coins = SecretCoins(insecureSeed: 1)
    #expect {
      try protection.addNoise(to: &sum, as: Self.query.specs + [control], using: &coins)
    } throws: {
      ($0 as? RunFailure)?.message == "the sum “control” would be released without noise"
    }
  }

  @Test func `a mean with noise divides by what is expected, and who contributed is not told`() throws {
    let protection = try UpdateProtection(
      clip: 1, of: [.update], noise: CentralNoise(multiplier: 0.07))
    let exchange = Exchange(Self.query, to: .poisson(rate: 0.5), protection: protection)
    var sum = ExactSum(counts: [40])
    for _ in 0..<3 {
      sum.add(
        try protection.protect(
          Contribution(weight: 1, sums: [.update: .floats([Float](repeating: 0.1, count: 40))]),
          as: Self.query.specs, of: Self.query))
    }
    var coins = SecretCoins(insecureSeed: 2)
    var noise = RunNoise(after: nil, secret: nil)
    let result = try Disclosure(exchange).result(
      sum, shape: Self.query.reply, contributors: ["a", "b", "c"], asked: 3, population: 8,
      carrying: &noise, using: &coins)
    #expect(result.contributors.isEmpty && result.weight == 0 && result.cohort == 4 && result.answers == 4)
    // Of 8 participants 4 are expected.
    let mean = try result.mean(.update)
    #expect(mean.allSatisfy { abs($0 - 0.3 / 4) < 0.12 })
    let recorded = Disclosure(exchange).recorded([Contributor(participant: "a", exchange: 0)])
    #expect(recorded.isEmpty)
  }

  @Test func `updates within the norm are counted, whatever their length`() throws {
    let noise = try AdaptiveClipping.noise(total: 1)
    let protection = try UpdateProtection(clip: 1, of: [.update], noise: noise)
    let specs = [
      SumSpec(.update, count: 2, format: Self.format, weighted: true),
      SumSpec(.withinClip, count: 1, format: try FixedPoint(fractionBits: 40, bound: 0.5)),
    ]
    func bit(_ update: [Float], weight: Int = 1) throws -> Int64 {
      try protection.protect(
        Contribution(weight: weight, sums: [.update: .floats(update)]), as: specs, of: Self.query
      ).vectors[1].elements[0]
    }
    #expect(try bit([0.6, 0.6]) == 1 << 39)
    #expect(try bit([0.8, 0.8]) == -1 << 39)
    #expect(try bit([0, 0]) == 1 << 39)
    // Of no rows.
    #expect(try bit([0, 0], weight: 0) == 0)
    // The two noises together are one of multiplier 1.
    let deviation = try #require(noise.countDeviation)
    let total = 1 / (noise.multiplier * noise.multiplier) + 1 / (4 * deviation * deviation)
    #expect(abs(total - 1) < 1e-12)
  }

  @Test func `the norm goes up where too few updates are within, and stays within limits`() {
    let adaptive = AdaptiveClipping(initial: 1, quantile: 0.5, rate: 0.2)
    // Nobody within: b̃ − ½ is −½.
    #expect(abs(adaptive.next(after: 1, share: -0.5) - 1.1051709180756477) < 1e-12)
    #expect(abs(adaptive.next(after: 1, share: 0.5) - 0.9048374180359595) < 1e-12)
    #expect(adaptive.next(after: 1, share: 0) == 1)
    #expect(adaptive.next(after: 1, share: -1e9) == 0x1p20)
    #expect(adaptive.next(after: 1, share: 1e9) == 0x1p-20)
  }
}
