import AtollNumerics
import Testing

@testable import AtollLearning

struct ApportionmentTests {
  @Test func `the largest remainders get what is left, equal ones in order`() {
    #expect(apportion(10, by: [1, 1, 1]) == [4, 3, 3])
    #expect(apportion(7, by: [0.5, 0.25, 0.25]) == [3, 2, 2])
    // Quotas 9.061, 7.179, 5.259, 3.319, 1.182: one is left, and the fourth has the largest remainder.
    #expect(apportion(26, by: [9_061, 7_179, 5_259, 3_319, 1_182]) == [9, 7, 5, 4, 1])
    #expect(apportion(5, by: [0, 0]) == [3, 2])
    #expect(apportion(0, by: [1, 2]) == [0, 0])
    #expect(apportion(3, by: []).isEmpty)
  }

  @Test func `nothing is lost and nobody is more than one away from its quota`() {
    var coins = RandomStream(seed: 1, purpose: .sample)
    for _ in 0..<300 {
      let weights = (0..<1 + coins.below(40)).map { _ in coins.uniform() }
      let total = coins.below(100_000)
      let shares = apportion(total, by: weights)
      let sum = weights.reduce(0, +)
      #expect(shares.reduce(0, +) == total)
      #expect(zip(shares, weights).allSatisfy { abs(Double($0) - Double(total) * $1 / sum) < 1 + 1e-6 })
    }
  }
}

struct PartitionTests {
  static func dataset(_ rows: Int, classes: Int = 5) -> Dataset {
    var coins = RandomStream(seed: 11, purpose: .sample)
    return Dataset(
      inputShape: [1], features: [Float](repeating: 0, count: rows),
      targets: .classes((0..<rows).map { _ in Int32(coins.below(classes)) }, count: classes))
  }

  static let plans: [PartitionPlan] = [
    .iid(participants: 7), .dirichlet(participants: 7, alpha: 0.3), .dirichlet(participants: 40, alpha: 0.01),
    .quantity(participants: 7, alpha: 0.3), .quantity(participants: 100, alpha: 0.05),
    .shards(participants: 7, perParticipant: 2), .iid(participants: 300),
  ]

  @Test(arguments: plans) func `every row goes to exactly one participant, and nobody goes without`(
    plan: PartitionPlan
  ) throws {
    let dataset = Self.dataset(300)
    let partition = try plan.partition(dataset, seed: 3)
    #expect(partition.parts.flatMap(\.rows).sorted() == Array(0..<300))
    #expect(partition.parts.allSatisfy { !$0.rows.isEmpty && $0.rows == $0.rows.sorted() })
    #expect(partition.parts.count == plan.participants)
    #expect(partition.parts.map(\.name) == partition.parts.map(\.name).sorted())
    #expect(try plan.partition(dataset, seed: 3) == partition)
    #expect(try plan.partition(dataset, seed: 4) != partition)
  }

  @Test(arguments: plans) func `fewer rows than participants are refused`(plan: PartitionPlan) throws {
    let error = try #require(throws: PreparationError.self) { try plan.partition(Self.dataset(6), seed: 1) }
    #expect(error.code == .partition && error.message.contains("6"))
  }

  @Test func `parts of an even split differ by one row at most`() throws {
    let sizes = try PartitionPlan.iid(participants: 7).partition(Self.dataset(300), seed: 1).parts.map(
      \.rows.count)
    #expect(sizes == [43, 43, 43, 43, 43, 43, 42])
  }

  /// Mean over participants of the share of the most frequent class.
  static func skew(_ plan: PartitionPlan, _ dataset: Dataset) throws -> Double {
    guard case .classes(let classes, let count) = dataset.targets else { return .nan }
    let shares = try plan.partition(dataset, seed: 5).parts.map { part in
      let most = (0..<count).map { label in part.rows.count { classes[$0] == label } }.max() ?? 0
      return Double(most) / Double(part.rows.count)
    }
    return shares.reduce(0, +) / Double(shares.count)
  }

  @Test func `a smaller alpha skews labels more`() throws {
    let dataset = Self.dataset(5_000)
    let skews = try [100, 1, 0.05].map { try Self.skew(.dirichlet(participants: 10, alpha: $0), dataset) }
    #expect(skews[0] < 0.3 && skews[1] > skews[0] + 0.1 && skews[2] > skews[1] + 0.15)
  }

  @Test func `the smallest alpha gives each class to one participant, and comes to an end`() throws {
    let dataset = Self.dataset(5_000)
    guard case .classes(let classes, let count) = dataset.targets else { return }
    let parts = try PartitionPlan.dirichlet(participants: 3, alpha: 1e-20).partition(dataset, seed: 1).parts
    for label in 0..<count {
      let shares = parts.map { part in part.rows.count { classes[$0] == label } }
      // Up to the few rows that go to whoever was left without.
      #expect((shares.max() ?? 0) >= shares.reduce(0, +) - 20)
    }
  }

  @Test func `a smaller alpha skews sizes and leaves labels alike`() throws {
    let dataset = Self.dataset(5_000)
    let even = try PartitionPlan.quantity(participants: 10, alpha: 1_000).partition(dataset, seed: 1)
    let uneven = try PartitionPlan.quantity(participants: 10, alpha: 0.5).partition(dataset, seed: 1)
    func largest(_ partition: Partition) -> Int { partition.parts.map(\.rows.count).max() ?? 0 }
    #expect(largest(even) < 600 && largest(uneven) > 900)
    #expect(uneven.parts.allSatisfy { $0.rows.count >= 10 })
  }

  @Test func `shards give each participant few classes`() throws {
    let dataset = Self.dataset(2_000, classes: 10)
    guard case .classes(let classes, _) = dataset.targets else { return }
    let parts = try PartitionPlan.shards(participants: 10, perParticipant: 2).partition(dataset, seed: 1)
      .parts
    // A shard of equal size may straddle two classes.
    #expect(parts.allSatisfy { Set($0.rows.map { classes[$0] }).count <= 4 && $0.rows.count == 200 })
    #expect(throws: PreparationError.self) {
      try PartitionPlan.shards(participants: 10, perParticipant: 300).partition(dataset, seed: 1)
    }
  }

  @Test func `a feature or a column of a table decides`() throws {
    let table = try Table.of([
      "age": .number([30, 10, .nan, 20, 40, 50]), "site": .text(["b", "a", "b", "c", "a", "c"]),
      "hole": .text(["b", nil, "b", "c", "a", "c"]),
      "year": .number([2_001, 2_000, 2_001, 2_000, 2_000, 2_000]),
    ])
    let byAge = try PartitionPlan.feature(participants: 3, column: "age").partition(table, seed: 1)
    #expect(byAge.parts.map(\.rows) == [[1, 3], [0, 4], [2, 5]])
    let bySite = try PartitionPlan.column("site").partition(table, seed: 1)
    #expect(
      bySite.parts == [
        .init(name: "a", rows: [1, 4]), .init(name: "b", rows: [0, 2]), .init(name: "c", rows: [3, 5]),
      ])
    #expect(try PartitionPlan.column("year").partition(table, seed: 1).parts.map(\.name) == ["2000", "2001"])
    for plan in [
      PartitionPlan.column("hole"), .column("sitte"), .feature(participants: 2, column: "site"),
      .dirichlet(participants: 2, alpha: 1), .dirichlet(participants: 2, alpha: 0), .iid(participants: 0),
    ] {
      #expect(throws: PreparationError.self) { try plan.partition(table, seed: 1) }
    }
    let byRule = try PartitionPlan.shards(participants: 2, perParticipant: 1).partition(
      table, label: LabelPlan("year", task: .classification, positive: PositiveRule("> 2000")), seed: 1)
    #expect(Set(byRule.parts.map(\.rows)) == [[1, 3, 4], [0, 2, 5]])
  }
}
