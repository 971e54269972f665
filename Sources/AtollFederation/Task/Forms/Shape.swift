/// What the value of a key may be: one description from which values are read, refused, listed and given to
/// editors.
indirect enum Shape: Sendable {
  case boolean
  case integer(ClosedRange<Int>)
  /// Any number of 64 bits without a sign.
  case seed
  case number(Bounds)
  case text(TextRule)
  /// One of a few words.
  case choice([Choice])
  case list(of: Shape, count: ClosedRange<Int>, isUnique: Bool)
  /// A map whose keys are free.
  case map(of: Shape, keys: String, count: ClosedRange<Int>)
  /// A map of known keys.
  case record(RecordShape)
  /// `{kind: NAME, …}`, or the name alone where nothing else must be said.
  case variant([VariantShape])
  /// The first of these that the value looks like.
  case either([Shape])
}

struct Choice: Sendable {
  let name: String
  let meaning: String
}

/// A rule for text, in words and for editors.
struct TextRule: Sendable {
  /// Completes “must be …”: a path.
  let words: String
  /// Completes “a list of …”: paths.
  let plural: String
  /// A regular expression of ECMA-262, without anchors; nil allows everything.
  let pattern: String?
  let longest: Int
  /// Whether numbers and truth values, which need no quotes to be text here, are among it.
  let mayBeNumber: Bool

  init(
    _ words: String, plural: String? = nil, pattern: String? = nil, longest: Int = YAMLValue.longestText,
    mayBeNumber: Bool = false
  ) {
    self.mayBeNumber = mayBeNumber || pattern == nil
    self.words = words
    self.plural = plural ?? words
    self.pattern = pattern
    self.longest = longest
  }
}

struct RecordShape: Sendable {
  let fields: [FieldShape]
  /// Keys that a later version knows.
  let later: [String]
}

struct FieldShape: Sendable {
  let key: String
  let shape: Shape
  let standard: Standard
  let meaning: String
}

/// What holds where a key is not written.
enum Standard: Sendable {
  case required
  case value(YAMLValue)
  /// Follows from other keys, as these words say.
  case derived(String)
  /// Nothing; these words say what that means.
  case absent(String)
}

struct VariantShape: Sendable {
  let name: String
  let meaning: String
  let fields: [FieldShape]

  /// Whether the name alone says it all.
  var standsAlone: Bool {
    fields.allSatisfy { if case .required = $0.standard { false } else { true } }
  }
}

/// The numbers that are allowed: an interval whose ends may be left out.
struct Bounds: Hashable, Sendable {
  var minimum: Double?
  var includesMinimum = true
  var maximum: Double?
  var includesMaximum = true

  static let any = Bounds()
  static func above(_ minimum: Double) -> Bounds { Bounds(minimum: minimum, includesMinimum: false) }
  static func atLeast(_ minimum: Double) -> Bounds { Bounds(minimum: minimum) }
  static func within(_ range: ClosedRange<Double>) -> Bounds {
    Bounds(minimum: range.lowerBound, maximum: range.upperBound)
  }
  static func within(_ range: Range<Double>) -> Bounds {
    Bounds(minimum: range.lowerBound, maximum: range.upperBound, includesMaximum: false)
  }
  static func above(_ minimum: Double, upTo maximum: Double) -> Bounds {
    Bounds(minimum: minimum, includesMinimum: false, maximum: maximum)
  }

  func contains(_ value: Double) -> Bool {
    if let minimum, includesMinimum ? value < minimum : value <= minimum { return false }
    if let maximum, includesMaximum ? value > maximum : value >= maximum { return false }
    return true
  }

  /// Follows “a number”.
  var words: String {
    let lower = minimum.map { includesMinimum ? "of at least \($0.brief)" : "above \($0.brief)" }
    let upper = maximum.map { includesMaximum ? "at most \($0.brief)" : "below \($0.brief)" }
    switch (minimum, maximum, includesMinimum && includesMaximum) {
    case (let minimum?, let maximum?, true): return "from \(minimum.brief) to \(maximum.brief)"
    default: return [lower, upper].compactMap(\.self).joined(separator: " and ")
    }
  }
}

extension Double {
  /// `1` for 1.0; otherwise the shortest text that reads back to the same number.
  var brief: String {
    self == rounded(.towardZero) && magnitude < 0x1p53 ? String(Int(self)) : description
  }
}

extension Shape {
  /// What stands under a key; of several kinds that know the key, the first one's.
  subscript(key: String) -> Shape? {
    switch self {
    case .record(let record): record.fields.first { $0.key == key }?.shape
    case .variant(let variants): variants.lazy.flatMap(\.fields).first { $0.key == key }?.shape
    case .either(let shapes): shapes.lazy.compactMap { $0[key] }.first
    case .map(let value, _, _): value
    default: nil
    }
  }

  /// Whether the word is the name of a kind here.
  func hasKind(_ word: String) -> Bool {
    switch self {
    case .variant(let variants): variants.contains { $0.name == word }
    case .either(let shapes): shapes.contains { $0.hasKind(word) }
    default: false
    }
  }
}

extension String {
  /// In quotes where it is no word, so that a comma does not look like one between words.
  var spelled: String { contains { $0.isLetter || $0.isNumber } ? self : "“\(self)”" }
}

// MARK: In words

extension Shape {
  /// Completes “must be …”.
  var words: String {
    switch self {
    case .boolean: return "true or false"
    case .integer(let range): return "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .seed: return "a whole number from 0 to \(UInt64.max)"
    case .number(let bounds): return bounds == .any ? "a number" : "a number " + bounds.words
    case .text(let rule): return rule.words
    case .choice(let choices): return Shape.enumeration(choices.map { $0.name.spelled })
    case .list(let item, let count, _):
      let least =
        count.lowerBound == count.upperBound
        ? " of \(count.lowerBound)" : count.lowerBound > 1 ? " (\(count.lowerBound) or more)" : ""
      if case .text(let rule) = item { return "a list of \(rule.plural)\(least)" }
      return "a list\(least), each item \(item.words)"
    case .map(let value, let keys, _): return "a map of \(keys) to \(value.words)"
    case .record(let record):
      return record.fields.count > 4
        ? "a map of keys" : "a map of \(record.fields.map(\.key).joined(separator: ", "))"
    case .variant(let variants): return Shape.enumeration(variants.map(\.name))
    case .either(let shapes):
      return Shape.enumeration(
        shapes.flatMap { if case .choice = $0 { $0.names.map(\.spelled) } else { [$0.words] } })
    }
  }

  /// a, b or c
  static func enumeration(_ words: [String]) -> String {
    guard words.count > 1, let last = words.last else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }

  /// The words that may stand here.
  var names: [String] {
    switch self {
    case .choice(let choices): choices.map(\.name)
    case .variant(let variants): variants.map(\.name)
    case .either(let shapes): shapes.flatMap(\.names)
    case .boolean: ["true", "false"]
    default: []
    }
  }

  /// Whether the value has the outer look of this shape, so that it is to be read, and refused, as such.
  func resembles(_ value: YAMLValue) -> Bool {
    switch (self, value.content) {
    case (.either(let shapes), _): return shapes.contains { $0.resembles(value) }
    case (.boolean, .scalar), (.choice, .scalar), (.variant, .scalar):
      return value.word.map(names.contains) ?? false
    case (.integer, .scalar), (.number, .scalar), (.seed, .scalar):
      return value.word?.utf8.first.map { (43...57).contains($0) } ?? false
    case (.text, .scalar), (.list, .list), (.map, .map), (.record, .map): return true
    case (.variant, .map): return value["kind"] != nil
    default: return false
    }
  }
}
