import AtollNumerics

/// How one pooled data set is split among simulated participants, for research.
///
/// Every row goes to exactly one participant, and every participant gets at least one. The coins are keyed by seed and
/// `RandomStream.Purpose.partition`; the outcome depends on nothing else but the rows.
public enum PartitionPlan: Hashable, Codable, Sendable {
  /// Shuffled, then cut into equal parts.
  case iid(participants: Int)
  /// Label skew: each class is shared out by a Dirichlet draw of its own (Yurochkin et al. 2019, arXiv:1905.12022, §4;
  /// "distribution-based label imbalance" of Li et al. 2022, arXiv:2102.02079). Small alpha, strong skew.
  case dirichlet(participants: Int, alpha: Double)
  /// Sizes follow a Dirichlet draw; labels stay alike (Li et al. 2022, "quantity skew").
  case quantity(participants: Int, alpha: Double)
  /// Sorted by label and cut into equal shards; each participant gets `perParticipant` of them (McMahan et al. 2017,
  /// arXiv:1602.05629, §3).
  case shards(participants: Int, perParticipant: Int)
  /// Sorted by a numeric feature and cut into equal parts; rows without a value come last.
  case feature(participants: Int, column: String)
  /// One participant for each value of a column, named by it.
  case column(String)
}

/// Which rows of a pooled data set belong to whom.
public struct Partition: Hashable, Sendable {
  /// One participant's share.
  public struct Part: Hashable, Sendable {
    /// The participant's name.
    public let name: String
    /// Ascending.
    public let rows: [Int]
  }

  /// The shares, by ascending name.
  public let parts: [Part]

  /// Participants without names of their own: `participant-01`, `participant-02`, …, so that their order by name is
  /// their order.
  init(_ parts: [[Int]]) {
    let digits = String(parts.count).utf8.count
    self.parts = parts.enumerated().map { index, rows in
      let number = String(index + 1)
      let zeros = String(repeating: "0", count: max(0, max(2, digits) - number.utf8.count))
      return Part(name: "participant-" + zeros + number, rows: rows.sorted())
    }
  }

  init(named parts: [Part]) { self.parts = parts }
}

extension PartitionPlan {
  /// Shares out the rows of a table.
  ///
  /// - Parameters:
  ///   - table: the rows to share out.
  ///   - label: what the skew by label goes by; nil where there is none. A row without a label counts as one of
  ///     a class of its own.
  ///   - seed: decides the shares.
  /// - Throws: ``PreparationError`` when there are fewer rows than participants, or what the plan goes by is not there.
  public func partition(_ table: Table, label: LabelPlan? = nil, seed: UInt64) throws(PreparationError)
    -> Partition
  {
    var keys: PartitionKeys?
    if usesLabels, let label { keys = try PartitionKeys(table, label) }
    return try partition(count: table.rowCount, keys: keys, table: table, seed: seed)
  }

  /// Shares out the examples of a data set, which has labels but no columns.
  ///
  /// - Throws: as ``partition(_:label:seed:)``.
  public func partition(_ dataset: Dataset, seed: UInt64) throws(PreparationError) -> Partition {
    try partition(count: dataset.count, keys: PartitionKeys(dataset.targets), table: nil, seed: seed)
  }

  private var usesLabels: Bool {
    switch self {
    case .dirichlet, .shards: true
    case .iid, .quantity, .feature, .column: false
    }
  }

  /// Number of participants; nil where the data decide.
  public var participants: Int? {
    switch self {
    case .iid(let participants), .dirichlet(let participants, _), .quantity(let participants, _),
      .shards(let participants, _), .feature(let participants, _):
      participants
    case .column: nil
    }
  }

  private func partition(
    count: Int, keys: PartitionKeys?, table: Table?, seed: UInt64
  ) throws(PreparationError) -> Partition {
    func refuse(_ message: String, column: String? = nil) -> PreparationError {
      PreparationError(.partition, message, column: column)
    }
    func column(_ name: String) throws(PreparationError) -> Table.Column {
      guard let table else {
        throw refuse("these data have no columns to be shared out by (\(quoted(name)))")
      }
      return try table.values(of: name, role: "partition")
    }
    if let participants {
      guard participants > 0 else { throw refuse("there must be at least one participant") }
      guard participants <= count else {
        throw refuse("there are fewer rows (\(count)) than participants (\(participants))")
      }
    }
    var coins = RandomStream(seed: seed, purpose: .partition)
    switch self {
    case .iid(let participants):
      return Partition(cut(coins.shuffled(count), into: apportion(count, by: equal(participants))))
    case .dirichlet(let participants, let alpha):
      guard case .classes(let classes)? = keys else { throw refuse("label skew needs classes") }
      try checkAlpha(alpha)
      return Partition(DirichletSkew(participants, alpha, rows: count).byClass(classes, &coins))
    case .quantity(let participants, let alpha):
      try checkAlpha(alpha)
      return Partition(DirichletSkew(participants, alpha, rows: count).bySize(&coins))
    case .shards(let participants, let each):
      guard let keys else { throw refuse("shards are cut by label, and there is none") }
      let (shards, overflow) = participants.multipliedReportingOverflow(by: each)
      guard each > 0, !overflow, shards <= count else {
        throw refuse("\(count) rows do not make \(each) shards for each of \(participants) participants")
      }
      let pieces = cut(keys.ascendingRows, into: apportion(count, by: equal(shards)))
      let dealt = coins.shuffled(shards)
      return Partition(
        (0..<participants).map { owner in dealt[owner * each..<(owner + 1) * each].flatMap { pieces[$0] } })
    case .feature(let participants, let name):
      let keys = PartitionKeys.values(try column(name).numbers(name))
      return Partition(cut(keys.ascendingRows, into: apportion(count, by: equal(participants))))
    case .column(let name):
      let values = try column(name)
      let levels = Levels.ordered(values.levels(in: Array(0..<count)))
      var rows = [[Int]](repeating: [], count: levels.count)
      for (row, code) in values.codes(in: levels, rows: Array(0..<count)).enumerated() {
        guard code >= 0 else {
          throw refuse(
            "row \(row + 1) has no value in column \(quoted(name)), which names its participant", column: name
          )
        }
        rows[Int(code)].append(row)
      }
      guard !rows.isEmpty else { throw refuse("there are no rows to share out") }
      return Partition(named: zip(levels, rows).map(Partition.Part.init))
    }
  }

  private func equal(_ parts: Int) -> [Double] { [Double](repeating: 1, count: parts) }

  private func checkAlpha(_ alpha: Double) throws(PreparationError) {
    guard alpha > 0, alpha.isFinite else {
      throw PreparationError(.partition, "alpha is a number above 0, not \(alpha)")
    }
  }
}

/// What rows are sorted or grouped by.
private enum PartitionKeys {
  case classes([Int32])
  case values([Double])

  init(_ targets: Targets) {
    switch targets {
    case .classes(let classes, _): self = .classes(classes)
    case .values(let values): self = .values(values.map(Double.init))
    }
  }

  init(_ table: Table, _ label: LabelPlan) throws(PreparationError) {
    let column = try table.values(of: label.column, role: "label")
    let rows = Array(0..<table.rowCount)
    switch (label.task, label.positive) {
    case (.regression, _): self = .values(try column.numbers(label.column))
    case (.classification, let rule?):
      let levels = Levels.ordered(column.levels(in: rows))
      let positive = levels.map(rule.textTest).map { $0 ? Int32(1) : 0 }
      self = .classes(column.codes(in: levels, rows: rows).map { $0 < 0 ? -1 : positive[Int($0)] })
    case (.classification, nil):
      self = .classes(column.codes(in: Levels.ordered(column.levels(in: rows)), rows: rows))
    }
  }

  /// Rows by ascending key; equal keys by row, missing ones last.
  var ascendingRows: [Int] {
    switch self {
    case .classes(let classes): classes.indices.sorted { (classes[$0], $0) < (classes[$1], $1) }
    case .values(let values):
      values.indices.sorted { left, right in
        let (a, b) = (values[left], values[right])
        return a < b || !a.isNaN && b.isNaN || !(b < a || !b.isNaN && a.isNaN) && left < right
      }
    }
  }
}

extension RandomStream {
  /// 0..<count in random order.
  mutating func shuffled(_ count: Int) -> [Int] {
    var numbers = Array(0..<count)
    shuffle(&numbers)
    return numbers
  }
}
