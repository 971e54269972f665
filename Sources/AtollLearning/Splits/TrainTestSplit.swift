public import AtollNumerics

/// Which rows of a participant are learnt from, and which ones are held out.
public struct TrainTestSplit: Hashable, Sendable {
  /// Ascending.
  public let train: [Int]
  /// Ascending; no row is in both.
  public let test: [Int]

  /// Everything is learnt from.
  public init(allTraining rows: [Int]) {
    train = rows.sorted()
    test = []
  }

  fileprivate init(rows: [Int], test: Set<Int>) {
    train = rows.filter { !test.contains($0) }.sorted()
    self.test = test.sorted()
  }

  /// The coins of a participant's split.
  public static func coins(seed: UInt64, participant: String) -> RandomStream {
    RandomStream(seed: seed, purpose: .split, participant: participant)
  }
}

// MARK: By chance

extension TrainTestSplit {
  /// Holds out a fraction of the rows, class by class where there are classes.
  ///
  /// Of n rows T = fraction · n, rounded half up, are to be held out; at least one, and not all, when there are two or
  /// more. T is apportioned to the classes by largest remainder in proportion to their rows, except that one row of
  /// every class stays in training: a class with a single row is never tested, and T shrinks by what a class cannot
  /// give. Then each class, in ascending order, is shuffled, and its first rows are held out.
  ///
  /// - Parameters:
  ///   - rows: the rows to split.
  ///   - fraction: in 0..<1.
  ///   - classes: the class of each of `rows`; nil to treat all alike, as for regression.
  ///   - coins: decide who is held out.
  /// - Throws: ``PreparationError`` for another fraction.
  public init(
    _ rows: [Int], holdingOut fraction: Double, classes: [Int32]? = nil, coins: inout RandomStream
  ) throws(PreparationError) {
    precondition(classes?.count ?? rows.count == rows.count, "every row has its class")
    let wanted = try Self.testCount(fraction, of: rows.count)
    var members: [Int32: [Int]] = [:]
    for (place, row) in rows.enumerated() { members[classes?[place] ?? 0, default: []].append(row) }
    let groups = members.keys.sorted().compactMap { members[$0] }
    var test = Set<Int>()
    for (var group, count) in zip(groups, apportion(wanted, by: groups.map { Double($0.count) })) {
      coins.shuffle(&group)
      test.formUnion(group.prefix(min(count, group.count - 1)))
    }
    self.init(rows: rows, test: test)
  }

  /// Holds out whole groups, such as all rows of a patient.
  ///
  /// Groups are shuffled. Each in turn is held out if that brings the number of held-out rows nearer to T = fraction ·
  /// rows; the last one that would be left in training stays there. Classes are not looked at.
  ///
  /// - Parameters:
  ///   - rows: the rows to split.
  ///   - fraction: in 0..<1.
  ///   - groups: the group of each of `rows`; nil where it is missing, which is a group of its own.
  ///   - coins: decide who is held out.
  /// - Throws: ``PreparationError`` for another fraction.
  public init(
    _ rows: [Int], holdingOut fraction: Double, groups: [Int?], coins: inout RandomStream
  ) throws(PreparationError) {
    precondition(groups.count == rows.count, "every row has its group")
    let wanted = try Self.testCount(fraction, of: rows.count)
    var place: [Int: Int] = [:]
    var members: [[Int]] = []
    for (row, group) in zip(rows, groups) {
      if let group, let known = place[group] {
        members[known].append(row)
      } else {
        if let group { place[group] = members.count }
        members.append([row])
      }
    }
    coins.shuffle(&members)
    var test: [Int] = []
    var left = members.count
    for group in members where left > 1 && 2 * test.count + group.count <= 2 * wanted {
      // Nearer, or as near: |test + group − T| ≤ |test − T|.
      test += group
      left -= 1
    }
    self.init(rows: rows, test: Set(test))
  }

  private static func testCount(_ fraction: Double, of rows: Int) throws(PreparationError) -> Int {
    guard (0..<1).contains(fraction) else {
      throw PreparationError(
        .split, "the fraction held out for tests is at least 0 and below 1, not \(fraction)")
    }
    guard fraction > 0, rows > 1 else { return 0 }
    return min(max(Int(fraction * Double(rows) + 0.5), 1), rows - 1)
  }

  /// Holds out a fraction of a participant's rows as the plan asks: by group where it names one, else by class.
  ///
  /// - Parameters:
  ///   - table: the participant's table.
  ///   - rows: those that have a label; nil to find them.
  ///   - fraction: in 0..<1.
  ///   - plan: label and group.
  ///   - seed: the run's seed.
  ///   - participant: whose table it is.
  /// - Throws: ``PreparationError`` when a column is not there.
  public init(
    _ table: Table, rows: [Int]? = nil, holdingOut fraction: Double, plan: FeaturePlan, seed: UInt64,
    participant: String
  ) throws(PreparationError) {
    let label = try table.values(of: plan.label.column, role: "label")
    let rows = (rows ?? Array(0..<table.rowCount)).filter { !label.isMissing($0) }
    var coins = Self.coins(seed: seed, participant: participant)
    if let group = plan.group {
      let column = try table.values(of: group, role: "group")
      let levels = Levels.ordered(column.levels(in: rows))
      let groups = column.codes(in: levels, rows: rows).map { $0 < 0 ? nil : Int($0) }
      try self.init(rows, holdingOut: fraction, groups: groups, coins: &coins)
    } else if plan.label.task == .classification {
      let levels = Levels.ordered(label.levels(in: rows))
      let codes = label.codes(in: levels, rows: rows)
      let classes = plan.label.positive.map(\.textTest).map { isPositive in
        codes.map { isPositive(levels[Int($0)]) ? Int32(1) : 0 }
      }
      try self.init(rows, holdingOut: fraction, classes: classes ?? codes, coins: &coins)
    } else {
      try self.init(rows, holdingOut: fraction, coins: &coins)
    }
  }
}

// MARK: As given

extension TrainTestSplit {
  /// Holds out the rows at given positions.
  ///
  /// - Throws: ``PreparationError`` for a position that is no row, or occurs twice.
  public init(_ rows: [Int], test positions: [Int]) throws(PreparationError) {
    let known = Set(rows)
    var test = Set<Int>()
    for position in positions {
      guard known.contains(position) else {
        throw PreparationError(
          .split, "row \(position + 1) is to be held out, but there is no such row with a label")
      }
      guard test.insert(position).inserted else {
        throw PreparationError(.split, "row \(position + 1) is listed twice")
      }
    }
    self.init(rows: rows, test: test)
  }

  /// Reads a split that someone else made: a table with one line for each row.
  ///
  /// - `set` says `train` or `test`; other words, and rows that are not listed, belong to neither.
  /// - `row` counts a participant's rows from 1; or `line` is the line of its file.
  /// - Where the list is for several participants, one further column holds their names: the first column of categories
  ///   in which the participant's name occurs.
  ///
  /// - Parameters:
  ///   - list: the table.
  ///   - participant: whose rows are split.
  ///   - rowCount: rows of the participant's own table.
  ///   - firstLine: line of its file on which the first row stands: 1 without a header line, 2 with one.
  /// - Throws: ``PreparationError`` for a list without these columns, or with rows that are not there.
  public init(
    _ list: Table, participant: String, rowCount: Int, firstLine: Int = 1
  ) throws(PreparationError) {
    func refuse(_ message: String) -> PreparationError {
      PreparationError(.split, "the list of test rows: " + message)
    }
    let usesLines = list["row"] == nil
    let name = usesLines ? "line" : "row"
    let places = try list.values(of: name, role: "list of test rows").numbers(name)
    guard case .category(let sets, let words) = try list.values(of: "set", role: "list of test rows") else {
      throw refuse("column set holds numbers, not train and test")
    }
    var mine = Array(0..<list.rowCount)
    let owners = zip(list.names, list.columns).compactMap {
      name, column -> (codes: [Int32], levels: [String])? in
      if name != "set", case .category(let codes, let levels) = column { (codes, levels) } else { nil }
    }
    if let owner = owners.first(where: { $0.levels.contains(participant) }) {
      mine = mine.filter { owner.codes[$0] >= 0 && owner.levels[Int(owner.codes[$0])] == participant }
    } else if !owners.isEmpty {
      throw refuse("nothing is listed for \(quoted(participant))")
    }
    var seen = Set<Int>()
    var (train, test): ([Int], [Int]) = ([], [])
    for index in mine {
      guard let place = Int(exactly: places[index]) else { throw refuse("entry \(index + 1) has no \(name)") }
      let (row, overflow) = place.subtractingReportingOverflow(usesLines ? firstLine : 1)
      guard !overflow, (0..<rowCount).contains(row) else {
        throw refuse(
          "\(name) \(place) of \(quoted(participant)) does not exist: there are \(grouped(rowCount)) rows")
      }
      guard seen.insert(row).inserted else {
        throw refuse("\(name) \(place) of \(quoted(participant)) is listed twice")
      }
      switch sets[index] < 0 ? "" : words[Int(sets[index])] {
      case "train": train.append(row)
      case "test": test.append(row)
      default: continue
      }
    }
    guard !train.isEmpty else { throw refuse("no training row is listed for \(quoted(participant))") }
    self.train = train.sorted()
    self.test = test.sorted()
  }
}
