import AtollFederation
import AtollLearning

extension TaskReader {
  /// A participant's rows of a table, with what is known of the columns that were not read.
  struct ReadTable {
    /// Of several participants where it was shared out: its columns are in memory once.
    var table: Table
    /// The participant's own, ascending.
    var rows: [Int]
    var remarks: [String: ColumnReport.Remark]
  }

  mutating func readTables(_ plan: FeaturePlan) throws {
    var excluded = ExcludedColumns(task.data.exclude)
    let owned =
      try given.map { try givenTables($0, plan, excluded: &excluded) }
      ?? namedTables(plan, excluded: &excluded)
    try excluded.check()
    let locals = try hasTestTables ? addingTests(to: owned, plan: plan) : splitting(owned, plan: plan)
    for (name, local) in zip(owned.map(\.name), locals) {
      participants[try participant(name)] = LocalData(.table(local))
      warn(name, local, plan)
    }
  }

  /// The tables that the task names.
  private mutating func namedTables(
    _ plan: FeaturePlan, excluded: inout ExcludedColumns
  ) throws -> [(name: String, read: ReadTable)] {
    var owned: [(name: String, read: ReadTable)] = []
    switch task.data.origin {
    case .participants(let sources):
      for participant in sources where isWanted(participant.name) {
        guard case .table(let path, let columns) = participant.source else { continue }
        let read = try read(path, role: participant.name, plan: plan, columns: columns, excluded: &excluded)
        owned.append((participant.name, read))
      }
    case .pooled(.table(let path, let columns), let partition):
      let pooled = try read(
        path, role: "pooled", plan: plan, columns: columns, partition: partition, excluded: &excluded)
      for part in try partition.partition(pooled.table, label: plan.label, seed: seed).parts
      where isWanted(part.name) {
        owned.append(
          (part.name, ReadTable(table: pooled.table, rows: part.rows, remarks: pooled.remarks)))
      }
    case .pooled(.images, _), .own:
      preconditionFailure("images have no label column, and other data are given")
    }
    return owned
  }

  mutating func read(
    _ path: String, role: String, plan: FeaturePlan, columns: [String: String],
    partition: PartitionPlan? = nil, excluded: inout ExcludedColumns
  ) throws -> ReadTable {
    let source = source(path, passes: 2)
    let read = try read(source, plan: plan, columns: columns, partition: partition, excluded: &excluded)
    hashes[role] = source.hash
    return read
  }

  func read(
    _ source: some ByteSource, plan: FeaturePlan, columns: [String: String], partition: PartitionPlan?,
    format: AtollLearning.TableFormat? = nil, excluded: inout ExcludedColumns
  ) throws -> ReadTable {
    let format = format ?? task.tableFormat(columns: columns)
    let profile = try TableProfile(csv: source, format: format)
    let choice = ColumnChoice(task.data, plan: plan, partition: partition)
    let names = profile.columns.map(\.name)
    try choice.check(names, file: source.name)
    excluded.note(names, file: source.name)
    let table = try Table(csv: source, schema: choice.schema(of: profile), format: format)
    return ReadTable(table: table, rows: Array(0..<table.rowCount), remarks: choice.remarks(on: profile))
  }

  // MARK: Held-out rows

  private var hasTestTables: Bool { if case .tables = task.data.test { true } else { false } }

  /// Holds out rows of tables that nobody trains on: one for each participant, or parts of a common one.
  private mutating func addingTests(
    to owned: [(name: String, read: ReadTable)], plan: FeaturePlan
  ) throws -> [LocalTable] {
    guard case .tables(let paths) = task.data.test else { return [] }
    guard paths.count == 1 || paths.count == owned.count else {
      throw StoreError(
        .corrupt, path: "data.test",
        "\(paths.count) tables do not go with \(owned.count) participants: give one for all, or one for each")
    }
    var tests: [Table] = []
    for (index, path) in paths.enumerated() {
      // What a test table lacks, the others have.
      var excluded = ExcludedColumns([])
      let role = paths.count == 1 ? "test" : "test \(index + 1)"
      tests.append(try read(path, role: role, plan: plan, columns: [:], excluded: &excluded).table)
    }
    testIsCommon = tests.count == 1
    let parts =
      testIsCommon ? Self.deal(tests[0].rowCount, among: owned.count) : tests.map { 0..<$0.rowCount }
    // A table that all share is put together with the common test once.
    var shared: Table?
    if testIsCommon, case .pooled = task.data.origin, let own = owned.first?.read.table {
      shared = try Table.concatenating([own, tests[0].columns(own.names)])
    }
    return try owned.enumerated().map { index, owner in
      let own = owner.read.table
      var heldOut = parts[index]
      var both = shared
      if both == nil {
        let test = tests[testIsCommon ? 0 : index].rows(at: Array(heldOut))
        both = try Table.concatenating([own, test.columns(own.names)])
        heldOut = 0..<heldOut.count
      }
      return LocalTable(
        both ?? own, training: owner.read.rows, heldOut: heldOut.map { own.rowCount + $0 },
        remarks: owner.read.remarks)
    }
  }

  /// Holds out rows of each participant's own.
  mutating func splitting(
    _ owned: [(name: String, read: ReadTable)], plan: FeaturePlan
  ) throws -> [LocalTable] {
    let list = try testList()
    return try owned.map { name, read in
      if let list {
        let places = try TrainTestSplit(
          list, participant: name, rowCount: read.rows.count,
          firstLine: task.data.format.columns == nil ? 2 : 1)
        return LocalTable(
          read.table, training: places.train.map { read.rows[$0] },
          heldOut: places.test.map { read.rows[$0] }, remarks: read.remarks)
      }
      let split: TrainTestSplit
      if case .fraction(let fraction) = task.data.test {
        split = try TrainTestSplit(
          read.table, rows: read.rows, holdingOut: fraction, plan: plan, seed: seed, participant: name)
      } else {
        split = TrainTestSplit(allTraining: read.rows)
      }
      return LocalTable(read.table, training: split.train, heldOut: split.test, remarks: read.remarks)
    }
  }

  private mutating func testList() throws -> Table? {
    guard case .assignment(let path) = task.data.test else { return nil }
    let source = source(path, passes: 2)
    let profile = try TableProfile(csv: source)
    hashes["split"] = source.hash
    return try Table(csv: source, schema: profile.schemaOfAll)
  }

  private mutating func warn(_ name: String, _ local: LocalTable, _ plan: FeaturePlan) {
    if local.training.isEmpty {
      warnings.append("\(name) has no rows to train on; it takes part with weight 0")
    } else if plan.label.task == .classification, plan.label.positive == nil,
      let label = local.table[plan.label.column], label.hasOneValue(in: local.training)
    {
      warnings.append("\(name) has only one class among its training rows")
    }
  }
}

extension Table.Column {
  fileprivate func hasOneValue(in rows: [Int]) -> Bool {
    switch self {
    case .number(let values): Set(rows.map { values[$0].bitPattern }).count == 1
    case .category(let codes, _): Set(rows.map { codes[$0] }).count == 1
    }
  }
}

extension TableProfile {
  /// Every column, whatever it looks like.
  fileprivate var schemaOfAll: TableSchema { schema(including: Set(columns.map(\.name))) }
}
