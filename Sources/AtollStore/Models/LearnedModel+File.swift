public import AtollFederation
public import AtollLearning
public import AtollNumerics

extension LearnedModel {
  /// Reads a model that was saved.
  ///
  /// - Parameters:
  ///   - path: the folder that has `model.safetensors` and `model.json`, or one of the two.
  ///   - models: the models of one's own that it may be.
  /// - Throws: ``StoreError``.
  public init(contentsOf path: String, models: ModelRegistry = ModelRegistry()) throws {
    self = try ModelFile(reading: path, models: models).model
  }

  /// Writes `model.safetensors` and `model.json` into a folder, which is made where it is not there. A model that is there
  /// already is replaced.
  ///
  /// - Returns: SHA-256 of `model.safetensors`.
  /// - Throws: ``StoreError``.
  @discardableResult
  public func save(to folder: String) throws -> ContentHash {
    var making = Making()
    try making.folder(folder)
    return try ModelFile(self, tables: nil).write(to: folder).numbers
  }

  /// What the model says about the rows of a CSV file, plain or compressed by gzip, which has the columns that the model
  /// was trained on, in any order and with others between.
  ///
  /// - Throws: ``StoreError`` and `TableError` about the file, `PreparationError` when it does not fit the model.
  public func predict(csv path: String, format: TableFormat = TableFormat()) throws -> Predictions {
    try predict(table(path, format, withLabel: false))
  }

  /// How good the model is on the rows of a CSV file that has the label.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - metrics: the figures wanted; nil for all but the loss that the model has.
  ///   - format: how the file spells its table.
  /// - Throws: ``StoreError`` and `TableError` about the file, `PreparationError` when it does not fit the model.
  public func evaluate(
    csv path: String, metrics: [Metric]? = nil, format: TableFormat = TableFormat()
  ) throws -> Evaluation {
    try evaluate(table(path, format, withLabel: true), metrics: metrics)
  }

  private func table(_ path: String, _ format: TableFormat, withLabel: Bool) throws -> Table {
    guard let preprocessing = preparation.preprocessing else {
      throw StoreError(.corrupt, path: path, "the model takes examples, and this is a table")
    }
    let profile = try TableProfile(csv: path, format: format)
    let schema = try preprocessing.schema(for: profile, withLabel: withLabel)
    return try Table(csv: path, schema: schema, format: format)
  }
}
