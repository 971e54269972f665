import AtollFederation
import AtollLearning
import AtollNumerics

extension TaskReader {
  /// Refuses what has no data, or two.
  func checkOrigin() throws {
    switch (task.data.origin, given) {
    case (.own, nil):
      throw StoreError(
        .notFound, path: "data.participants",
        "the task leaves the data to its participants; to simulate it, name their files")
    case (.participants, .some), (.pooled, .some):
      throw RunFailure(
        .unfit, "the task names its own data, and participants are given too", hint: "data.participants: own")
    case (.own, .some), (.participants, nil), (.pooled, nil): return
    }
  }

  /// The tables of participants that were given, by name.
  mutating func givenTables(
    _ contents: Participants.Contents, _ plan: FeaturePlan, excluded: inout ExcludedColumns
  ) throws -> [(name: String, read: ReadTable)] {
    switch contents {
    case .each(let sources):
      var owned: [(name: String, read: ReadTable)] = []
      for (name, source) in sources where isWanted(name.name) {
        owned.append((name.name, try table(source, role: name.name, plan, excluded: &excluded)))
      }
      return owned
    case .pooled(let source, let partition):
      let pooled = try table(source, role: "pooled", plan, partition, excluded: &excluded)
      return try partition.partition(pooled.table, label: plan.label, seed: seed).parts
        .filter { isWanted($0.name) }
        .map { ($0.name, ReadTable(table: pooled.table, rows: $0.rows, remarks: pooled.remarks)) }
    }
  }

  mutating func table(
    _ source: Participants.Source, role: String, _ plan: FeaturePlan, _ partition: PartitionPlan? = nil,
    excluded: inout ExcludedColumns
  ) throws -> ReadTable {
    switch source {
    case .file(let path):
      return try read(path, role: role, plan: plan, columns: [:], partition: partition, excluded: &excluded)
    case .source(let source):
      if case .images = source.origin {
        throw RunFailure(.unfit, "the task learns from tables, and “\(role)” has images")
      }
      if case .csv(let path) = source.origin {
        return try read(
          path, role: role, plan: plan, columns: source.columns, partition: partition, excluded: &excluded)
      }
      guard let given = try source.rows() else { preconditionFailure("a database gives rows") }
      let rows = RepeatedSource(given)
      let read = try read(
        rows, plan: plan, columns: source.columns, partition: partition,
        format: source.tableFormat(missingValues: task.data.format.missingValues), excluded: &excluded)
      hashes[role] = rows.hash
      return read
    case .csv(let text):
      var hasher = ContentHasher()
      try text.forEachChunk { hasher.update($0) }
      hashes[role] = hasher.finalize()
      return try read(text, plan: plan, columns: [:], partition: partition, excluded: &excluded)
    case .table(let table):
      hashes[role] = table.contentHash
      let choice = ColumnChoice(task.data, plan: plan, partition: partition)
      try choice.check(table.names, file: role)
      excluded.note(table.names, file: role)
      return ReadTable(
        table: try table.columns(table.names.filter(choice.readsFromTable)),
        rows: Array(0..<table.rowCount), remarks: [:])
    case .examples:
      throw RunFailure(.unfit, "the task has a label, and “\(role)” has examples instead of a table")
    }
  }

  /// Participants with examples as they are.
  mutating func readExamples(_ contents: Participants.Contents) throws {
    var owned: [(name: String, examples: Dataset)] = []
    switch contents {
    case .each(let sources):
      for (name, source) in sources where isWanted(name.name) {
        owned.append((name.name, try examples(source, role: name.name)))
      }
    case .pooled(let source, let partition):
      let pooled = try examples(source, role: "pooled")
      for part in try partition.partition(pooled, seed: seed).parts where isWanted(part.name) {
        owned.append((part.name, pooled.examples(at: part.rows)))
      }
    }
    guard let first = owned.first else { throw RunFailure(.unfit, "nobody takes part") }
    let found = owned.compactMap(\.examples.targets.classCount).max()
    guard (task.kind == .regression) == (found == nil) else {
      throw RunFailure(.unfit, "the task is \(task.kind.rawValue), and the examples have other targets")
    }
    let classes = found.map { task.data.classes ?? $0 }
    var classRows = [Int](repeating: 0, count: classes ?? 0)
    for (name, examples) in owned {
      guard examples.inputShape == first.examples.inputShape,
        (examples.targets.classCount == nil) == (classes == nil)
      else { throw RunFailure(.unfit, "the examples of “\(name)” and “\(first.name)” have different shapes") }
      let (training, heldOut) = try split(examples, name: name, test: nil)
      if classes != nil { for label in training.labels { classRows[Int(label)] += 1 } }
      participants[try participant(name)] = LocalData(
        .examples(training: training.withClasses(classes), heldOut: heldOut.withClasses(classes)))
    }
    preparation =
      task.declaredPreparation
      ?? Preparation(inputShape: first.examples.inputShape, classes: classes, classRows: classRows)
  }

  private mutating func examples(_ source: Participants.Source, role: String) throws -> Dataset {
    if case .source(let source) = source { return try images(source, of: role) }
    guard case .examples(let examples) = source else {
      throw RunFailure(
        .unfit, "the task has no label, and “\(role)” has a table instead of examples", hint: "a label")
    }
    try checkDeclared(examples, files: (role, role))
    hashes[role] = examples.contentHash
    return examples
  }
}

extension Targets {
  fileprivate var classCount: Int? { if case .classes(_, let count) = self { count } else { nil } }
}

extension Dataset {
  /// The same examples with the number of classes that all participants have together; numbers stay as they are.
  fileprivate func withClasses(_ count: Int?) -> Dataset { count.map { withClasses($0) } ?? self }

  /// SHA-256 of the examples.
  var contentHash: ContentHash {
    var bytes = ByteWriter()
    inputShape.forEach { bytes.append($0) }
    features.forEach { bytes.append($0.bitPattern) }
    switch targets {
    case .values(let values): values.forEach { bytes.append($0.bitPattern) }
    case .classes(let classes, let count):
      bytes.append(count)
      classes.forEach { bytes.append($0) }
    }
    return bytes.hash
  }
}

extension Table {
  /// SHA-256 of names and values.
  var contentHash: ContentHash {
    var bytes = ByteWriter()
    for (name, column) in zip(names, columns) {
      bytes.append(name)
      switch column {
      case .number(let values):
        bytes.append("number")
        // One spelling of a missing value.
        values.forEach { bytes.append($0.isNaN ? UInt64.max : $0.bitPattern) }
      case .category(let codes, let levels):
        bytes.append("category")
        levels.forEach { bytes.append($0) }
        codes.forEach { bytes.append($0) }
      }
    }
    return bytes.hash
  }
}

/// Values as bytes, each text with its length before it.
private struct ByteWriter {
  private var bytes: [UInt8] = []

  mutating func append(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ text: String) {
    append(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  var hash: ContentHash { ContentHash(of: bytes) }
}
