import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollSimulation
import AtollStore
import AtollTesting
import AtollTraining
import Foundation
import Synchronization
import Testing

@testable import AtollFederation

/// Runs whose noise is correlated over rounds: the noise itself, its memory across crashes, turns and the one charge.
@Suite struct `Runs with correlated noise` {
  private static let population = TrainingTests.population(participants: 12, shape: [6], classes: 2)
  private static let names = population.participants.sorted()
  private static let rounds = 9

  /// Twelve participants, three in a round: turns are four rounds apart.
  private static let correlations: [NoiseCorrelation] = [
    // Safe because there are such mechanisms.
    try! NoiseCorrelation(.tree, rounds: rounds, separation: 4),
    try! NoiseCorrelation(.banded(bands: 3), rounds: rounds, separation: 4),
  ]

  private static func plan(
    _ correlation: NoiseCorrelation?, cohort: Audience = .turn(.count(3), round: 0), epsilon: Double? = nil,
    rounds: Int = rounds
  ) -> TrainingPlan<FedAvg> {
    var plan = TrainingTests.plan(.logistic, FedAvg(weighting: .equal), rounds: rounds, cohort: cohort)
    plan.completion = Completion(quorum: 1)
    plan.protection.clip = 0.5
    plan.privacy = PrivacyPlan(
      unit: .participant, epsilon: epsilon, noiseMultiplier: 2, correlation: correlation)
    return plan
  }

  private func run(
    _ plan: TrainingPlan<FedAvg>, store: any RunStore = MemoryRunStore(), seed: UInt64? = nil,
    threads: Int = 2, publicSeed: UInt64 = 7, header: ContentHash = .ofNothing,
    charges: (any ChargeBook)? = nil,
    observer: @escaping @Sendable (Simulation.Event) -> Void = { _ in }
  ) throws -> LearnedModel {
    var options = Simulation.Options(seed: publicSeed, threads: threads)
    options.insecureSeed = seed
    options.charges = charges
    return try Simulation(
      of: Self.population, workers: .training, store: store, header: header, options: options
    ).run(Training(plan, from: TrainingTests.smallShape), observer: observer)
  }

  // MARK: Noise

  /// Participants that learn nothing: what remains of the model is noise, the sum of all rounds.
  @Test(arguments: correlations)
  func `what is published carries the noise of the mechanism, round for round`(
    _ correlation: NoiseCorrelation
  ) throws {
    var plan = Self.plan(correlation)
    plan.training.learningRate = 1e-30
    let store = MemoryRunStore()
    let model = try run(plan, store: store, seed: 5)
    let trained = store.records().filter { $0.query.hasPrefix("train") }
    #expect(trained.count == Self.rounds)
    let protection = try plan.protection.round(plan.privacy)
    let count = model.parameters.layout.count
    let grid = try GridGaussian(
      sensitivity: CentralNoise.sensitivity(clip: 0.5, format: protection.format, count: count)
        / protection.format.scale,
      noiseMultiplier: 2, fractionBits: protection.format.fractionBits)
    // The same coins, in the library's own mechanism, in one piece.
    var noise: any CorrelatedNoise =
      switch correlation.mechanism {
      case .tree: try TreeNoise(TreeAggregation(steps: [4], epochs: 3), noise: grid, count: count)
      case .banded(let bands):
        try BandedNoise(
          BandedMatrix(rounds: Self.rounds, bands: bands, separation: 4, participations: 3), noise: grid,
          count: count)
      }
    var sum = RingVector(zeros: count)
    for record in trained {
      var stream = RandomStream(
        seed: 5, purpose: .insecureNoise, round: record.exchange, participant: "", step: 1)
      var coins = SecretCoins(insecureSeed: stream.next())
      try noise.add(to: &sum, using: &coins)
    }
    var initial = RandomStream(seed: plan.seed, purpose: .initialModel)
    let first = try ModelArchitecture(kind: .logistic, inputShape: [6], classes: 2).model
      .initialParameters(using: &initial)
    let deviation = 2 * 0.5 / 3.0
    var largest = 0.0
    for index in 0..<count {
      let expected = Double(sum.elements[index]) / protection.format.scale / 3
      let found = Double(model.parameters.values[index] - first.values[index])
      #expect(abs(found - expected) < 1e-5, "element \(index): \(found), not \(expected)")
      largest = max(largest, abs(expected))
    }
    // It is noise of that width, and not none.
    #expect(largest > 0.1 * deviation)
  }

  @Test(arguments: correlations)
  func `fixed coins give the same bytes on any number of threads, others other ones`(
    _ correlation: NoiseCorrelation
  ) throws {
    let plan = Self.plan(correlation)
    let models = try [1, 2, 5].map { try run(plan, seed: 3, threads: $0).parameters.values }
    #expect(Set(models).count == 1)
    #expect(try run(plan, seed: 4).parameters.values != models[0])
    // Secret coins, where none are fixed.
    #expect(try run(plan).parameters.values != run(plan).parameters.values)
  }

  // MARK: Memory

  @Test(arguments: correlations)
  func `the memory is committed with the sum that it belongs to, shows nowhere else, and goes with the last`(
    _ correlation: NoiseCorrelation
  ) throws {
    let store = KeptStore(MemoryRunStore())
    _ = try run(Self.plan(correlation), store: store)
    let commits = store.commits.withLock { $0 }
    var done = 0
    for commit in commits {
      if commit.checkpoint.record?.query.hasPrefix("train") == true { done += 1 }
      let memory = try commit.secret.map { try NoiseMemory(secretBytes: $0) }
      // An evaluation in between carries it on.
      #expect(memory?.round == (done < Self.rounds ? done : nil))
      // Whoever reads the checkpoint sees who took part, and no noise.
      #expect(commit.checkpoint.participation != nil)
      let bytes = try CanonicalJSON.encode(commit.checkpoint)
      if let secret = commit.secret, secret.count > 64 {
        #expect(bytes.range(of: secret.suffix(32)) == nil)
        #expect(bytes.range(of: Data(secret.base64EncodedString().utf8)) == nil)
      }
    }
    #expect(done == Self.rounds && store.secret() == nil)
    #expect(store.kept.withLock { $0 } == 0)
  }

  @Test(arguments: correlations, [MortalStore.Moment.before, .after])
  func
    `killed at any commit a run goes on: no committed sum is noised again, and the rest as if nothing had been`(
      _ correlation: NoiseCorrelation, _ moment: MortalStore.Moment
    ) throws
  {
    let plan = Self.plan(correlation)
    let whole = KeptStore(MemoryRunStore())
    let expected = try run(plan, store: whole, seed: 8).parameters.values
    let secrets = whole.commits.withLock { $0.map(\.secret) }
    for commit in secrets.indices {
      // With coins that come back, every byte does: the memory is taken up where it was.
      let fixed = KeptStore(MemoryRunStore())
      #expect(throws: MortalStore.Killed.self) {
        _ = try run(plan, store: MortalStore(fixed, killed: moment, commit: commit), seed: 8)
      }
      let done = commit + (moment == .after ? 1 : 0)
      #expect(fixed.secret() == (done == 0 ? nil : secrets[done - 1]))
      #expect(try run(plan, store: fixed, seed: 8).parameters.values == expected)
      // With secret coins, noise is drawn anew for the sum that nobody saw, and for no other.
      let store = KeptStore(MemoryRunStore())
      #expect(throws: MortalStore.Killed.self) {
        _ = try run(plan, store: MortalStore(store, killed: moment, commit: commit))
      }
      let before = store.commits.withLock { $0.map(\.checkpoint.record) }
      _ = try run(plan, store: store)
      let after = store.commits.withLock { $0 }
      #expect(after.map(\.checkpoint.record).prefix(before.count) == before[...])
      #expect(after.count == secrets.count)
      try Self.expectTurns(after.compactMap(\.checkpoint.record))
      let rounds = try after.filter { $0.checkpoint.record?.query.hasPrefix("train") == true }
        .map { try $0.secret.map { try NoiseMemory(secretBytes: $0).round } }
      #expect(rounds == (1..<Self.rounds).map(Optional.some) + [nil])
    }
  }

  @Test func `in a folder, the memory counts from its commit on, whatever a kill leaves beside it`() throws {
    let correlation = Self.correlations[1]
    let plan = Self.plan(correlation)
    let expected = try run(plan, seed: 8).parameters.values
    let folder = FileManager.default.temporaryDirectory.path + "/atoll-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let header = RunHeader(
      atoll: "test", task: .ofNothing, seed: 7, data: [:], participants: Self.names)
    func secrets() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder + "/state").filter {
        $0.hasPrefix("secret")
      }.sorted()
    }
    _ = try RunDirectory(creating: folder, header: header, task: "")
    func live(_ moment: MortalStore.Moment) throws {
      let directory = try RunDirectory(resuming: folder)
      #expect(throws: MortalStore.Killed.self) {
        _ = try run(
          plan, store: MortalStore(directory, killed: moment, commit: 1), seed: 8, header: header.hash)
      }
      let next = try directory.records().count
      #expect(try secrets() == ["secret-\(next)"])
      let mode = try FileManager.default.attributesOfItem(
        atPath: folder + "/state/secret-\(next)")[.posixPermissions]
      #expect((mode as? NSNumber)?.intValue == 0o600)
      // Killed between the memory of a commit and the commit, and after it before the old one was removed.
      try Data("never committed".utf8).write(to: URL(filePath: folder + "/state/secret-\(next + 1)"))
      try Data("over".utf8).write(to: URL(filePath: folder + "/state/secret-\(next - 1)"))
    }
    for moment in [MortalStore.Moment.after, .before, .after, .before] { try live(moment) }
    let directory = try RunDirectory(resuming: folder)
    #expect(try secrets() == ["secret-\(directory.records().count)"])
    #expect(try run(plan, store: directory, seed: 8, header: header.hash).parameters.values == expected)
    #expect(try secrets() == [])
  }

  @Test func `without its memory, or with that of a copy, a run does not go on`() throws {
    let plan = Self.plan(Self.correlations[0])
    for (secret, words) in [
      (nil, "the memory of the noise before round 2 is missing"),
      (RunNoise.leftOut, "the memory of this run's noise is in no backup"),
      (Data("nonsense".utf8), "the memory of correlated noise is damaged"),
    ] {
      let memory = KeptStore(MemoryRunStore())
      #expect(throws: MortalStore.Killed.self) {
        _ = try run(plan, store: MortalStore(memory, killed: .after, commit: 0))
      }
      if let secret { try memory.keepSecret(secret) } else { memory.isForgetful.withLock { $0 = true } }
      let asked = Mutex(0)
      let failure = #expect(throws: RunFailure.self) {
        _ = try run(plan, store: memory) { if case .opened = $0 { asked.withLock { $0 += 1 } } }
      }
      #expect(failure?.code == .resume && failure?.message.contains(words) == true, "\(failure as Any)")
      #expect(asked.withLock { $0 } == 0)
    }
  }

  // MARK: Turns

  /// Each participant's rounds are at least four apart, and all have as many turns as there are, or one less.
  private static func expectTurns(_ records: [ExchangeRecord]) throws {
    let trained = records.filter { $0.query.hasPrefix("train") }
    var turns: [ParticipantID: [Int]] = [:]
    for (round, record) in trained.enumerated() {
      #expect(record.contributors.count == 3)
      for contributor in record.contributors { turns[contributor.participant, default: []].append(round) }
    }
    #expect(turns.count == 12)
    for (_, rounds) in turns {
      #expect(zip(rounds, rounds.dropFirst()).allSatisfy { $1 - $0 >= 4 })
      #expect((2...3).contains(rounds.count))
    }
  }

  @Test func `everyone has its turn, in an order that the seed decides`() throws {
    func cohorts(_ seed: UInt64) throws -> [[ParticipantID]] {
      let store = MemoryRunStore()
      _ = try run(Self.plan(Self.correlations[0]), store: store, publicSeed: seed)
      try Self.expectTurns(store.records())
      return store.records().filter { $0.query.hasPrefix("train") }.map { $0.contributors.map(\.participant) }
    }
    let first = try cohorts(7)
    #expect(try cohorts(7) == first)
    #expect(try cohorts(8) != first)
    #expect(first[0] == first[4])
  }

  @Test(arguments: [(10, Share.count(4), 2), (11, .fraction(0.3), 3), (5, .count(5), 1), (3, .count(7), 1)])
  func `turns are as far apart as there are cohorts in a population, whatever is left over`(
    _ population: Int, _ share: Share, _ apart: Int
  ) {
    let names = (0..<population).compactMap { ParticipantID("p\($0)") }.sorted()
    #expect(share.separation(of: population) == apart)
    var last: [ParticipantID: Int] = [:]
    var counts: [ParticipantID: Int] = [:]
    for round in 0..<60 {
      // The exchange's number plays no part: evaluations lie between.
      let cohort = Audience.turn(share, round: round).cohort(of: names, seed: 3, exchange: 2 * round)
      #expect(cohort == cohort.sorted() && Set(cohort).count == cohort.count)
      #expect(cohort.count == Audience.turn(share, round: round).size(of: population))
      for name in cohort {
        if let before = last[name] { #expect((apart...apart + 1).contains(round - before)) }
        last[name] = round
        counts[name, default: 0] += 1
      }
    }
    #expect(counts.count == population && counts.values.max()! - counts.values.min()! <= 1)
  }

  @Test func `whoever would take part too early is refused before anyone is asked or charged`() throws {
    let asked = Mutex<[Int]>([])
    let charged = Mutex<[Int]>([])
    let book = Listening { exchange, _ in charged.withLock { $0.append(exchange) } }
    let failure = #expect(throws: RunFailure.self) {
      _ = try run(Self.plan(Self.correlations[1], cohort: .count(6)), charges: book) {
        if case .opened(let exchange, _, _) = $0 { asked.withLock { $0.append(exchange) } }
      }
    }
    #expect(failure?.code == .unfit)
    #expect(failure?.message.contains("may not take part in round") == true, "\(failure as Any)")
    #expect(failure?.message.contains("at most 3 times, at least 4 rounds apart") == true)
    // Half of them are asked in the first round, and one of these again in the second.
    #expect(asked.withLock { $0 } == [0] && charged.withLock { $0 } == [0])
  }

  // MARK: Charges

  @Test(arguments: correlations)
  func `the run is charged as a whole, with its first round, and rounds tell just that`(
    _ correlation: NoiseCorrelation
  ) throws {
    let plan = Self.plan(correlation)
    let privacy = try #require(plan.privacy)
    let seen = Mutex<[(Int, PrivacyCharge)]>([])
    let store = MemoryRunStore()
    _ = try run(
      plan, store: store,
      charges: Listening { exchange, charge in seen.withLock { $0.append((exchange, charge)) } })
    let charges = seen.withLock { $0 }
    // Each round shows the book the same charge of the run.
    #expect(charges.count == Self.rounds && charges.first?.0 == 0)
    #expect(Set(charges.map(\.1)).count == 1)
    let charge = try #require(charges.first?.1)
    #expect(try charge.coversRun && charge.event == privacy.event(rounds: Self.rounds))
    let whole = try privacy.guarantee(rounds: Self.rounds).epsilon
    let told = store.records().compactMap(\.round?.epsilon)
    #expect(told.count == Self.rounds && Set(told) == [whole])
    // And a ledger has it once, under the run's name, however often the run is killed.
    let folder = FileManager.default.temporaryDirectory.path + "/atoll-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let subject = try PrivacySubject.population("all", at: "here")
    let memory = MemoryRunStore()
    for commit in [0, 2, 100] {
      let ledger = try RunLedger(
        LedgerBook(folder + "/ledger.jsonl", holder: "here"), run: "a", subject: subject)
      _ = try? run(plan, store: MortalStore(memory, killed: .before, commit: commit), charges: ledger)
    }
    let audit = try LedgerAudit(contentsOf: folder + "/ledger.jsonl")
    #expect(audit.fault == nil)
    #expect(audit.ledger.entries.map(\.activity) == [try .run("a")])
    #expect(
      try audit.ledger.spending(of: subject, delta: 1e-5, unit: .participant, relation: .zeroOut).epsilon
        == whole)
  }

  @Test func `a budget below the whole ends the run before anyone is asked`() throws {
    let whole = try #require(Self.plan(Self.correlations[0]).privacy).guarantee(rounds: 1).epsilon
    let asked = Mutex(0)
    let failure = #expect(throws: RunFailure.self) {
      _ = try run(Self.plan(Self.correlations[0], epsilon: whole * 0.99)) {
        if case .opened = $0 { asked.withLock { $0 += 1 } }
      }
    }
    #expect(failure?.code == .budget && asked.withLock { $0 } == 0)
    #expect(throws: Never.self) { try run(Self.plan(Self.correlations[0], epsilon: whole * 1.01)) }
  }

  @Test func `noise for other rounds than the run has, and a memory that no store keeps, are refused`() throws
  {
    #expect(throws: RunFailure.self) { try run(Self.plan(Self.correlations[0], rounds: 8)) }
    let wide = try NoiseCorrelation(.banded(bands: 1 << 19), rounds: 1 << 20, separation: 1 << 19)
    let failure = #expect(throws: RunFailure.self) {
      _ = try Training(Self.plan(wide, rounds: 1 << 20), from: Preparation(inputShape: [200], classes: 2))
    }
    #expect(failure?.message.contains("the memory of the noise has") == true, "\(failure as Any)")
  }
}

/// Remembers what each commit that took effect had.
private final class KeptStore: RunStore {
  struct Commit: Sendable {
    let checkpoint: Checkpoint
    let secret: Data?
  }
  private let store: MemoryRunStore
  let commits = Mutex<[Commit]>([])
  let kept = Mutex(0)
  let isForgetful = Mutex(false)

  init(_ store: MemoryRunStore) { self.store = store }

  func put(_ bytes: Data) throws -> ContentHash { store.put(bytes) }
  func get(_ hash: ContentHash) throws -> Data { try store.get(hash) }
  func checkpoint() throws -> Checkpoint? { store.checkpoint() }
  func forEachRecord(_ body: (ExchangeRecord) throws -> Void) throws { try store.forEachRecord(body) }
  func secret() -> Data? { isForgetful.withLock { $0 } ? nil : store.secret() }

  func keepSecret(_ bytes: Data) throws {
    kept.withLock { $0 += 1 }
    store.keepSecret(bytes)
  }

  func commit(_ checkpoint: Checkpoint, keeping blobs: Set<ContentHash>, secret: Data?) throws {
    commits.withLock { $0.append(Commit(checkpoint: checkpoint, secret: secret)) }
    store.commit(checkpoint, keeping: blobs, secret: secret)
  }
}

private struct Listening: ChargeBook {
  let heard: @Sendable (Int, PrivacyCharge) -> Void

  func charge(_ charge: PrivacyCharge, for exchange: Int, round: Int?) throws { heard(exchange, charge) }
}
