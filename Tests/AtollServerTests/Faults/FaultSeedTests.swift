import AtollNumerics
import AtollStore
import AtollWire
import Testing

/// Ten thousand federations in virtual time, each with the faults that its seed draws.
@Suite(.serialized) struct `Faults drawn by a seed` {
  @Test func `leave every run with the bytes of its contributors, and nothing lost or counted twice`()
    async throws
  {
    let seeds = FaultSeeds.all
    let tally = Shared(Tally())
    // On threads of their own: the servers of other tests share the pool, and have deadlines.
    try await onThread { withThreads(2) { worker in Self.run(seeds, worker, tally) } }
    let result = tally.value
    for report in result.reports { Issue.record("\(report)") }
    print("\(result.runs) runs, \(result.finished) finished: \(result.words)")
    // A simulation in which nothing goes wrong shows nothing.
    guard seeds.count >= 1000 else { return }
    for kind in FaultPlan.Kind.allCases { #expect((result.faults[kind] ?? 0) > 100, "\(kind)") }
    #expect(result.finished > result.runs / 2 && result.finished < result.runs)
  }

  /// Every other seed.
  private static func run(_ seeds: Range<UInt64>, _ worker: Int, _ tally: Shared<Tally>) {
    for seed in seeds where Int(seed % 2) == worker {
      // Three are enough to begin with.
      guard tally.value.reports.count < 3 else { return }
      do {
        let world = try FaultWorld(seed: seed)
        let isWell = try world.run().isEmpty
        let own = Tally(world, try isWell ? nil : FaultReport(seed: seed))
        tally.change { $0.add(own) }
      } catch {
        tally.change { $0.reports.append("seed \(seed): \(error)") }
      }
    }
  }

  @Test func `are the same when a seed is run again`() throws {
    for seed in [3, 14, 15] as [UInt64] {
      let first = try FaultWorld(seed: seed)
      let second = try FaultWorld(seed: seed)
      #expect(try first.run() == second.run())
      #expect(first.plan.time == second.plan.time)
      #expect(first.plan.faults.map(\.occasion) == second.plan.faults.map(\.occasion))
    }
  }

  @Test(arguments: Mutant.allCases) func `find a bug that is planted`(mutant: Mutant) throws {
    let limit: UInt64 = 2000
    let found = try (0..<limit).first { seed in
      try FaultReport(seed: seed, mutant: mutant, shortening: false) != nil
    }
    guard let found else {
      Issue.record("\(mutant.rawValue) is not found in \(limit) seeds")
      return
    }
    // It is the bug that is found, and it takes a fault to show.
    #expect(try FaultWorld(seed: found).run().isEmpty)
    let report = try #require(try FaultReport(seed: found, mutant: mutant))
    #expect(report.faultCount > 0 || Mutant.withoutFaults.contains(mutant))
    print(report)
  }
}

/// What came of many seeds.
private struct Tally: Sendable {
  var runs = 0
  var finished = 0
  var faults: [FaultPlan.Kind: Int] = [:]
  var reports: [String] = []

  init() {}

  init(_ world: FaultWorld, _ report: FaultReport?) {
    runs = 1
    finished = world.ledger.status == .finished ? 1 : 0
    for fault in world.plan.faults { faults[fault.kind, default: 0] += 1 }
    reports = report.map { ["\($0)"] } ?? []
  }

  mutating func add(_ other: Tally) {
    runs += other.runs
    finished += other.finished
    faults.merge(other.faults, uniquingKeysWith: +)
    reports += other.reports
  }

  var words: String {
    faults.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue) \($0.value)" }
      .joined(separator: ", ")
  }
}
