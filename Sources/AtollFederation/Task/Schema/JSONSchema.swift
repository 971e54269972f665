extension TaskSchema {
  /// JSON Schema (draft 2020-12) of a task file, for editors: `# yaml-language-server:
  /// $schema=atoll-task.json`.
  ///
  /// It knows every key and value, but not what only several keys together make wrong; it takes `${NAME}` for text, and
  /// `24.0` for the whole number that it is to JSON.
  public static let jsonSchema = Form<TaskDraft>.task.shape.jsonSchema(title: "Atoll task")
}

extension Shape {
  /// JSON Schema (draft 2020-12) of a file of this shape; empty unless it is a map of keys.
  func jsonSchema(title: String) -> String {
    guard case .object(let root) = json else { return "" }
    let head: [(String, JSON)] = [
      ("$schema", .string("https://json-schema.org/draft/2020-12/schema")), ("title", .string(title)),
    ]
    return JSON.object(head + root).text + "\n"
  }
}

/// JSON with its keys in order, which is what a schema for people wants.
indirect enum JSON: Sendable {
  case object([(String, JSON)])
  case array([JSON])
  case string(String)
  /// A number or a truth value as it is written.
  case literal(String)

  var text: String { text(indent: "") }

  private func text(indent: String) -> String {
    let inner = indent + "  "
    switch self {
    case .object(let entries):
      guard !entries.isEmpty else { return "{}" }
      let lines = entries.map { inner + JSON.quoted($0.0) + ": " + $0.1.text(indent: inner) }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
    case .array(let items):
      let isFlat = items.allSatisfy { if case .object = $0 { false } else { true } }
      if isFlat { return "[" + items.map { $0.text(indent: inner) }.joined(separator: ", ") + "]" }
      return "[\n" + items.map { inner + $0.text(indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
    case .string(let text): return JSON.quoted(text)
    case .literal(let text): return text
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\" + String(scalar)
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

extension Shape {
  fileprivate var json: JSON {
    switch self {
    case .boolean: return .object([("type", .string("boolean"))])
    case .integer(let range):
      return .object([
        ("type", .string("integer")), ("minimum", .literal(String(range.lowerBound))),
        ("maximum", .literal(String(range.upperBound))),
      ])
    case .seed:
      return .object([
        ("type", .string("integer")), ("minimum", .literal("0")), ("maximum", .literal(String(UInt64.max))),
      ])
    case .number(let bounds): return .object([("type", .string("number"))] + bounds.json)
    case .text(let rule):
      // Text may be written without quotes, so an editor may take it for a number or a truth value.
      let type: JSON =
        rule.mayBeNumber
        ? .array(["string", "number", "boolean"].map(JSON.string)) : .string("string")
      guard let pattern = rule.pattern else { return .object([("type", type)]) }
      return .object([
        ("type", type), ("pattern", .string("^\(pattern)$")), ("maxLength", .literal(String(rule.longest))),
      ])
    case .choice(let choices): return .object([("enum", .array(choices.map { .string($0.name) }))])
    case .list(let item, let count, let isUnique):
      return .object(
        [("type", .string("array")), ("items", item.json)]
          + [
            ("minItems", .literal(String(count.lowerBound))),
            ("maxItems", .literal(String(count.upperBound))),
          ] + (isUnique ? [("uniqueItems", .literal("true"))] : []))
    case .map(let value, _, let count):
      return .object([
        ("type", .string("object")), ("additionalProperties", value.json),
        ("minProperties", .literal(String(count.lowerBound))),
        ("maxProperties", .literal(String(count.upperBound))),
      ])
    case .record(let record): return record.fields.json(before: [])
    case .variant(let variants):
      let alone = variants.filter(\.standsAlone).map { JSON.string($0.name) }
      let names: [JSON] = alone.isEmpty ? [] : [.object([("enum", .array(alone))])]
      return .object([
        (
          "anyOf",
          .array(
            names
              + variants.map { variant in
                variant.fields.json(before: [
                  (
                    "kind",
                    .object([("const", .string(variant.name)), ("description", .string(variant.meaning))])
                  )
                ])
              })
        )
      ])
    case .either(let shapes): return .object([("anyOf", .array(shapes.map(\.json)))])
    }
  }
}

extension [FieldShape] {
  /// A closed object with these keys, and some required ones before them.
  fileprivate func json(before: [(String, JSON)]) -> JSON {
    let required =
      before.map(\.0) + compactMap { if case .required = $0.standard { $0.key } else { nil } }
    return .object(
      [
        ("type", .string("object")), ("properties", .object(before + map { ($0.key, $0.json) })),
        ("additionalProperties", .literal("false")),
      ] + (required.isEmpty ? [] : [("required", .array(required.map(JSON.string)))]))
  }
}

extension FieldShape {
  fileprivate var json: JSON {
    guard case .object(let entries) = shape.json else { return shape.json }
    var described = entries + [("description", .string(meaning))]
    if case .value(let value) = standard { described.append(("default", value.json)) }
    return .object(described)
  }
}

extension YAMLValue {
  /// The same value in JSON.
  fileprivate var json: JSON {
    switch content {
    case .scalar(let word, .plain) where NumberText(word) != nil || word == "true" || word == "false":
      .literal(word)
    case .scalar(let text, _): .string(text)
    case .list(let items): .array(items.map(\.json))
    case .map(let entries): .object(entries.map { ($0.key, $0.value.json) })
    }
  }
}

extension Bounds {
  fileprivate var json: [(String, JSON)] {
    let lower = minimum.map { (includesMinimum ? "minimum" : "exclusiveMinimum", JSON.literal($0.brief)) }
    let upper = maximum.map { (includesMaximum ? "maximum" : "exclusiveMaximum", JSON.literal($0.brief)) }
    return [lower, upper].compactMap(\.self)
  }
}
