import AtollNumerics
import FoundationEssentials
import Testing

@testable import AtollLearning

struct TrainTestSplitTests {
  static func coins(_ participant: String = "a") -> RandomStream {
    TrainTestSplit.coins(seed: 7, participant: participant)
  }

  @Test(arguments: [0, 1, 2, 3, 10, 97], [0, 0.1, 0.2, 0.5, 0.9])
  func `every row is on one side, and as many are held out as asked`(count: Int, fraction: Double) throws {
    var coins = Self.coins()
    let rows = (0..<count).map { 3 * $0 + 1 }
    let split = try TrainTestSplit(rows, holdingOut: fraction, coins: &coins)
    #expect((split.train + split.test).sorted() == rows)
    let wanted = fraction == 0 || count < 2 ? 0 : min(max(Int(fraction * Double(count) + 0.5), 1), count - 1)
    #expect(split.test.count == wanted)
  }

  @Test func `classes keep their proportions, and every class stays in training`() throws {
    var coins = Self.coins()
    let classes: [Int32] = Array(repeating: 0, count: 60) + Array(repeating: 1, count: 39) + [2]
    let split = try TrainTestSplit(Array(0..<100), holdingOut: 0.2, classes: classes, coins: &coins)
    let held = Dictionary(grouping: split.test) { classes[$0] }.mapValues(\.count)
    #expect(held == [0: 12, 1: 8])
    #expect(Set(split.train.map { classes[$0] }) == [0, 1, 2])
    // Almost all held out: one row of each class stays.
    let greedy = try TrainTestSplit(Array(0..<100), holdingOut: 0.99, classes: classes, coins: &coins)
    #expect(Set(greedy.train.map { classes[$0] }) == [0, 1, 2])
  }

  @Test func `groups are never torn apart`() throws {
    for seed in UInt64(0)..<20 {
      var coins = TrainTestSplit.coins(seed: seed, participant: "a")
      let groups: [Int?] = (0..<100).map { $0 % 9 == 8 ? nil : $0 * $0 % 23 }
      let split = try TrainTestSplit(Array(0..<100), holdingOut: 0.3, groups: groups, coins: &coins)
      #expect((split.train + split.test).sorted() == Array(0..<100))
      let sides = (Set(split.train.compactMap { groups[$0] }), Set(split.test.compactMap { groups[$0] }))
      #expect(sides.0.isDisjoint(with: sides.1))
      #expect((20...40).contains(split.test.count))
    }
    var coins = Self.coins()
    #expect(try TrainTestSplit([0, 1, 2], holdingOut: 0.5, groups: [1, 1, 1], coins: &coins).test.isEmpty)
  }

  @Test func `a split depends on seed and participant, and on nothing else`() throws {
    func split(_ seed: UInt64, _ participant: String) throws -> TrainTestSplit {
      var coins = TrainTestSplit.coins(seed: seed, participant: participant)
      return try TrainTestSplit(Array(0..<50), holdingOut: 0.3, coins: &coins)
    }
    #expect(try split(1, "a") == split(1, "a"))
    #expect(try split(1, "a") != split(2, "a"))
    #expect(try split(1, "a") != split(1, "b"))
  }

  @Test func `a table is split by its label, or by its groups`() throws {
    let table = try Table.of([
      "y": .number((0..<40).map { $0 < 4 ? .nan : Double($0 % 5) }),
      "who": .text((0..<40).map { "p\($0 / 4)" }),
    ])
    var plan = FeaturePlan(label: LabelPlan("y", task: .classification, positive: PositiveRule("> 3")))
    let split = try TrainTestSplit(table, holdingOut: 0.25, plan: plan, seed: 1, participant: "a")
    #expect((split.train + split.test).sorted() == Array(4..<40))
    #expect(split.test.count { $0 % 5 == 4 } == 2 && split.test.count == 9)  // 8 of 36 are positive
    plan.group = "who"
    let grouped = try TrainTestSplit(table, holdingOut: 0.25, plan: plan, seed: 1, participant: "a")
    #expect(Set(grouped.train.map { $0 / 4 }).isDisjoint(with: grouped.test.map { $0 / 4 }))
    #expect(throws: PreparationError.self) {
      try TrainTestSplit(table, holdingOut: 1, plan: plan, seed: 1, participant: "a")
    }
  }

  @Test func `given positions are held out`() throws {
    #expect(try TrainTestSplit([0, 1, 2, 5], test: [5, 1]).train == [0, 2])
    #expect(throws: PreparationError.self) { try TrainTestSplit([0, 1, 2], test: [3]) }
    #expect(throws: PreparationError.self) { try TrainTestSplit([0, 1, 2], test: [1, 1]) }
  }

  @Test func `a list of rows for several participants is read`() throws {
    let list = try Table.of([
      "hospital": .text(["x", "x", "y", "x", "y"]), "line": .number([1, 3, 1, 4, 2]),
      "disease": .number([0, 1, 0, 1, 0]), "set": .text(["train", "test", "test", "left out", "train"]),
    ])
    let x = try TrainTestSplit(list, participant: "x", rowCount: 9)
    #expect(x.train == [0] && x.test == [2])
    let y = try TrainTestSplit(list, participant: "y", rowCount: 2)
    #expect(y.train == [1] && y.test == [0])
    for (participant, rows) in [("z", 9), ("x", 3)] {
      let error = try #require(throws: PreparationError.self) {
        try TrainTestSplit(list, participant: participant, rowCount: rows)
      }
      #expect(error.code == .split && error.message.contains("“\(participant)”"))
    }
    // With a header line in the participant's own file, its first row stands on line 2.
    #expect(throws: PreparationError.self) {
      try TrainTestSplit(list, participant: "y", rowCount: 2, firstLine: 2)
    }
  }
}
