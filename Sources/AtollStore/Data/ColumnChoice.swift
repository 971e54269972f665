import AtollFederation
import AtollLearning

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
      throw TableError.missingColumn(name, among: names, in: file)
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

/// Checks that every column which a task excludes is somewhere: one that is nowhere is a slip of the pen.
struct ExcludedColumns {
  private var unseen: Set<String>
  private var known: [String] = []
  private var firstFile: String?

  init(_ names: [String]) { unseen = Set(names) }

  mutating func note(_ names: [String], file: String) {
    guard !unseen.isEmpty else { return }
    unseen.subtract(names)
    known += names
    firstFile = firstFile ?? file
  }

  func check() throws {
    guard let name = unseen.min(), let firstFile else { return }
    var seen: Set<String> = []
    var error = TableError.missingColumn(
      name, among: known.filter { seen.insert($0).inserted }, in: firstFile)
    error.message = "data.exclude names what no table has: \(error.message)"
    throw error
  }
}
