/// Where a value stands: in the task file, or in a `--set` of the command line.
enum Place: Hashable, Sendable {
  /// Line and column count from 1, columns in Unicode scalars; `length` scalars are marked.
  case file(line: Int, column: Int, length: Int)
  /// The whole flag as it was typed.
  case flag(String)
  /// Made by us, not read.
  case none
}

/// A YAML value as the task file uses it: no aliases, no tags, keys are text and occur once.
///
/// Plain scalars stay text until the form of their key reads them, so that `no`, `010` and `12:30` are never
/// guessed at.
struct YAMLValue: Sendable {
  enum Style: Sendable {
    /// Without quotes: a number, a word, or text.
    case plain
    /// In quotes: text and nothing else.
    case quoted
    /// Text that names a file. Written like text; left out of hashes.
    case path
  }

  struct Entry: Sendable {
    var key: String
    var place: Place
    var value: YAMLValue
  }

  enum Content: Sendable {
    case scalar(String, Style)
    case list([YAMLValue])
    case map([Entry])
  }

  var content: Content
  var place: Place

  init(_ content: Content, at place: Place = .none) {
    self.content = content
    self.place = place
  }

  /// A number or a word.
  static func plain(_ text: String) -> YAMLValue { YAMLValue(.scalar(text, .plain)) }
  static func text(_ text: String) -> YAMLValue { YAMLValue(.scalar(text, .quoted)) }
  static func list(_ items: [YAMLValue]) -> YAMLValue { YAMLValue(.list(items)) }

  static func map(_ entries: [(String, YAMLValue)]) -> YAMLValue {
    YAMLValue(.map(entries.map { Entry(key: $0.0, place: .none, value: $0.1) }))
  }

  /// The text of a scalar without quotes.
  var word: String? {
    guard case .scalar(let text, .plain) = content else { return nil }
    return text
  }

  /// The value of a key of a map.
  subscript(key: String) -> YAMLValue? {
    guard case .map(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  /// `key:` with nothing behind it, `null` or `~`.
  var isEmpty: Bool { word == "" || word == "null" || word == "~" }

  /// For messages: “text”, a list, a map.
  var inWords: String {
    switch content {
    case .scalar(_, .plain) where isEmpty: "empty"
    case .scalar(let text, .plain): "“\(text.shortened)”"
    case .scalar(let text, _): "the text “\(text.shortened)”"
    case .list(let items): items.isEmpty ? "an empty list" : "a list"
    case .map(let entries): entries.isEmpty ? "an empty map" : "a map"
    }
  }

  /// The same value with every scalar replaced.
  func mapScalars(_ transform: (String, Style, Place) -> (String, Style)) -> YAMLValue {
    switch content {
    case .scalar(let text, let style):
      let (text, style) = transform(text, style, place)
      return YAMLValue(.scalar(text, style), at: place)
    case .list(let items): return YAMLValue(.list(items.map { $0.mapScalars(transform) }), at: place)
    case .map(let entries):
      return YAMLValue(
        .map(
          entries.map { Entry(key: $0.key, place: $0.place, value: $0.value.mapScalars(transform)) }),
        at: place)
    }
  }

  /// The same value with every place replaced.
  func placed(at place: Place) -> YAMLValue {
    switch content {
    case .scalar: return YAMLValue(content, at: place)
    case .list(let items): return YAMLValue(.list(items.map { $0.placed(at: place) }), at: place)
    case .map(let entries):
      return YAMLValue(
        .map(entries.map { Entry(key: $0.key, place: place, value: $0.value.placed(at: place)) }), at: place)
    }
  }
}

extension String {
  /// At most 40 characters, for messages.
  var shortened: String { count <= 40 ? self : prefix(39) + "…" }
}
