import AtollFederation
import AtollLearning

extension TaskReader {
  /// A table as it was read, with what is known of the columns that were not.
  struct ReadTable {
    var table: Table
    var remarks: [String: ColumnReport.Remark]
  }

  mutating func readTables(_ plan: FeaturePlan) throws {
    let owned = try given.map { try givenTables($0, plan) } ?? namedTables(plan)
    let tests = try commonTests(of: owned.count, plan: plan)
    let list = try testList()
    for (index, (name, read)) in owned.enumerated() {
      let local = try split(read, name: name, plan: plan, test: tests?[index], list: list)
      participants[try participant(name)] = LocalData(.table(local))
      warn(name, local, plan)
    }
  }

  /// The tables that the task names.
  private mutating func namedTables(_ plan: FeaturePlan) throws -> [(name: String, read: ReadTable)] {
    var owned: [(name: String, read: ReadTable)] = []
    switch task.data.origin {
    case .participants(let sources):
      for participant in sources where isWanted(participant.name) {
        guard case .table(let path, let columns) = participant.source else { continue }
        owned.append(
          (participant.name, try read(path, role: participant.name, plan: plan, columns: columns)))
      }
    case .pooled(.table(let path, let columns), let partition):
      let pooled = try read(path, role: "pooled", plan: plan, columns: columns, partition: partition)
      for part in try partition.partition(pooled.table, label: plan.label, seed: seed).parts
      where isWanted(part.name) {
        owned.append(
          (part.name, ReadTable(table: pooled.table.rows(at: part.rows), remarks: pooled.remarks)))
      }
    case .pooled(.images, _), .own:
      preconditionFailure("images have no label column, and other data are given")
    }
    return owned
  }

  mutating func read(
    _ path: String, role: String, plan: FeaturePlan, columns: [String: String],
    partition: PartitionPlan? = nil
  ) throws -> ReadTable {
    try read(source(path, role: role), plan: plan, columns: columns, partition: partition)
  }

  func read(
    _ source: some ByteSource, plan: FeaturePlan, columns: [String: String], partition: PartitionPlan?
  ) throws -> ReadTable {
    let format = task.tableFormat(columns: columns)
    let profile = try TableProfile(csv: source, format: format)
    let choice = ColumnChoice(task.data, plan: plan, partition: partition)
    try choice.check(profile.columns.map(\.name), file: source.name)
    return ReadTable(
      table: try Table(csv: source, schema: choice.schema(of: profile), format: format),
      remarks: choice.remarks(on: profile))
  }

  // MARK: Held-out rows

  /// Tables that nobody trains on: one for each participant, or parts of a common one.
  private mutating func commonTests(of count: Int, plan: FeaturePlan) throws -> [Table]? {
    guard case .tables(let paths) = task.data.test else { return nil }
    if paths.count == count, count > 1 {
      var tables: [Table] = []
      for (index, path) in paths.enumerated() {
        tables.append(try read(path, role: "test \(index + 1)", plan: plan, columns: [:]).table)
      }
      return tables
    }
    guard paths.count == 1 else {
      throw StoreError(
        .corrupt, path: "data.test",
        "\(paths.count) tables do not go with \(count) participants: give one for all, or one for each")
    }
    testIsCommon = true
    let test = try read(paths[0], role: "test", plan: plan, columns: [:]).table
    return Self.deal(test.rowCount, among: count).map { test.rows(at: Array($0)) }
  }

  private mutating func testList() throws -> Table? {
    guard case .assignment(let path) = task.data.test else { return nil }
    let source = try source(path, role: "split")
    return try Table(csv: source, schema: TableProfile(csv: source).schemaOfAll)
  }

  private func split(
    _ read: ReadTable, name: String, plan: FeaturePlan, test: Table?, list: Table?
  ) throws -> LocalTable {
    let table = read.table
    if let test {
      let both = try Table.concatenating([table, test.columns(table.names)])
      return LocalTable(
        both, training: Array(0..<table.rowCount), heldOut: Array(table.rowCount..<both.rowCount),
        remarks: read.remarks)
    }
    let split: TrainTestSplit
    if let list {
      split = try TrainTestSplit(
        list, participant: name, rowCount: table.rowCount,
        firstLine: task.data.format.columns == nil ? 2 : 1)
    } else if case .fraction(let fraction) = task.data.test {
      split = try TrainTestSplit(
        table, holdingOut: fraction, plan: plan, seed: seed, participant: name)
    } else {
      split = TrainTestSplit(allTraining: Array(0..<table.rowCount))
    }
    return LocalTable(table, training: split.train, heldOut: split.test, remarks: read.remarks)
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

/// Which columns of a file are read for a task.
struct ColumnChoice {
  private let plan: FeaturePlan
  private let exclude: Set<String>
  private let include: Set<String>
  /// Needed whatever they look like.
  private let required: [String]

  init(_ data: DataPlan, plan: FeaturePlan, partition: PartitionPlan?) {
    self.plan = plan
    exclude = Set(data.exclude)
    include = Set(data.include)
    var required = [plan.label.column] + (plan.group.map { [$0] } ?? []) + (plan.features ?? [])
    switch partition {
    case .column(let name), .feature(_, let name): required.append(name)
    default: break
    }
    self.required = required
  }

  /// Says early, and with the nearest name, what the file lacks.
  func check(_ names: [String], file: String) throws {
    for name in required + include.sorted() where !names.contains(name) {
      throw TableError(
        .missingColumn, "there is no column “\(name)”; the columns are \(names.joined(separator: ", "))",
        at: .init(file: file))
    }
  }

  func schema(of profile: TableProfile) -> TableSchema {
    TableSchema(
      profile.columns.filter { reads($0) }.map { column in
        let declared = plan.declarations.first { $0.column == column.name }
        switch declared?.kind {
        case .number: return .init(column.name, .number)
        case .category: return .init(column.name, .category)
        case nil: return .init(column.name, column.kind)
        }
      })
  }

  /// Why columns were not read.
  func remarks(on profile: TableProfile) -> [String: ColumnReport.Remark] {
    var remarks: [String: ColumnReport.Remark] = [:]
    for column in profile.columns where !reads(column) && !exclude.contains(column.name) {
      switch column.type {
      case .identifier: remarks[column.name] = .identifier
      case .date: remarks[column.name] = .date
      default: break
      }
    }
    return remarks
  }

  /// Whether a column of a table is taken whose types are known: nothing is guessed from what it looks like.
  func readsFromTable(_ name: String) -> Bool {
    required.contains(name) || plan.features == nil && !exclude.contains(name)
  }

  private func reads(_ column: TableProfile.Column) -> Bool {
    if required.contains(column.name) { return true }
    guard plan.features == nil, !exclude.contains(column.name) else { return false }
    return include.contains(column.name) || (column.type != .identifier && column.type != .date)
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
