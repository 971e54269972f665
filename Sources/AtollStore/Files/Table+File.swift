public import AtollLearning

extension Table {
  /// Reads a table from a CSV file, plain or compressed by gzip.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - schema: the columns wanted and what they hold; nil takes what the file seems to hold, without dates
  ///     and identifiers.
  ///   - format: how the file spells its table.
  /// - Throws: `StoreError` about the file, `TableError` about what is in it.
  public init(csv path: String, schema: TableSchema? = nil, format: TableFormat = TableFormat()) throws {
    try self.init(csv: FileSource(path), schema: schema, format: format)
  }
}

extension TableProfile {
  /// Looks through a CSV file, plain or compressed by gzip.
  ///
  /// - Throws: `StoreError` about the file, `TableError` about what is in it.
  public init(csv path: String, format: TableFormat = TableFormat()) throws {
    try self.init(csv: FileSource(path), format: format)
  }
}

extension IDXArray {
  /// Reads an IDX file (MNIST's images and labels), plain or compressed by gzip.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - dimensions: how many there must be, if that is known: 3 for images, 1 for labels.
  /// - Throws: `StoreError` about the file, `TableError` about what is in it.
  public init(idx path: String, dimensions: Int? = nil) throws {
    try self.init(idx: FileSource(path), dimensions: dimensions)
  }
}
