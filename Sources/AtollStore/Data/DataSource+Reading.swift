public import AtollFederation
public import AtollLearning
import FoundationEssentials

extension DataSource {
  /// Reads what a person types: the path of a CSV file, `sqlite:FILE?query=SQL`, `images:IMAGES,LABELS`, a folder with
  /// these two files, or the path of a `.yaml` file about a source, whose relative paths start in its own folder.
  ///
  /// - Throws: ``StoreError`` about the file, `InvalidDataSource` about what is in it.
  public init(typed text: String) throws {
    var isFolder = false
    if FileManager.default.fileExists(atPath: text, isDirectory: &isFolder), isFolder {
      try self.init(imagesIn: text)
      return
    }
    guard !["sqlite:", "postgresql:", "images:"].contains(where: text.hasPrefix),
      text.hasSuffix(".yaml") || text.hasSuffix(".yml")
    else {
      try self.init(text)
      return
    }
    let folder = text.lastIndex(of: "/").map { String(text[..<text.index(after: $0)]) } ?? ""
    try self.init(yaml: readPrefix(of: text, limit: 2 << 20), file: text, folder: folder)
  }

  /// A folder's one file of images and its one file of labels, told by their names as MNIST's are.
  private init(imagesIn folder: String) throws {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    } catch {
      throw StoreError(.cannotRead, path: folder, "the folder cannot be read")
    }
    func file(_ word: String) throws -> String {
      let found = names.filter { !$0.hasPrefix(".") && $0.lowercased().contains(word) }
      guard found.count == 1 else {
        throw StoreError(
          found.isEmpty ? .notFound : .corrupt, path: folder,
          found.isEmpty
            ? "is a folder, and no file in it has “\(word)” in its name, as those of MNIST have"
            : "is a folder, and \(found.count) files in it have “\(word)” in their names; name two: images:IMAGES,LABELS"
        )
      }
      return folder + (folder.hasSuffix("/") ? "" : "/") + found[0]
    }
    try self.init(.images(path: file("images"), labels: file("labels")))
  }

  /// What a query gives; nil for files.
  ///
  /// - Throws: ``StoreError`` when the database cannot be read.
  func rows() throws -> (any ByteSource)? {
    switch origin {
    case .csv, .images: return nil
    case .sqlite(let path, let query): return try SQLiteSource(path, query: query)
    case .postgreSQL(let connection, let query):
      #if PostgreSQL
        return try PostgreSQLSource(connection, query: query)
      #else
        _ = (connection, query)
        throw StoreError(
          .cannotRead, path: "postgresql",
          "this atoll reads no PostgreSQL databases: build it with --traits PostgreSQL, which needs libpq")
      #endif
    }
  }

  /// How the rows of a database are spelt: by us, but for what stands for a missing value.
  func tableFormat(missingValues: [String] = AtollLearning.TableFormat.usualMissingValues)
    -> AtollLearning.TableFormat
  {
    AtollLearning.TableFormat(
      rename: Dictionary(uniqueKeysWithValues: columns.map { ($0.value, $0.key) }),
      missingValues: missingValues,
      decimal: .point, delimiter: ",")
  }
}

extension TableProfile {
  /// Looks through a source of data.
  ///
  /// - Parameters:
  ///   - source: a file, or what a query gives.
  ///   - format: how a file spells its table; of a database, what stands for a missing value.
  ///   - progress: told how far the reading of a file is.
  /// - Throws: `StoreError` about the source, `TableError` about what is in it.
  public init(
    of source: DataSource, format: AtollLearning.TableFormat = AtollLearning.TableFormat(),
    progress: FileSource.Progress? = nil
  ) throws {
    switch source.origin {
    case .csv(let path):
      var format = format
      format.rename = Dictionary(uniqueKeysWithValues: source.columns.map { ($0.value, $0.key) })
      try self.init(csv: FileSource(path, progress: progress), format: format)
    case .sqlite, .postgreSQL:
      guard let rows = try source.rows() else { preconditionFailure("a database gives rows") }
      try self.init(csv: rows, format: source.tableFormat(missingValues: format.missingValues))
    case .images(let path, _): throw StoreError(.corrupt, path: path, "these are images, and no table")
    }
  }
}
