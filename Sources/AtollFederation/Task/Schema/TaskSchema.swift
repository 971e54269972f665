/// What a task file may say: for people (`atoll task schema`), for editors, and for the tests.
///
/// All of it is derived from the forms that read and write tasks.
public enum TaskSchema {
  /// One key of a task file.
  public struct Row: Hashable, Sendable {
    /// `training.learning-rate`; a parameter of a kind stands behind the kind in brackets:
    /// `federation.strategy(fedprox).mu`.
    public let path: String
    /// What the value must be, in words.
    public let type: String
    /// What holds without the key: `default: 0.05`, `without it: everyone`; empty where its own keys say it.
    public let standard: String
    /// Whether there is no task without it.
    public let isRequired: Bool
    /// What the key is for.
    public let meaning: String
    /// How deep the key is nested; 0 at the top.
    public let level: Int
    /// The key or kind alone.
    public let name: String
    /// Whether this is one of the values of the key above, not a key of its own.
    public let isKind: Bool
  }

  /// Every key with its parts, in the order in which a task is written.
  public static let rows = rows(of: Form<TaskDraft>.task.shape)

  /// Every key by its section, for hints.
  static let knownKeys = knownKeys(of: rows)

  /// Every key of a file of that shape.
  static func rows(of shape: Shape) -> [Row] {
    guard case .record(let record) = shape else { return [] }
    return rows(of: record.fields, under: "", level: 0)
  }

  /// Every key by its section, for hints.
  static func knownKeys(of rows: [Row]) -> [Reader.KnownKey] {
    var seen: Set<Reader.KnownKey> = []
    return rows.filter { !$0.isKind }.map { row in
      let section = row.path.dropLast(row.name.count).replacing(/\([^)]*\)|\[\]|\.$/, with: "")
      return Reader.KnownKey(
        key: row.name, section: String(section.hasSuffix(".") ? section.dropLast() : section))
    }.filter { seen.insert($0).inserted }
  }

  private static func rows(of fields: [FieldShape], under path: String, level: Int) -> [Row] {
    fields.flatMap { field -> [Row] in
      let own = path.isEmpty ? field.key : path + "." + field.key
      let row = Row(
        path: own, type: field.shape.briefWords, standard: field.standard.words,
        isRequired: field.standard.isRequired,
        meaning: field.meaning, level: level, name: field.key, isKind: false)
      return [row] + rows(inside: field.shape, of: own, level: level + 1)
    }
  }

  private static func rows(inside shape: Shape, of path: String, level: Int) -> [Row] {
    switch shape {
    case .record(let record): return rows(of: record.fields, under: path, level: level)
    case .list(let item, _, _): return rows(inside: item, of: path + "[]", level: level)
    case .map(let value, _, _): return rows(inside: value, of: path + ".NAME", level: level)
    case .either(let shapes):
      // A list and a map of the same things are told once.
      var told: Set<[String]> = []
      return shapes.map { rows(inside: $0, of: path, level: level) }
        .filter { told.insert($0.map { $0.name + ": " + $0.meaning }).inserted }.flatMap(\.self)
    case .choice(let choices):
      return choices.map { kindRow($0.name, $0.meaning, of: path, level: level) }
    case .variant(let variants):
      return variants.flatMap { variant in
        [kindRow(variant.name, variant.meaning, of: path, level: level)]
          + rows(of: variant.fields, under: "\(path)(\(variant.name))", level: level + 1)
      }
    case .boolean, .integer, .seed, .number, .text: return []
    }
  }

  private static func kindRow(_ name: String, _ meaning: String, of path: String, level: Int) -> Row {
    Row(
      path: "\(path)(\(name))", type: "", standard: "", isRequired: false, meaning: meaning, level: level,
      name: name,
      isKind: true)
  }
}

extension Standard {
  fileprivate var isRequired: Bool { if case .required = self { true } else { false } }

  /// Completes the line of a key.
  fileprivate var words: String {
    switch self {
    case .required: ""
    case .value(let value):
      switch value.content {
      case .map(let entries) where entries.isEmpty: "default: none"
      case .map where value["kind"] == nil: ""
      case .list(let items) where items.isEmpty: "default: none"
      default: "default: \(value.written)"
      }
    case .derived(let words): "default: \(words)"
    case .absent(let words): "without it: \(words)"
    }
  }
}

extension YAMLValue {
  /// On one line, as a task file would have it.
  var written: String { YAMLWriter.line(self) }
}

extension Shape {
  /// For a table: parts that are listed below are not told twice.
  fileprivate var briefWords: String {
    switch self {
    case .choice, .variant, .record: return ""
    case .list(let item, _, _):
      switch item {
      case .text, .number, .integer, .seed, .boolean: return words
      default: return "a list"
      }
    case .map: return "a map"
    case .either(let shapes):
      var seen: Set<String> = []
      return shapes.map(\.briefWords).filter { $0 != "" && seen.insert($0).inserted }.joined(
        separator: ", or ")
    default: return words
    }
  }
}
