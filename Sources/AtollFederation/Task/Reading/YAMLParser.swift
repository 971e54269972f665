import AtollLearning
import Yams

/// Reads the one document of a source by walking Yams' nodes: its decoder would ignore unknown keys, forget
/// places, read `010` as 8 and expand aliases without limit.
struct YAMLParser {
  /// Deepest nesting of lists and maps. The deepest key of a task stands at level 6.
  static let deepest = 12

  private let source: TaskSource
  private(set) var problems: [Problem] = []
  /// The true text of keys that were masked, by place.
  private var masked: [Position: String] = [:]
  private var anchors: Set<Position> = []

  private struct Position: Hashable {
    let line: Int
    let column: Int
    init(_ mark: Mark?) { (line, column) = (mark?.line ?? 1, mark?.column ?? 1) }
    var place: Place { .file(line: line, column: column, length: 1) }
  }

  init(_ source: TaskSource) { self.source = source }

  /// The document, or nil when there is none that could be read.
  mutating func document() -> YAMLValue? {
    problems += source.characterProblems()
    guard problems.isEmpty, !refusesAliases(), !refusesNesting() else { return nil }
    // Yams stops at the first key that is given twice. To go on to the next fault, and to learn where the
    // second one stands, the first is masked by a scalar of the private use area, which moves no column.
    var text = source.text
    // A file is parsed anew for each masking; a large one a few times only.
    for _ in 0...min(InvalidTask.limit, 4 * TaskSource.largest / max(1, text.utf8.count)) {
      do {
        let parser = try Parser(yaml: text, resolver: .basic, constructor: .default, encoding: .utf8)
        // Anchors are weak references that the parser keeps alive.
        return try withExtendedLifetime(parser) { try parser.singleRoot().flatMap { value($0, level: 0) } }
      } catch YamlError.duplicatedKeysInMapping(let names, let context) {
        let first = Position(context.mark)
        guard masked[first] == nil, let name = names.first, let hidden = masking(first, in: text) else {
          problems.append(Problem(.duplicateKey, "a key is given twice in this map", at: first.place))
          return nil
        }
        masked[first] = name
        text = hidden
      } catch {
        problems.append(explanation(of: error))
        return nil
      }
    }
    problems = masked.keys.map { Problem(.duplicateKey, "this key is given twice in its map", at: $0.place) }
    return nil
  }

  // MARK: Nodes

  private mutating func value(_ node: Node, level: Int) -> YAMLValue? {
    let position = Position(node.mark)
    if let anchor = node.anchor {
      if anchors.insert(position).inserted {
        problems.append(
          Problem(
            .alias, "anchors and aliases are refused: “&\(anchor.rawValue.shortened)”", at: position.place,
            suggestion: "write the value out where it is used"))
      }
      // Never walked into: that is where a bomb would unfold.
      return nil
    }
    guard level <= Self.deepest else {
      problems.append(Problem(.limit, "nested deeper than \(Self.deepest) levels", at: position.place))
      return nil
    }
    switch node {
    case .scalar(let scalar): return self.scalar(scalar, at: position)
    case .sequence(let sequence):
      refuseTag(sequence.tag.rawValue, unless: "tag:yaml.org,2002:seq", at: position)
      return YAMLValue(.list(sequence.compactMap { value($0, level: level + 1) }), at: position.place)
    case .mapping(let mapping):
      refuseTag(mapping.tag.rawValue, unless: "tag:yaml.org,2002:map", at: position)
      let entries = entries(mapping, level: level)
      // A block map starts where its first key does: mark the key.
      let isBlock = mapping.keys.first.map { Position($0.mark) == position } ?? false
      return YAMLValue(.map(entries), at: isBlock ? entries.first?.place ?? position.place : position.place)
    case .alias: return nil
    }
  }

  private mutating func entries(_ mapping: Node.Mapping, level: Int) -> [YAMLValue.Entry] {
    var entries: [YAMLValue.Entry] = []
    var places: [String: Place] = [:]
    for (key, content) in mapping {
      let position = Position(key.mark)
      guard case .scalar(let scalar) = key, key.anchor == nil else {
        problems.append(
          Problem(.syntax, "a key must be a word, not a list, a map or an anchor", at: position.place))
        continue
      }
      let name = masked[position] ?? scalar.string
      let place = place(of: scalar, at: position)
      if name == "<<" {
        problems.append(
          Problem(
            .alias, "merge keys are refused", at: place, suggestion: "write the keys out where they are used")
        )
        continue
      }
      if case .file(let line, let column, _)? = places[name] {
        problems.append(
          Problem(
            .duplicateKey, "“\(name.shortened)” is given twice", at: place,
            suggestion: "it stands at \(line):\(column) already"))
        continue
      }
      places[name] = place
      guard let value = value(content, level: level + 1) else { continue }
      entries.append(YAMLValue.Entry(key: name, place: place, value: value))
    }
    return entries
  }

  private mutating func scalar(_ scalar: Node.Scalar, at position: Position) -> YAMLValue {
    let style: YAMLValue.Style = scalar.style == .plain ? .plain : .quoted
    // Yams tags quoted scalars as text itself, so a tag on those cannot be seen; it also changes nothing.
    refuseTag(
      scalar.tag.rawValue, unless: style == .quoted ? "tag:yaml.org,2002:str" : "", at: position)
    return YAMLValue(.scalar(scalar.string, style), at: place(of: scalar, at: position))
  }

  private mutating func refuseTag(_ tag: String, unless usual: String, at position: Position) {
    guard tag != "", tag != usual else { return }
    let name = tag.hasPrefix("tag:yaml.org,2002:") ? "!!" + tag.dropFirst("tag:yaml.org,2002:".count) : tag
    problems.append(
      Problem(
        .syntax, "tags are refused: “\(name.shortened)”", at: position.place, suggestion: "leave it out"))
  }

  // MARK: Places

  private func place(of scalar: Node.Scalar, at position: Position) -> Place {
    .file(line: position.line, column: position.column, length: max(1, scalar.string.unicodeScalars.count))
  }

  /// The text with one scalar of the key at this position made unlike any other; nil where that would break
  /// the syntax.
  private func masking(_ position: Position, in text: String) -> String? {
    guard source.lines.indices.contains(position.line - 1) else { return nil }
    let line = source.lines[position.line - 1].unicodeScalars
    var column = position.column
    guard let first = line.dropFirst(column - 1).first else { return nil }
    if first == "'" || first == "\"" {
      column += 1
      guard let next = line.dropFirst(column - 1).first, next != first else { return nil }
    } else if "[]{}?&*!|>%@`#,".unicodeScalars.contains(first) {
      return nil
    }
    var scalars = text.unicodeScalars
    let start = source.lines[position.line - 1].startIndex
    // A mask takes the place of one scalar, so offsets in scalars are the same in the source and in the
    // masked text.
    let offset = source.text.unicodeScalars.distance(from: source.text.startIndex, to: start) + column - 1
    let index = scalars.index(scalars.startIndex, offsetBy: offset)
    guard let mask = Unicode.Scalar(0xE000 + UInt32(masked.count)) else { return nil }
    scalars.replaceSubrange(index..<scalars.index(after: index), with: CollectionOfOne(mask))
    return String(scalars)
  }

  // MARK: Refusals

  /// Finds aliases before Yams does where they could cost time: a key that is an alias is hashed in full.
  ///
  /// `&` and `*` mark an anchor or an alias only before a name and behind a blank, a bracket or the start of
  /// a line. Up to eight aliases cannot unfold into much and are refused, with their place, when the nodes
  /// are walked.
  private mutating func refusesAliases() -> Bool {
    var anchors = 0
    var aliases = 0
    var last: Place?
    for (number, line) in source.lines.enumerated() where anchors == 0 || aliases <= 8 {
      guard line.unicodeScalars.first(where: { $0 != " " }) != "#" else { continue }
      var before: Unicode.Scalar = " "
      var mark: Unicode.Scalar = " "
      for (offset, scalar) in line.unicodeScalars.enumerated() {
        if mark == "&" || mark == "*", scalar.isNameOfAnchor, " \t[]{},:?-".unicodeScalars.contains(before) {
          anchors += mark == "&" ? 1 : 0
          aliases += mark == "*" ? 1 : 0
          last = .file(line: number + 1, column: offset, length: 1)
        }
        (before, mark) = (mark, scalar)
      }
    }
    guard anchors > 0, aliases > 8, let last else { return false }
    problems.append(
      Problem(
        .alias, "anchors and aliases are refused", at: last,
        suggestion: "write the value out where it is used"))
    return true
  }

  /// Finds deep nesting before Yams does, which takes 2 kB of stack and more for each level.
  ///
  /// Quotes are followed along their line only, so who builds a file for it can get past this; then libYAML
  /// stops at 1,000 levels, which the stack of a main thread holds.
  private mutating func refusesNesting() -> Bool {
    var depth = 0
    for (number, line) in source.lines.enumerated() {
      let content = line.unicodeScalars.drop { $0 == " " }
      guard content.first != "#" else { continue }
      let lead = line.unicodeScalars.prefix { $0 == " " || $0 == "-" || $0 == "?" }
      var deepest = depth > 0 ? depth : lead.reduce(0) { $0 + ($1 == " " ? 0 : 1) }
      if depth == 0, lead.count - deepest > 8 * Self.deepest { deepest = .max }
      var quote: Unicode.Scalar?
      var previous: Unicode.Scalar = " "
      for scalar in content {
        if let open = quote {
          // An escaped quote does not end the text; a doubled one ends it and begins it anew.
          if scalar == open, open == "'" || previous != "\\" { quote = nil }
        } else if scalar == "'" || scalar == "\"" {
          if " [{,:'\"".unicodeScalars.contains(previous) { quote = scalar }
        } else if scalar == "[" || scalar == "{" {
          depth += 1
        } else if scalar == "]" || scalar == "}" {
          depth = max(0, depth - 1)
        }
        deepest = max(deepest, depth)
        previous = scalar
      }
      guard deepest <= 4 * Self.deepest else {
        let place = Place.file(
          line: number + 1, column: line.unicodeScalars.count - content.count + 1, length: 1)
        problems.append(Problem(.limit, "nested deeper than \(Self.deepest) levels", at: place))
        return true
      }
    }
    return false
  }

  private func explanation(of error: any Error) -> Problem {
    switch error as? YamlError {
    case .parser(_, let problem, let mark, _) where problem.contains("nesting level"):
      return Problem(.limit, "nested deeper than \(Self.deepest) levels", at: Position(mark).place)
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _):
      return Problem(
        .syntax, "not YAML: \(typographic(problem))", at: Position(mark).place,
        suggestion: advice(for: problem))
    case .composer(_, let problem, let mark, _):
      let place = Position(mark).place
      guard problem.contains("alias") else {
        return Problem(
          .syntax, "a second document starts here", at: place,
          suggestion: "a \(source.subject) is one document")
      }
      return Problem(
        .alias, "anchors and aliases are refused", at: place,
        suggestion: "write the value out where it is used")
    case .memory: return Problem(.limit, "nested deeper than \(Self.deepest) levels", at: .none)
    default: return Problem(.syntax, "not YAML", at: .none)
    }
  }

  private func advice(for problem: String) -> String? {
    if problem.contains("cannot start any token") { return "put the value in quotes" }
    if problem.contains("mapping values are not allowed") { return "a text with “: ” in it needs quotes" }
    if problem.contains("did not find expected key") { return "is the line indented like its neighbours?" }
    if problem.contains("could not find expected ':'") { return "a key needs a colon and a blank behind it" }
    return nil
  }
}

extension Unicode.Scalar {
  fileprivate var isNameOfAnchor: Bool {
    ("a"..."z").contains(self) || ("A"..."Z").contains(self) || ("0"..."9").contains(self) || self == "_"
      || self == "-"
  }
}
