import AtollLearning
import FoundationEssentials

extension Form {
  /// The form, and beside its own kinds those of the reader's extensions: `{kind: NAME, …}`, whose keys are the stored
  /// properties of the type of that name.
  ///
  /// - Parameters:
  ///   - make: the value of a kind with these settings; nil when the extensions have no such kind.
  ///   - take: kind and settings of a value that is not one of the form's own.
  func extended(
    make: @escaping @Sendable (String, Data, Extensions) throws -> Value?,
    take: @escaping @Sendable (Value) -> (kind: String, settings: any Encodable)?
  ) -> Form {
    @Sendable func written(_ value: Value) -> (kind: String, settings: JSONValue)? {
      guard let (kind, settings) = take(value) else { return nil }
      guard let bytes = try? CanonicalJSON.encode(settings),
        let json = try? CanonicalJSON.decode(JSONValue.self, from: bytes)
      else { preconditionFailure("“\(kind)” cannot be written") }
      return (kind, json)
    }
    return Form(
      shape: shape,
      read: { value, reader in
        guard let kind = value.word ?? value["kind"]?.word else { return read(value, &reader) }
        let settings = JSONValue(settingsOf: value)
        do {
          guard let made = try make(kind, CanonicalJSON.encode(settings), reader.extensions) else {
            return read(value, &reader)
          }
          let known = written(made)?.settings.keys ?? []
          for entry in value.entries where entry.key != "kind" && !known.contains(entry.key) {
            reader.report(
              Problem(
                .unknownKey, "unknown key “\(entry.key.shortened)” under \(reader.keyPath)", at: entry.place,
                suggestion: known.isEmpty
                  ? "\(kind) has no settings" : "known here: \(known.joined(separator: ", "))"))
          }
          return made
        } catch {
          reader.report(Problem(.wrongValue, "\(kind): \(error.inWords)", at: value.place))
          return nil
        }
      },
      write: { value in
        guard let (kind, settings) = written(value) else { return write(value) }
        guard case .object(let entries) = settings, !entries.isEmpty else { return .plain(kind) }
        return .map([("kind", .plain(kind))] + settings.sortedEntries.map { ($0.key, $0.value.yaml) })
      })
  }
}

extension YAMLValue {
  fileprivate var entries: [Entry] { if case .map(let entries) = content { entries } else { [] } }
}

extension Error {
  /// What does not fit, for a person.
  fileprivate var inWords: String {
    switch self as? DecodingError {
    case .keyNotFound(let key, _): "“\(key.stringValue)” is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      context.codingPath.isEmpty
        ? context.debugDescription
        : "“\(context.codingPath.map(\.stringValue).joined(separator: "."))” is not of its type"
    default: "\(self)"
    }
  }
}

/// Any JSON: the bridge between the stored properties of a type and the keys of a task file.
enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])

  /// A map's entries but `kind`; nothing for a word.
  init(settingsOf value: YAMLValue) {
    let entries = value.entries.filter { $0.key != "kind" }
    self = .object(Dictionary(entries.map { ($0.key, JSONValue(yaml: $0.value)) }) { first, _ in first })
  }

  private init(yaml value: YAMLValue) {
    switch value.content {
    case .list(let items): self = .list(items.map(JSONValue.init(yaml:)))
    case .map(let entries):
      self = .object(Dictionary(entries.map { ($0.key, JSONValue(yaml: $0.value)) }) { first, _ in first })
    case .scalar("true", .plain): self = .bool(true)
    case .scalar("false", .plain): self = .bool(false)
    case .scalar where value.isEmpty: self = .null
    case .scalar(let text, .plain) where NumberText(text) != nil:
      self = Int(text).map(JSONValue.integer) ?? Double(text).map(JSONValue.number) ?? .text(text)
    case .scalar(let text, _): self = .text(text)
    }
  }

  var keys: [String] { sortedEntries.map(\.key) }

  var sortedEntries: [(key: String, value: JSONValue)] {
    guard case .object(let entries) = self else { return [] }
    return entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }

  var yaml: YAMLValue {
    switch self {
    case .null: .plain("null")
    case .bool(let value): .plain(value ? "true" : "false")
    case .integer(let value): .plain(String(value))
    case .number(let value): .plain(value.brief)
    case .text(let value): .text(value)
    case .list(let items): .list(items.map(\.yaml))
    case .object: .map(sortedEntries.map { ($0.key, $0.value.yaml) })
    }
  }
}

extension JSONValue: Codable {
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .list(let items): try container.encode(items)
    case .object(let entries): try container.encode(entries)
    }
  }
}
