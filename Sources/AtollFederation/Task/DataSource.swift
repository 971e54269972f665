/// Where a participant's rows come from: the participant says so, never the task.
///
/// ```
/// ward.csv                                                    a CSV file, plain or compressed by gzip
/// sqlite:ward.db?query=select age, sex, num from stays        what a query gives
/// postgresql:service=ward?query=select age, sex, num from stays
/// images:scans.idx.gz,findings.idx.gz                         images and their labels in IDX files
/// ward.yaml                                                   any of them, with a map of columns
/// ```
public struct DataSource: Hashable, Sendable {
  /// What is read.
  public enum Origin: Hashable, Sendable {
    /// A CSV file, plain or compressed by gzip.
    case csv(path: String)
    /// The rows that one query gives, from an SQLite database that is only read.
    case sqlite(path: String, query: String)
    /// The rows that one query gives, from a PostgreSQL database that is only read; the connection as libpq reads it.
    case postgreSQL(connection: String, query: String)
    /// Images and their labels in IDX files, plain or compressed by gzip.
    case images(path: String, labels: String)
  }

  /// What is read.
  public var origin: Origin
  /// The task's name of a column and the source's own, where they differ.
  public var columns: [String: String]

  public init(_ origin: Origin, columns: [String: String] = [:]) {
    self.origin = origin
    self.columns = columns
  }

  /// Reads `sqlite:FILE?query=SQL`, `postgresql:CONNECTION?query=SQL` and `images:IMAGES,LABELS`; any other text is the
  /// path of a CSV file. What stands behind `query=` is taken as it is.
  ///
  /// - Throws: ``InvalidDataSource`` for a database without a query, and for images without labels.
  public init(_ text: String) throws(InvalidDataSource) {
    if text.hasPrefix("images:") {
      let files = text.dropFirst("images:".count).split(separator: ",", omittingEmptySubsequences: false)
      guard files.count == 2, files.allSatisfy({ !$0.isEmpty }) else {
        throw InvalidDataSource(
          description:
            "“\(text.shortened)” is no source of data: images are written images:IMAGES,LABELS, or as a .yaml file with images: and labels:"
        )
      }
      self.init(.images(path: String(files[0]), labels: String(files[1])))
      return
    }
    guard let scheme = ["sqlite:", "postgresql:"].first(where: text.hasPrefix) else {
      self.init(.csv(path: text))
      return
    }
    let rest = text.dropFirst(scheme.count)
    guard let mark = rest.firstRange(of: "?query="), mark.lowerBound > rest.startIndex,
      rest[mark.upperBound...].contains(where: { !$0.isWhitespace })
    else {
      throw InvalidDataSource(
        description:
          "“\(text.shortened)” is no source of data: a database is written \(scheme)\(scheme == "sqlite:" ? "FILE" : "CONNECTION")?query=SQL"
      )
    }
    let (place, query) = (String(rest[..<mark.lowerBound]), String(rest[mark.upperBound...]))
    if scheme == "sqlite:" {
      self.init(.sqlite(path: place, query: query))
    } else {
      // A URI keeps its scheme.
      self.init(.postgreSQL(connection: place.hasPrefix("//") ? scheme + place : place, query: query))
    }
  }

  /// Reads a file about a source: `{file: ward.csv}`, `{sqlite: ward.db, query: "select …"}` or
  /// `{postgresql: service=ward, query: "select …"}`, and `map`; or `{images: scans.idx, labels: findings.idx}`.
  ///
  /// - Parameters:
  ///   - yaml: the file's bytes: UTF-8, at most 1 MiB, one document without aliases.
  ///   - file: the file's name, for messages.
  ///   - folder: the folder that relative paths start in.
  /// - Throws: ``InvalidDataSource`` with everything that was found wrong.
  public init(
    yaml: some Collection<UInt8>, file: String, folder: String
  ) throws(InvalidDataSource) {
    do {
      self = try Self.reading(yaml, file: file, folder: folder)
    } catch {
      throw InvalidDataSource(description: error.description)
    }
  }

  private static func reading(
    _ yaml: some Collection<UInt8>, file: String, folder: String
  ) throws(InvalidTask) -> DataSource {
    let source = try TaskSource.reading(yaml, name: file, subject: "source of data")
    var parser = YAMLParser(source)
    guard let tree = parser.document() else {
      let empty = Problem(
        .missing, "the file is empty", at: .none, suggestion: "add file:, or sqlite: and query:")
      throw source.invalid(parser.problems.isEmpty ? [empty] : parser.problems)
    }
    guard parser.problems.isEmpty else { throw source.invalid(parser.problems) }
    let known = TaskSchema.knownKeys(of: TaskSchema.rows(of: Form<DataSource>.source.shape))
    var reader = Reader(folder: folder, known: known, subject: "source of data")
    let read = Form<DataSource>.source.read(tree, &reader)
    guard let read, reader.problems.isEmpty else { throw source.invalid(reader.problems) }
    return read
  }
}

/// Why a text or a file is no source of data.
public struct InvalidDataSource: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}

/// A source as a file writes it.
private struct SourceDraft: Sendable {
  var file: String?
  var sqlite: String?
  var postgreSQL: String?
  var query: String?
  var images: String?
  var labels: String?
  var columns: [String: String] = [:]

  /// Nil when it is not one source, and one only.
  var source: DataSource? {
    let isTable = images == nil && labels == nil
    return switch (file, sqlite, postgreSQL, query) {
    case (let file?, nil, nil, nil) where isTable: DataSource(.csv(path: file), columns: columns)
    case (nil, let database?, nil, let query?) where isTable:
      DataSource(.sqlite(path: database, query: query), columns: columns)
    case (nil, nil, let connection?, let query?) where isTable:
      DataSource(.postgreSQL(connection: connection, query: query), columns: columns)
    case (nil, nil, nil, nil) where columns.isEmpty:
      if let images, let labels { DataSource(.images(path: images, labels: labels)) } else { nil }
    default: nil
    }
  }
}

extension Form where Value == DataSource {
  fileprivate static let source = Form<SourceDraft>.record(
    SourceDraft(),
    [
      Field("file", \.file, .path, .absent("a database instead"), "a CSV file"),
      Field("sqlite", \.sqlite, .path, .absent("a file instead"), "an SQLite database"),
      Field(
        "postgresql", \.postgreSQL, .text(TextRule("a connection")), .absent("a file instead"),
        "a PostgreSQL database, as libpq is told of it"),
      Field("query", \.query, .text(TextRule("a query")), .absent("a file instead"), "one SELECT"),
      Field("images", \.images, .path, .absent("a table instead"), "images in an IDX file"),
      Field("labels", \.labels, .path, .absent("a table instead"), "their labels in an IDX file"),
      Field("map", \.columns, .columnMap, "column names of the task, and what the source calls them"),
    ]
  ).map(
    into: { draft, value, reader -> DataSource? in
      if let source = draft.source { return source }
      reader.report(
        Problem(
          .conflict,
          "a source of data has either file, or sqlite or postgresql and query, or images and labels without a map",
          at: value.place))
      return nil
    },
    from: { source in
      var draft = SourceDraft(columns: source.columns)
      switch source.origin {
      case .csv(let path): draft.file = path
      case .sqlite(let path, let query): (draft.sqlite, draft.query) = (path, query)
      case .postgreSQL(let connection, let query): (draft.postgreSQL, draft.query) = (connection, query)
      case .images(let path, let labels): (draft.images, draft.labels) = (path, labels)
      }
      return draft
    })
}
