import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollSimulation
import AtollTraining
import Testing

@testable import AtollFederation

/// DP-FedAvg as drivers carry it out, with a participant and with one in its place that has no rows. Coins are known, so that
/// what is found never changes.
@Suite(.serialized) struct `What is promised to a participant` {
  /// Rounds of a task with four participants, of which the last is the one that may be silent.
  private final class Federation {
    let privacy: PrivacyPlan
    var plan = ProtectionPlan()
    /// Who is asked; drawn by secret coins where nothing else is said.
    var cohort: (() throws -> [ParticipantID])?
    /// Of those that are not silent.
    var weight = 1
    private var coins: SecretCoins
    private static let names: [ParticipantID] = ["a", "b", "c", "d"]
    private static let population = Roster(names)

    init(noise: Double, rate: Double = 1, clip: Clipping = 1.0, seed: UInt64) {
      privacy = PrivacyPlan(unit: .participant, noiseMultiplier: noise, samplingRate: rate)
      plan.clip = clip
      coins = SecretCoins(insecureSeed: seed)
    }

    struct Updates: Query {
      static let kind = "promised-updates"
      let specs: [SumSpec]
      var reply: ReplyShape { .sums(specs) }
    }

    /// One of four at random.
    func anyone() -> ParticipantID { Self.names[Int(coins.below(4))] }

    /// Whom secret coins fall on.
    func drawn() throws -> [ParticipantID] {
      guard privacy.hasSecretCohorts else { return Self.names }
      return try SecretCohort(
        of: Self.population, rate: privacy.samplingRate, exchange: 0, using: &coins
      ).participants
    }

    /// The same coins from now on as whoever starts with that seed.
    func restart(_ seed: UInt64) { coins = SecretCoins(insecureSeed: seed) }

    /// One round: updates of two numbers, that of the last participant nil where it has no rows.
    func round(
      _ update: [Float]?, others: [Float] = [0, 0], norm: Double? = nil, protection: UpdateProtection? = nil
    ) throws -> ExchangeResult {
      let round = try plan.round(privacy, norm: norm)
      let format = try FixedPoint(
        fractionBits: round.format.fractionBits, bound: round.format.bound, weightCap: weight)
      var specs = [SumSpec(.update, count: 2, format: format, weighted: true)]
      if round.isCounting {
        specs.append(SumSpec(.withinClip, count: 1, format: try FixedPoint(fractionBits: 40, bound: 0.5)))
      }
      let protection = protection ?? round.pipeline
      let exchange = Exchange(
        Updates(specs: specs), to: privacy.hasSecretCohorts ? .poisson(rate: privacy.samplingRate) : .all,
        protection: protection)
      let asked = try cohort?() ?? drawn()
      var sum = ExactSum(counts: specs.map(\.count))
      for name in asked {
        let numbers = name == "d" ? update : others
        try protection.add(
          Contribution(weight: numbers == nil ? 0 : weight, sums: [.update: .floats(numbers ?? [0, 0])]),
          as: specs, of: exchange.query, to: &sum)
      }
      var noise = RunNoise(after: nil, secret: nil)
      return try Disclosure(exchange).result(
        sum, shape: exchange.query.reply, contributors: asked, asked: asked.count, population: 4,
        carrying: &noise, using: &coins)
    }

    func event(rounds: Int = 1) throws -> PrivacyEvent { try privacy.event(rounds: rounds) }

    /// What the same rounds with another noise give away.
    func event(noise: Double, rounds: Int = 1) throws -> PrivacyEvent {
      try PrivacyPlan(unit: .participant, noiseMultiplier: noise, samplingRate: privacy.samplingRate)
        .event(rounds: rounds)
    }
  }

  /// A round makes its noise anew, which takes longer than all the rest of it.
  private static let runs = 4000

  // MARK: As it is

  @Test(arguments: [1, 0.5])
  func `holds in one round`(_ rate: Double) throws {
    let federation = Federation(noise: 0.5, rate: rate, seed: 1)
    try tryPromise(federation.event(), butNot: federation.event(noise: 1), runs: Self.runs) {
      try federation.round($0 ? [0, 10] : nil).mean(.update)
    }
  }

  @Test func `holds in several rounds`() throws {
    let federation = Federation(noise: 0.7, rate: 0.5, seed: 2)
    try tryPromise(
      federation.event(rounds: 2), butNot: federation.event(noise: 1.2, rounds: 2), runs: Self.runs
    ) { isThere in
      try (0..<2).flatMap { _ in try federation.round(isThere ? [0, 10] : nil).mean(.update) }
    }
  }

  @Test func `holds where the norm follows the updates' norms`() throws {
    let adaptive = AdaptiveClipping(initial: 1)
    let federation = Federation(noise: 0.7, clip: .adaptive(adaptive), seed: 3)
    try tryPromise(
      federation.event(rounds: 2), butNot: federation.event(noise: 1.2, rounds: 2), runs: Self.runs
    ) { isThere in
      var (norm, told) = (adaptive.initial, [Double]())
      for _ in 0..<2 {
        let result = try federation.round(isThere ? [0, 10] : nil, norm: norm)
        let share = try result.mean(.withinClip)[0]
        told += try result.mean(.update).map { $0 / norm } + [share]
        norm = adaptive.next(after: norm, share: share)
      }
      return told
    }
  }

  /// Nearly all that is given away is the count.
  @Test func `holds for the count of updates within the norm, also of one without rows`() throws {
    let noise = CentralNoise(multiplier: 16, countDeviation: 0.4)
    let federation = Federation(noise: noise.ofTurn, clip: .adaptive(AdaptiveClipping(initial: 1)), seed: 4)
    let protection = try UpdateProtection(clip: 1, of: [.update], noise: noise)
    try tryPromise(
      federation.event(), butNot: federation.event(noise: noise.ofTurn * 1.75), runs: Self.runs
    ) {
      try federation.round($0 ? [0, 10] : nil, protection: protection).mean(.withinClip)
    }
    // An update of zeros in its place is no silence: its bit counts.
    try expectBroken(federation.event(), runs: Self.runs) {
      try federation.round($0 ? [0, 10] : [0, 0], protection: protection).mean(.withinClip)
    }
  }

  /// A whole run by the program of training, with its worker; one of three has rows, or none.
  @Test func `holds in runs`() throws {
    func run(_ noise: Double) throws -> (event: PrivacyEvent, run: (Bool) throws -> [Double]) {
      let privacy = PrivacyPlan(unit: .participant, noiseMultiplier: noise)
      var plan = TrainingTests.plan(.linear, FedAvg(), rounds: 2, loss: .squaredError)
      plan.protection.clip = .adaptive(AdaptiveClipping(initial: 0.5))
      plan.privacy = privacy
      plan.evaluation = EvaluationPlan(every: 2, metrics: [.loss])
      let program = try Training(plan, from: Preparation(inputShape: [1], classes: nil))
      func population(_ isThere: Bool) -> MemoryPopulation {
        func examples(_ targets: [Float]) -> Dataset {
          Dataset(inputShape: [1], features: targets.map { _ in 1 }, targets: .values(targets))
        }
        let heldOut = examples([0])
        return MemoryPopulation([
          "a": LocalData(.examples(training: examples([0]), heldOut: heldOut)),
          "b": LocalData(.examples(training: examples([0]), heldOut: heldOut)),
          "c": LocalData(.examples(training: examples(isThere ? [1e3] : []), heldOut: heldOut)),
        ])
      }
      let populations = (there: population(true), gone: population(false))
      var seed: UInt64 = 0
      return (
        try privacy.event(rounds: 2),
        { isThere in
          seed += 1
          var options = Simulation.Options(threads: 1)
          options.insecureSeed = seed
          let model = try Simulation(
            of: isThere ? populations.there : populations.gone, workers: .training, options: options
          ).run(program)
          return model.parameters.values.map(Double.init)
        }
      )
    }
    let right = try run(1.4)
    let finding = try StochasticTester(of: right.event, delta: 0.05, relation: .zeroOut, runs: 800)
      .test({ try right.run(true) }, { try right.run(false) })
    #expect(!finding.disproves, "\(finding)")
    try expectBroken(right.event, runs: 800, run(0.35).run)
  }

  // MARK: With a fault

  @Test func `is broken by a quarter of the noise`() throws {
    let federation = Federation(noise: 0.25, rate: 0.5, seed: 11)
    try expectBroken(federation.event(noise: 1), runs: Self.runs) {
      try federation.round($0 ? [0, 10] : nil).mean(.update)
    }
  }

  @Test func `is broken by a round that was not charged`() throws {
    let federation = Federation(noise: 1, seed: 12)
    try expectBroken(federation.event(), delta: 0.1, runs: 8000) { isThere in
      try (0..<2).flatMap { _ in try federation.round(isThere ? [0, 10] : nil).mean(.update) }
    }
  }

  @Test func `is broken by a count that was not charged`() throws {
    // As much noise on the count as if it were alone.
    let federation = Federation(noise: 1, clip: .adaptive(AdaptiveClipping(initial: 1)), seed: 13)
    let protection = try UpdateProtection(
      clip: 1, of: [.update], noise: CentralNoise(multiplier: 1, countDeviation: 0.5))
    try expectBroken(federation.event(), delta: 0.1, runs: 8000) { isThere in
      let result = try federation.round(isThere ? [0, 10] : nil, protection: protection)
      return try result.mean(.update) + result.mean(.withinClip)
    }
  }

  @Test func `is broken by a norm that follows a count without noise`() throws {
    let adaptive = AdaptiveClipping(initial: 1)
    let federation = Federation(noise: 1, clip: .adaptive(adaptive), seed: 14)
    try expectBroken(federation.event(), runs: 1000) { isThere in
      let update = try federation.round(isThere ? [0, 10] : nil).mean(.update)
      // Of four updates, the one in question is the only one that is too long.
      return update + [adaptive.next(after: 1, share: isThere ? 0.25 : 0.5)]
    }
  }

  @Test func `is broken where the noise comes before clipping`() throws {
    // Noise of deviation 1, as a norm of 1 takes it; only what has it is shortened.
    let federation = Federation(noise: 0x1p-10, clip: .fixed(1024), seed: 15)
    try expectBroken(federation.event(noise: 1), runs: Self.runs) { isThere in
      let sum = try federation.round(isThere ? [0, 1000] : nil).sum(.update)
      let norm = (sum[0] * sum[0] + sum[1] * sum[1]).squareRoot()
      return sum.map { $0 * min(1, 1 / norm) }
    }
  }

  @Test func `is broken where two rounds have the same noise`() throws {
    let federation = Federation(noise: 1, seed: 16)
    var seed: UInt64 = 0
    let finding = try expectBroken(federation.event(rounds: 2), runs: 2000) { isThere in
      seed += 1
      return try [Float(10), -10].map {
        federation.restart(seed)
        return try federation.round(isThere ? [0, $0] : nil).mean(.update)[1]
      }
    }
    #expect(finding.feature == "element 0 less element 1")
  }

  @Test func `is broken where a weight multiplies what was clipped`() throws {
    let federation = Federation(noise: 1, seed: 17)
    federation.weight = 3
    try expectBroken(federation.event(), runs: Self.runs) {
      try federation.round($0 ? [0, 10] : nil).mean(.update)
    }
  }

  @Test func `is broken by noise in floating point`() throws {
    let federation = Federation(noise: 1, seed: 18)
    let unnoised = try UpdateProtection(clip: 1, of: [.update])
    var coins = RandomStream(seed: 18, purpose: .sample)
    let finding = try expectBroken(federation.event(), runs: 10_000) { isThere in
      try federation.round(isThere ? [0, 10] : nil, protection: unnoised).sum(.update)
        .map { $0 + coins.normal() }
    }
    #expect(finding.feature == "the lowest bit of element 1")
  }

  @Test func `is broken by cohorts of fixed size that are taken for those of coins`() throws {
    let federation = Federation(noise: 0.5, rate: 0.25, seed: 19)
    federation.cohort = { [federation.anyone()] }
    // Whoever is asked in its place pulls the other way.
    try expectBroken(federation.event(), runs: 24_000) {
      try federation.round($0 ? [0, 10] : nil, others: [0, -10]).mean(.update)
    }
  }
}
