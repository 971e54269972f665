import ArgumentParser
import AtollFederation
import AtollReport
import AtollStore

/// One participant's own rows.
struct OwnSource: ParsableArguments {
  @Option(
    name: .customLong("data"),
    help: ArgumentHelp(
      "Your rows: a CSV file, plain or compressed by gzip, sqlite:FILE?query=SELECT…, postgresql:CONNECTION?query=SELECT…, or a .yaml file about any of them. Your images: images:IMAGES,LABELS, IDX files plain or compressed by gzip, or the folder of both.",
      valueName: "source"),
    completion: .file(extensions: ["csv", "gz", "yaml", "yml"]), transform: nonEmptyPath)
  var data: String

  @Option(
    name: .customLong("map"),
    help: ArgumentHelp(
      "The task's name of a column and your own, where they differ. May be repeated.",
      valueName: "name=column"))
  var columns: [String] = []

  func validate() throws { _ = try map }

  private var map: [String: String] {
    get throws {
      var map: [String: String] = [:]
      for text in columns {
        guard let mark = text.firstIndex(of: "="), mark > text.startIndex,
          mark < text.index(before: text.endIndex)
        else { throw ValidationError("--map is written NAME=COLUMN, as in age=age_years") }
        let (name, column) = (String(text[..<mark]), String(text[text.index(after: mark)...]))
        guard !map.keys.contains(name), !map.values.contains(column) else {
          throw ValidationError("--map names “\(map.keys.contains(name) ? name : column)” twice")
        }
        map[name] = column
      }
      return map
    }
  }

  /// - Throws: `StoreError` and `InvalidDataSource` about a file that describes the source.
  var source: DataSource {
    get throws {
      var source = try DataSource(typed: data)
      if case .images = source.origin, !columns.isEmpty {
        throw Failure(.usage, "--map is about columns, and images have none")
      }
      source.columns.merge(try map) { $1 }
      return source
    }
  }

  /// As they are to be typed again.
  var words: String {
    " --data \(Shell.quoted(data))" + columns.map { " --map \(Shell.quoted($0))" }.joined()
  }
}

extension DataSource {
  /// Says of a wrong path that it is wrong, before anyone is called. What is in it is seen when the task is known.
  ///
  /// - Throws: `StoreError`.
  func checkPath() throws {
    struct Enough: Error {}
    let paths: [String] =
      switch origin {
      case .csv(let file), .sqlite(let file, _): [file]
      case .images(let images, let labels): [images, labels]
      case .postgreSQL: []
      }
    for path in paths {
      do {
        try FileSource(path).forEachChunk { _ in throw Enough() }
      } catch is Enough {
        // It can be read.
      }
    }
  }
}
