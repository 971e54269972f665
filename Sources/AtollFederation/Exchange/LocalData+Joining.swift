import AtollLearning

extension LocalData {
  /// Rows to train on, before any is left out for a missing value.
  public var trainingCount: Int {
    switch contents {
    case .table(let local): local.training.count
    case .examples(let training, _): training.count
    }
  }

  /// Rows held out.
  public var heldOutCount: Int {
    switch contents {
    case .table(let local): local.heldOut.count
    case .examples(_, let heldOut): heldOut.count
    }
  }

  /// The same without held-out rows.
  public var trainingOnly: LocalData {
    switch contents {
    case .table(let local):
      LocalData(
        .table(LocalTable(local.table, training: local.training, heldOut: [], remarks: local.remarks)))
    case .examples(let training, let heldOut):
      LocalData(.examples(training: training, heldOut: heldOut.examples(at: [])))
    }
  }

  /// All rows in one place: the `pooled` baseline of a simulation.
  ///
  /// Columns that some participant lacks are left out.
  ///
  /// - Throws: `TableError` when columns of one name hold different things.
  /// - Precondition: there is a part, and all are tables or all are examples.
  public static func joining(_ parts: [LocalData]) throws -> LocalData {
    var tables: [LocalTable] = []
    var training: [Dataset] = []
    var heldOut: [Dataset] = []
    for part in parts {
      switch part.contents {
      case .table(let local): tables.append(local)
      case .examples(let own, let test):
        training.append(own)
        heldOut.append(test)
      }
    }
    if let training = Dataset.concatenating(training), let heldOut = Dataset.concatenating(heldOut) {
      return LocalData(.examples(training: training, heldOut: heldOut))
    }
    if tables.dropFirst().allSatisfy({ $0.table.sharesStorage(with: tables[0].table) }) {
      return LocalData(
        .table(
          LocalTable(
            tables[0].table, training: tables.flatMap(\.training), heldOut: tables.flatMap(\.heldOut),
            remarks: tables[0].remarks)))
    }
    let common = tables.dropFirst().reduce(tables[0].table.names) { names, local in
      names.filter { local.table[$0] != nil }
    }
    var joined: [Table] = []
    var rows: (training: [Int], heldOut: [Int]) = ([], [])
    var offset = 0
    for local in tables {
      joined.append(try local.table.columns(common))
      rows.training += local.training.map { $0 + offset }
      rows.heldOut += local.heldOut.map { $0 + offset }
      offset += local.table.rowCount
    }
    return LocalData(
      .table(
        LocalTable(
          try Table.concatenating(joined), training: rows.training, heldOut: rows.heldOut,
          remarks: tables.reduce(into: [:]) { $0.merge($1.remarks) { first, _ in first } })))
  }
}
