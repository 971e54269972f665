import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollSimulation
import AtollTesting
import AtollTraining
import FoundationEssentials
import Synchronization
import Testing

@testable import AtollFederation

/// Runs that promise privacy, from the first coin to the last charge.
@Suite struct `Private runs` {
  private static let population = TrainingTests.population(participants: 12, shape: [6], classes: 2)
  private static let names = population.participants.sorted()

  private static func plan(
    _ privacy: PrivacyPlan, cohort: Audience = .all, clip: Clipping? = 0.5, rounds: Int = 6,
    quorum: Double = 0.67
  ) -> TrainingPlan<FedAvg> {
    var plan = TrainingTests.plan(.logistic, FedAvg(), rounds: rounds, cohort: cohort)
    plan.completion = Completion(quorum: quorum)
    plan.protection.clip = clip
    plan.training.privacy = privacy.clip.map {
      // Safe because all parameters lie within their limits.
      try! RecordPrivacy(
        clippingNorm: $0, noiseMultiplier: privacy.noiseMultiplier, samplingRate: privacy.samplingRate,
        steps: privacy.sums)
    }
    plan.privacy = privacy
    return plan
  }

  private func run(
    _ plan: TrainingPlan<FedAvg>, store: any RunStore = MemoryRunStore(), seed: UInt64? = nil,
    threads: Int = 2,
    charges: (any ChargeBook)? = nil, observer: @escaping @Sendable (Simulation.Event) -> Void = { _ in }
  ) throws -> LearnedModel {
    var options = Simulation.Options(seed: 7, threads: threads)
    options.insecureSeed = seed
    options.charges = charges
    return try Simulation(
      of: Self.population, workers: .training, store: store, options: options
    ).run(Training(plan, from: TrainingTests.smallShape), observer: observer)
  }

  private static let byPoisson = PrivacyPlan(unit: .participant, noiseMultiplier: 0.8, samplingRate: 0.5)
  private static let byAll = PrivacyPlan(unit: .participant, noiseMultiplier: 0.8)
  private static let byRecord = PrivacyPlan(
    unit: .record, noiseMultiplier: 1, samplingRate: 0.2, sums: 4, clip: 1)

  // MARK: Coins

  @Test(arguments: [byAll, byRecord])
  func `noise is drawn anew in each run, and never from the task's seed`(_ privacy: PrivacyPlan) throws {
    let plan = Self.plan(privacy)
    let models = try (0..<3).map { _ in try run(plan).parameters.values }
    #expect(Set(models).count == 3)
  }

  @Test(arguments: [(byAll, Audience.all), (byRecord, .all), (byPoisson, .poisson(rate: 0.5))])
  func `fixed coins give the same bytes on any number of threads`(
    _ privacy: PrivacyPlan, _ cohort: Audience
  ) throws {
    let plan = Self.plan(privacy, cohort: cohort)
    let models = try [1, 2, 5].map { try run(plan, seed: 3, threads: $0).parameters.values }
    #expect(Set(models).count == 1)
    #expect(try run(plan, seed: 4).parameters.values != models[0])
  }

  /// A hostile operator knows the task, its seed, everyone's data and all that a run puts on record.
  @Test func `nobody can tell from public coins or from the record who was asked`() throws {
    let plan = Self.plan(Self.byPoisson, cohort: .poisson(rate: 0.5), rounds: 30)
    let spies = (0..<2).map { _ in SpyingStore(MemoryRunStore()) }
    for spy in spies { _ = try run(plan, store: spy) }
    // The same task, seed and data: other cohorts each time, of the law that is promised.
    let drawn = spies.map { $0.cohorts.withLock { $0 } }
    #expect(drawn.allSatisfy { $0.count == 30 })
    #expect(drawn[0] != drawn[1])
    let sizes = drawn.flatMap { $0.values.map(\.participants.count) }
    let mean = Double(sizes.reduce(0, +)) / Double(sizes.count)
    // 720 coins: five standard errors of the mean of 60 binomial numbers of 12 coins.
    #expect(abs(mean - 6) < 5 * (3.0 / 60).squareRoot())
    // What is on record is the same whoever was asked.
    for spy in spies {
      let trained = try spy.records().filter { $0.query.hasPrefix("train") }
      #expect(trained.count == 30)
      #expect(trained.allSatisfy { $0.contributors.isEmpty })
      let rounds = try spy.records().compactMap(\.round)
      #expect(Set(rounds.map { [$0.participants, $0.cohort] }) == [[6, 6]])
    }
    let bytes = try spies.map { try $0.records().compactMap(\.round).map { [$0.bytesUp, $0.bytesDown] } }
    #expect(bytes[0] == bytes[1])
  }

  // MARK: Crashes

  @Test func `a cohort is kept before it is asked, the same after a kill, and erased with the commit`() throws
  {
    let plan = Self.plan(Self.byPoisson, cohort: .poisson(rate: 0.5), rounds: 3)
    let memory = MemoryRunStore()
    let spy = SpyingStore(memory)
    // Dies before each commit in turn; what was drawn stays.
    for commit in [0, 0, 0] {
      #expect(throws: MortalStore.Killed.self) {
        _ = try run(plan, store: MortalStore(spy, killed: .before, commit: commit))
      }
    }
    #expect(spy.kept.withLock { $0 } == 1)
    _ = try run(plan, store: spy)
    #expect(spy.kept.withLock { $0 } == 3)
    #expect(memory.secret() == nil)
  }

  @Test func `a sample of nobody gives noise, and the run goes on`() throws {
    let plan = Self.plan(
      PrivacyPlan(unit: .participant, noiseMultiplier: 1e-3, samplingRate: 1e-3),
      cohort: .poisson(rate: 1e-3),
      rounds: 2)
    let spy = SpyingStore(MemoryRunStore())
    let model = try run(plan, store: spy, seed: 1)
    #expect(spy.cohorts.withLock { $0.values.allSatisfy(\.participants.isEmpty) })
    #expect(model.rounds == 2 && model.parameters.isFinite)
  }

  // MARK: Charges

  @Test func `each round is charged before anyone is asked, and nothing else is`() throws {
    let log = Mutex<[String]>([])
    let book = ListeningBook { exchange, round, charge in
      log.withLock { $0.append("charged \(exchange) round \(round ?? 0) \(charge.unit)") }
    }
    _ = try run(Self.plan(Self.byAll, rounds: 2), charges: book) { event in
      if case .opened(let exchange, let query, _) = event {
        log.withLock { $0.append("asked \(exchange) \(query)") }
      }
    }
    #expect(
      log.withLock { $0 } == [
        "charged 0 round 1 participant", "asked 0 train-plain", "charged 1 round 2 participant",
        "asked 1 train-plain", "asked 2 evaluate",
      ])
  }

  @Test func `the budget ends the run, with the model of the last round that was within`() throws {
    let privacy = PrivacyPlan(unit: .participant, epsilon: 6, noiseMultiplier: 1.5)
    let within = try (1...20).last { try privacy.guarantee(rounds: $0).epsilon <= 6 }
    let rounds = try #require(within)
    #expect((3..<15).contains(rounds))
    let reason = Mutex("")
    let store = MemoryRunStore()
    let model = try run(Self.plan(privacy, rounds: 20), store: store) { event in
      if case .stopped(let words) = event { reason.withLock { $0 = words } }
    }
    #expect(model.rounds == rounds)
    #expect(store.records().count { $0.query == "train-plain" } == rounds)
    let words = reason.withLock { $0 }
    #expect(words.hasPrefix("round \(rounds + 1) would bring ε to 6."))
    #expect(words.contains("the budget is 6.0; ε 5."))
  }

  @Test func `a budget that allows no round ends the run without a model`() throws {
    let privacy = PrivacyPlan(unit: .participant, epsilon: 0.01, noiseMultiplier: 1)
    #expect {
      _ = try run(Self.plan(privacy))
    } throws: {
      ($0 as? RunFailure)?.code == .budget
    }
  }

  @Test func `rounds tell the ε of all before them`() throws {
    let store = MemoryRunStore()
    _ = try run(Self.plan(Self.byPoisson, cohort: .poisson(rate: 0.5), rounds: 4), store: store)
    let told = store.records().compactMap(\.round?.epsilon)
    let expected = try (1...4).map { try Self.byPoisson.guarantee(rounds: $0).epsilon }
    #expect(told == expected)
    #expect(told == told.sorted() && told[0] > 0)
  }

  // MARK: Adaptive clipping

  @Test func `the norm follows the norms of updates`() throws {
    let adaptive = Clipping.adaptive(AdaptiveClipping(initial: 1e-3, quantile: 0.5, rate: 0.5))
    let store = SpyingStore(MemoryRunStore())
    let privacy = PrivacyPlan(unit: .participant, noiseMultiplier: 0.05)
    let plan = Self.plan(privacy, clip: adaptive, rounds: 25)
    _ = try run(plan, store: store, seed: 1)
    let norms = store.norms.withLock { $0 }
    // Updates of this model are some 0.2 long: the norm climbs there and stays.
    #expect(norms.count == 25)
    #expect(norms[0] < 0.002)
    #expect(norms.suffix(5).allSatisfy { (0.05...1).contains($0) })
  }
}

/// Sees what a store is given to keep.
private final class SpyingStore: RunStore {
  private let store: MemoryRunStore
  let cohorts = Mutex<[Int: SecretCohort]>([:])
  let kept = Mutex(0)
  let norms = Mutex<[Double]>([])

  init(_ store: MemoryRunStore) { self.store = store }

  func put(_ bytes: Data) throws -> ContentHash { store.put(bytes) }
  func get(_ hash: ContentHash) throws -> Data { try store.get(hash) }
  func checkpoint() throws -> Checkpoint? { store.checkpoint() }
  func forEachRecord(_ body: (ExchangeRecord) throws -> Void) throws { try store.forEachRecord(body) }
  func secret() throws -> Data? { store.secret() }

  func keepSecret(_ bytes: Data) throws {
    let cohort = try CanonicalJSON.decode(SecretCohort.self, from: bytes)
    cohorts.withLock { $0[cohort.exchange] = cohort }
    kept.withLock { $0 += 1 }
    store.keepSecret(bytes)
  }

  func commit(_ checkpoint: Checkpoint, keeping blobs: Set<ContentHash>, secret: Data?) throws {
    struct Norm: Decodable { let norm: Double? }
    if checkpoint.record?.query == "train-plain",
      let norm = try JSONDecoder().decode(Norm.self, from: checkpoint.program).norm
    {
      norms.withLock { $0.append(norm) }
    }
    store.commit(checkpoint, keeping: blobs, secret: secret)
  }
}

private struct ListeningBook: ChargeBook {
  let heard: @Sendable (Int, Int?, PrivacyCharge) -> Void

  func charge(_ charge: PrivacyCharge, for exchange: Int, round: Int?) throws {
    heard(exchange, round, charge)
  }
}
