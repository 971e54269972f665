import AtollFederation
import AtollLearning
import AtollNumerics
import AtollStore

/// A file of data as a model sees it, piece by piece: memory does not grow with a table's rows.
struct ModelInput {
  /// Consecutive rows of the file.
  struct Piece {
    /// Number of the first row, from 0.
    let firstRow: Int
    let rowCount: Int
    /// Which of these rows the examples are, from 0 on.
    let rows: [Int]
    /// Targets are all 0 where no label was asked for.
    let examples: Dataset
  }

  let file: String
  private let saved: SavedModel
  private let withLabel: Bool
  private let content: Content

  private enum Content {
    case table(FittedPreprocessing, TableSchema, AtollLearning.TableFormat)
    case images(Dataset)
  }

  /// Reads the pieces, one after the other.
  ///
  /// - Throws: ``Failure`` when the data do not fit the model; `StoreError` and `TableError` about the file.
  func forEachPiece(on console: Console, _ body: (Piece) throws -> Void) throws -> InputAccount {
    var account = InputAccount()
    switch content {
    case .images(let examples):
      account.rows = examples.count
      account.examples = examples.count
      try body(
        Piece(
          firstRow: 0, rowCount: examples.count, rows: Array(0..<examples.count), examples: examples))
    case .table(let preprocessing, let schema, let format):
      // What is scaled by the site's own rows needs all of them at once.
      let partRows = preprocessing.needsLocalizing ? Int.max : 1 << 16
      if preprocessing.needsLocalizing {
        account.remarks.append(
          "the model scales each site's numbers by its own rows: here, by those of \(file)")
      }
      let source = FileSource(file, progress: console.reading(file, pass: 1, of: 2))
      try Table.forEachPart(csv: source, schema: schema, format: format, rows: partRows) { table in
        let (prepared, piece) = try prepare(table, by: preprocessing, from: account.rows)
        account.add(prepared, of: table, by: preprocessing)
        try body(piece)
      }
    }
    return account
  }

  private func prepare(
    _ table: Table, by preprocessing: FittedPreprocessing, from firstRow: Int
  ) throws -> (PreparedTable, Piece) {
    let prepared: PreparedTable
    do {
      prepared = try preprocessing.localized(to: table).prepare(table, withLabel: withLabel)
    } catch {
      throw Failure.unfit(file, error.message)
    }
    let architecture = saved.model.architecture
    let targets: Targets =
      prepared.targets
      ?? architecture.classes.map {
        .classes([Int32](repeating: 0, count: prepared.rows.count), count: $0)
      } ?? .values([Float](repeating: 0, count: prepared.rows.count))
    let examples = Dataset(
      inputShape: architecture.inputShape, features: prepared.features, targets: targets)
    return (
      prepared, Piece(firstRow: firstRow, rowCount: table.rowCount, rows: prepared.rows, examples: examples)
    )
  }
}

// MARK: - Tables

extension ModelInput {
  /// Looks through a table, which is read through the model's own preprocessing then.
  ///
  /// - Parameter options: what the command line says of how the table is written; else the model knows.
  /// - Throws: ``Failure`` when the table does not fit; `StoreError` and `TableError` about the file.
  init(
    table file: String, options: TableOptions, for saved: SavedModel, withLabel: Bool, on console: Console
  ) throws {
    guard let preprocessing = saved.model.preparation.preprocessing else {
      throw Failure.unfit(file, "the model takes images, and this is a table", try: ["an IDX file of images"])
    }
    let format = try Self.format(of: file, options: options, saved: saved, preprocessing)
    let source = FileSource(file, progress: console.reading(file, pass: 0, of: 2))
    let profile = try TableProfile(csv: source, format: format)
    let schema = try Self.schema(of: preprocessing, in: profile, file: file, withLabel: withLabel)
    // Said before the first prediction leaves, not in the middle.
    let faults = schema.columns.filter { $0.kind == .number }.compactMap { profile[$0.name]?.fault }
    if let first = faults.first {
      var failure = Failure(first, readsTask: false)
      for fault in faults.dropFirst() { failure.faults += Failure(fault, readsTask: false).faults }
      throw failure
    }
    self.file = file
    self.saved = saved
    self.withLabel = withLabel
    content = .table(preprocessing, schema, format)
  }

  private static func format(
    of file: String, options: TableOptions, saved: SavedModel, _ preprocessing: FittedPreprocessing
  ) throws -> AtollLearning.TableFormat {
    var format = options.format(over: saved.tables ?? AtollLearning.TableFormat())
    // Whoever has the model's own names already has nothing to rename.
    format.renamesAlways = false
    guard options.columns == nil, format.columns != nil else { return format }
    // The model's tables had no header line; this one has, if all that the model needs is named there.
    let header = (try? TableHeader(csv: FileSource(file), format: format).names) ?? []
    let names = header.map { format.rename[$0] ?? $0 }
    if Set(preprocessing.features.map(\.column)).isSubset(of: names) { format.columns = nil }
    return format
  }

  /// The columns that the model needs, as it needs them.
  private static func schema(
    of preprocessing: FittedPreprocessing, in profile: TableProfile, file: String, withLabel: Bool
  ) throws -> TableSchema {
    let schema: TableSchema
    do {
      schema = try preprocessing.schema(for: profile, withLabel: withLabel)
    } catch {
      let lacksLabel = error.column == preprocessing.label.column
      throw Failure.unfit(
        file, error.message, try: lacksLabel ? ["atoll predict, which needs no label"] : [])
    }
    for column in schema.columns where column.kind == .number {
      guard let found = profile[column.name], found.kind == .category, found.missing < profile.rowCount else {
        continue
      }
      let example = found.frequent.first.map { " such as “\($0.value)”" } ?? ""
      throw Failure.unfit(file, "column \(column.name) is to hold numbers, and holds texts\(example)")
    }
    return schema
  }
}

// MARK: - Images

extension ModelInput {
  /// Reads images, and their labels where they are wanted.
  ///
  /// - Throws: ``Failure`` when they do not fit the model; `StoreError` and `TableError` about the files.
  init(images file: String, labels: String?, for saved: SavedModel) throws {
    guard saved.model.preparation.preprocessing == nil else {
      throw Failure.unfit(file, "the model takes tables, and these are images", try: ["a CSV file"])
    }
    let images = try IDXArray(idx: file, dimensions: 3)
    let marks =
      try labels.map { try IDXArray(idx: $0, dimensions: 1) }
      ?? IDXArray(idx: MemorySource(Self.zeros(images.shape[0]), name: file))
    let read = try Dataset(images: images, labels: marks, files: (file, labels ?? file))
    let architecture = saved.model.architecture
    guard read.inputShape == architecture.inputShape else {
      throw Failure.unfit(
        file,
        "its images are \(Self.extents(read.inputShape)), the model takes \(Self.extents(architecture.inputShape))"
      )
    }
    guard case .classes(let classes, _) = read.targets, let known = architecture.classes else {
      throw Failure.unfit(file, "the model predicts numbers, and images have classes")
    }
    if let labels, let row = classes.firstIndex(where: { $0 >= known }) {
      throw Failure.unfit(
        labels, "label \(row + 1) is \(classes[row]), the model knows the classes 0 to \(known - 1)")
    }
    self.file = file
    self.saved = saved
    withLabel = labels != nil
    content = .images(
      Dataset(
        inputShape: read.inputShape, features: read.features, targets: .classes(classes, count: known)))
  }

  private static func zeros(_ count: Int) -> [UInt8] {
    let length = (0..<4).reversed().map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    return [0, 0, 8, 1] + length + [UInt8](repeating: 0, count: count)
  }

  private static func extents(_ shape: [Int]) -> String {
    shape.dropLast().map(String.init).joined(separator: " × ")
  }
}

extension Failure {
  /// Model and data that do not go together.
  static func unfit(_ file: String, _ message: String, try attempts: [String] = []) -> Failure {
    Failure(
      .badInput, "\(file) does not fit the model: \(message)", try: attempts,
      details: ["file": .string(file)])
  }
}
