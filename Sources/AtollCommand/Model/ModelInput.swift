import AtollFederation
import AtollLearning
import AtollNumerics
import AtollStore

/// A file of data as a model sees it.
struct ModelInput {
  /// Rows of the file.
  let rowCount: Int
  /// Which of them the examples are, from 0.
  let rows: [Int]
  /// Targets are all 0 where no label was asked for.
  let examples: Dataset
  /// Rows left out because they have no label.
  var unlabelled = 0
  /// Rows left out because they lack a value that the model needs.
  var incomplete = 0
  /// What a person should know, a sentence each.
  var remarks: [String] = []

  /// Reads a table, through the model's own preprocessing.
  ///
  /// - Throws: ``Failure`` when the table does not fit; `StoreError` and `TableError` about the file.
  init(
    table file: String, format: AtollLearning.TableFormat, for saved: SavedModel, withLabel: Bool
  ) throws {
    guard var preprocessing = saved.model.preparation.preprocessing else {
      throw Failure.unfit(file, "the model takes images, and this is a table", try: ["an IDX file of images"])
    }
    let profile = try TableProfile(csv: file, format: format)
    let schema = try Self.schema(of: preprocessing, in: profile, file: file, withLabel: withLabel)
    let table = try Table(csv: file, schema: schema, format: format)
    let prepared: PreparedTable
    do {
      if preprocessing.needsLocalizing {
        preprocessing = try preprocessing.localized(to: table)
        remarks.append("the model scales each site's numbers by its own rows: here, by those of \(file)")
      }
      prepared = try preprocessing.prepare(table, withLabel: withLabel)
    } catch {
      throw Failure.unfit(file, error.message)
    }
    rowCount = table.rowCount
    rows = prepared.rows
    let classes = saved.model.architecture.classes
    examples = Dataset(
      inputShape: saved.model.architecture.inputShape, features: prepared.features,
      targets: prepared.targets ?? Self.noTargets(prepared.rows.count, classes: classes))
    (unlabelled, incomplete) = (prepared.unlabelled, prepared.incomplete)
    for (column, count) in prepared.unknownLevels.sorted(by: { $0.key < $1.key }) {
      remarks.append(
        "\(column): \(Figure.count(count, "row")) \(count == 1 ? "has a value" : "have values") "
          + "that the model never saw; they count as none of its known ones")
    }
    let filled = table.rowsLackingValues(in: preprocessing.features.map(\.column)) - incomplete
    if preprocessing.plan.missing != .drop, filled > 0 {
      remarks.append(
        "\(Figure.count(filled, "row")) \(filled == 1 ? "lacks" : "lack") a value; it is filled in as in training"
      )
    }
  }

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
    rowCount = read.count
    rows = Array(0..<read.count)
    examples = Dataset(
      inputShape: read.inputShape, features: read.features, targets: .classes(classes, count: known))
  }

  private static func zeros(_ count: Int) -> [UInt8] {
    let length = (0..<4).reversed().map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    return [0, 0, 8, 1] + length + [UInt8](repeating: 0, count: count)
  }

  private static func extents(_ shape: [Int]) -> String {
    shape.dropLast().map(String.init).joined(separator: " × ")
  }

  private static func noTargets(_ count: Int, classes: Int?) -> Targets {
    if let classes { return .classes([Int32](repeating: 0, count: count), count: classes) }
    return .values([Float](repeating: 0, count: count))
  }

  /// The columns that the model needs, as it needs them.
  private static func schema(
    of preprocessing: FittedPreprocessing, in profile: TableProfile, file: String, withLabel: Bool
  ) throws -> TableSchema {
    let absent = preprocessing.features.map(\.column).filter { profile[$0] == nil }
    guard absent.isEmpty else {
      let shown = absent.prefix(12).joined(separator: ", ") + (absent.count > 12 ? ", …" : "")
      let have = profile.columns.prefix(12).map(\.name).joined(separator: ", ")
      throw Failure.unfit(
        file,
        "it lacks \(absent.count) of the model's \(preprocessing.features.count) columns: \(shown)\n"
          + "Its columns are: \(have)\(profile.columns.count > 12 ? ", …" : "")")
    }
    var columns = preprocessing.features.map { feature in
      let isDate = profile[feature.column]?.kind == .date
      switch feature.transform {
      case .category: return TableSchema.Column(feature.column, .category)
      case .number, .siteNumber: return TableSchema.Column(feature.column, isDate ? .date : .number)
      }
    }
    if withLabel {
      let label = preprocessing.label
      guard let found = profile[label.column] else {
        throw Failure.unfit(
          file, "there is no column “\(label.column)”, which the model predicts and evaluation compares with",
          try: ["atoll predict, which needs no label"])
      }
      let kind: TableSchema.Kind =
        switch label.kind {
        case .number: .number
        case .classes: .category
        case .rule: found.kind == .category ? .category : .number
        }
      columns.append(TableSchema.Column(label.column, kind))
    }
    return TableSchema(columns)
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

extension Table {
  /// Rows without a value in one of these columns.
  fileprivate func rowsLackingValues(in names: [String]) -> Int {
    var lacks = [Bool](repeating: false, count: rowCount)
    for case let column? in names.map({ self[$0] }) {
      switch column {
      case .number(let values): for row in lacks.indices where values[row].isNaN { lacks[row] = true }
      case .category(let codes, _): for row in lacks.indices where codes[row] < 0 { lacks[row] = true }
      }
    }
    return lacks.count { $0 }
  }
}
