// Scalars are read strictly: numbers as in JSON, truth as true and false, so that nothing means what YAML 1.1
// would make of it (010 is 8 there, 12:30 is 750, no is false).

extension Form where Value == Bool {
  static let boolean = Form(
    shape: .boolean,
    read: { value, reader in
      switch value.word {
      case "true": return true
      case "false": return false
      default:
        reader.refuse(value, wanted: Shape.boolean.words, suggestion: Self.advice(for: value.word))
        return nil
      }
    },
    write: { .plain($0 ? "true" : "false") })

  private static func advice(for word: String?) -> String? {
    switch word?.lowercased() {
    case "yes", "on", "y", "true": "write true"
    case "no", "off", "n", "false": "write false"
    default: nil
    }
  }
}

extension Form where Value == Int {
  static func integer(_ range: ClosedRange<Int>) -> Form {
    let shape = Shape.integer(range)
    return Form(
      shape: shape,
      read: { value, reader in
        guard let word = value.word, NumberText(word)?.isWhole == true, let number = Int(word),
          range.contains(number)
        else {
          reader.refuse(value, wanted: shape.words, suggestion: NumberText.advice(for: value))
          return nil
        }
        return number
      },
      write: { .plain(String($0)) })
  }
}

extension Form where Value == UInt64 {
  /// Any whole number from 0 on.
  static let seed = Form(
    shape: .seed,
    read: { value, reader in
      guard let word = value.word, NumberText(word)?.isWhole == true, let number = UInt64(word) else {
        reader.refuse(value, wanted: Shape.seed.words, suggestion: NumberText.advice(for: value))
        return nil
      }
      return number
    },
    write: { .plain(String($0)) })
}

extension Form where Value: BinaryFloatingPoint & LosslessStringConvertible & SendableMetatype {
  /// A finite number, rounded to the nearest of its type.
  static func number(_ bounds: Bounds) -> Form {
    let shape = Shape.number(bounds)
    return Form(
      shape: shape,
      read: { value, reader in
        guard let word = value.word, NumberText(word) != nil, let number = Value(word), number.isFinite,
          bounds.contains(Double(number))
        else {
          reader.refuse(value, wanted: shape.words, suggestion: NumberText.advice(for: value))
          return nil
        }
        return number
      },
      write: { .plain(written($0)) })
  }

  /// The shortest text that reads back to the same number. With a point always: without one, `1e-08` is text
  /// to readers of YAML 1.1.
  private static func written(_ value: Value) -> String {
    let text = value.description
    guard !text.contains("."), let exponent = text.firstIndex(of: "e") else { return text }
    return text[..<exponent] + ".0" + text[exponent...]
  }
}

/// A number as JSON writes it.
struct NumberText {
  /// Without a point and without an exponent.
  let isWhole: Bool

  init?(_ text: String) {
    var rest = text.utf8[...]
    func digits() -> Int {
      let run = rest.prefix { (48...57).contains($0) }
      rest = rest.dropFirst(run.count)
      return run.count
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let leadsWithZero = rest.first == UInt8(ascii: "0")
    let whole = digits()
    guard whole == 1 || whole > 1 && !leadsWithZero else { return nil }
    var isWhole = true
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard digits() > 0 else { return nil }
      isWhole = false
    }
    if let mark = rest.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
        rest = rest.dropFirst()
      }
      guard digits() > 0 else { return nil }
      isWhole = false
    }
    guard rest.isEmpty else { return nil }
    self.isWhole = isWhole
  }

  /// How to write what was probably meant.
  static func advice(for value: YAMLValue) -> String? {
    guard case .scalar(let text, let style) = value.content else { return nil }
    if NumberText(text) != nil { return style == .plain ? nil : "leave out the quotes" }
    guard style == .plain, text.utf8.contains(where: { (48...57).contains($0) }) else { return nil }
    let bare = text.filter { $0 != "_" }
    if text.contains("_"), NumberText(bare) != nil { return "write \(bare)" }
    if text.hasPrefix("+"), NumberText(String(text.dropFirst())) != nil { return "write \(text.dropFirst())" }
    if text.contains(","), NumberText(text.replacing(",", with: ".")) != nil {
      return "write \(text.replacing(",", with: "."))"
    }
    if text.hasPrefix("."), NumberText("0" + text) != nil { return "write 0\(text)" }
    if text.hasSuffix("."), NumberText(String(text.dropLast())) != nil { return "write \(text.dropLast())" }
    if text.hasPrefix("0"), text.utf8.allSatisfy({ (48...57).contains($0) }) {
      let decimal = text.drop { $0 == "0" }
      return "a number must not begin with 0 (YAML reads octal); write \(decimal.isEmpty ? "0" : decimal)"
    }
    if text.contains(":") { return "YAML counts such numbers by sixties; write a plain one" }
    return nil
  }
}

extension Form where Value == String {
  /// Text with or without quotes; `no`, `010` and `2024-01-01` are text too where text is wanted.
  static func text(_ rule: TextRule, isValid: @escaping @Sendable (String) -> Bool = { _ in true }) -> Form {
    Form(
      shape: .text(rule),
      read: { value, reader in
        guard case .scalar(let text, _) = value.content, !value.isEmpty, text.utf8.count <= rule.longest,
          isValid(text)
        else {
          reader.refuse(value, wanted: rule.words)
          return nil
        }
        return text
      },
      write: YAMLValue.text)
  }

  /// The name of a column.
  static let column = text(TextRule("a column's name", plural: "column names", longest: 256)) { !$0.isEmpty }

  /// The path of a file, from the task's folder on.
  static let path = Form(
    shape: .text(TextRule("a path", plural: "paths")),
    read: { value, reader in
      guard case .scalar(let text, _) = value.content, !value.isEmpty, !text.isEmpty,
        text.utf8.count <= YAMLValue.longestText, !text.utf8.contains(0)
      else {
        reader.refuse(value, wanted: "a path")
        return nil
      }
      return joinedPath(folder: reader.folder, path: text)
    },
    write: { YAMLValue(.scalar($0, .path)) })
}

/// The path from the folder on; absolute paths stay what they are. Nothing is looked up: `..` is left to the
/// system, which alone knows the links.
func joinedPath(folder: String, path: String) -> String {
  guard !path.hasPrefix("/") else { return path }
  var path = path[...]
  while path.hasPrefix("./"), path.count > 2 { path = path.dropFirst(2) }
  if folder.isEmpty || folder == "." { return String(path) }
  return folder.hasSuffix("/") ? folder + path : folder + "/" + path
}

extension Form {
  /// One of a few words.
  static func choice(_ choices: [(Value, String, meaning: String)]) -> Form where Value: Hashable & Sendable {
    let shape = Shape.choice(choices.map { Choice(name: $0.1, meaning: $0.meaning) })
    let named = choices.map { (value: $0.0, name: $0.1) }
    return Form(
      shape: shape,
      read: { value, reader in
        guard case .scalar(let text, _) = value.content, let match = named.first(where: { $0.name == text })
        else {
          let near = value.word.flatMap { nearest(to: $0, among: shape.names) }
          reader.refuse(value, wanted: shape.words, suggestion: near.map { "did you mean \($0.spelled)?" })
          return nil
        }
        return match.value
      },
      write: { value in
        guard let match = named.first(where: { $0.value == value }) else {
          preconditionFailure("a choice names all values of its type")
        }
        return .plain(match.name)
      })
  }

  /// The words of an enumeration, with their meanings.
  static func choice(
    _ meaning: @Sendable (Value) -> String
  ) -> Form where Value: CaseIterable & RawRepresentable<String> & Hashable & Sendable {
    choice(Value.allCases.map { ($0, $0.rawValue, meaning: meaning($0)) })
  }
}
