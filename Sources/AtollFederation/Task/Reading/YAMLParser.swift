import Yams

/// Reads the one document of a source by walking Yams' nodes: its decoder would ignore unknown keys, forget places,
/// read `010` as 8 and expand aliases without limit.
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
    guard problems.isEmpty, !refusesAliases() else { return nil }
    // Yams stops at the first key that is given twice. To go on to the next fault, and to learn where the second one
    // stands, the first is masked by a scalar of the private use area, which moves no column.
    var text = source.text
    for _ in 0...InvalidTask.limit {
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
    problems.append(Problem(.duplicateKey, "too many keys are given twice", at: .none))
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
      let flow = scalar(at: position) == "{"
      return YAMLValue(.map(entries), at: flow ? position.place : entries.first?.place ?? position.place)
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
            suggestion: "first at \(line):\(column)"))
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

  private func line(_ position: Position) -> Substring.UnicodeScalarView? {
    guard source.lines.indices.contains(position.line - 1) else { return nil }
    return source.lines[position.line - 1].unicodeScalars
  }

  private func scalar(at position: Position) -> Unicode.Scalar? {
    line(position)?.dropFirst(position.column - 1).first
  }

  /// A quoted scalar is marked with its quotes, at most to the end of its line.
  private func place(of scalar: Node.Scalar, at position: Position) -> Place {
    let rest = line(position)?.dropFirst(position.column - 1) ?? Substring("").unicodeScalars
    var length = scalar.string.unicodeScalars.count
    if let quote = rest.first, scalar.style == .singleQuoted || scalar.style == .doubleQuoted {
      length = 1
      var escaped = false
      for scalar in rest.dropFirst() {
        length += 1
        if scalar == quote, !escaped { break }
        escaped = scalar == "\\" && !escaped && quote == "\""
      }
    }
    return .file(line: position.line, column: position.column, length: max(1, min(length, rest.count)))
  }

  /// The text with one scalar of the key at this position made unlike any other; nil where that would break the syntax.
  private func masking(_ position: Position, in text: String) -> String? {
    guard var column = scalar(at: position).map({ _ in position.column }), let line = line(position) else {
      return nil
    }
    let first = line[line.index(line.startIndex, offsetBy: column - 1)]
    if first == "'" || first == "\"" {
      column += 1
      guard let next = line.dropFirst(column - 1).first, next != first else { return nil }
    } else if "[]{}?&*!|>%@`#,".unicodeScalars.contains(first) {
      return nil
    }
    var scalars = text.unicodeScalars
    let start = source.lines[position.line - 1].startIndex
    // A mask takes the place of one scalar, so offsets in scalars are the same in the source and in the masked text.
    let offset = source.text.unicodeScalars.distance(from: source.text.startIndex, to: start) + column - 1
    let index = scalars.index(scalars.startIndex, offsetBy: offset)
    guard let mask = Unicode.Scalar(0xE000 + UInt32(masked.count)) else { return nil }
    scalars.replaceSubrange(index..<scalars.index(after: index), with: CollectionOfOne(mask))
    return String(scalars)
  }

  // MARK: Refusals

  /// Finds aliases before Yams does where they could cost time: a key that is an alias is hashed in full.
  ///
  /// `&` and `*` mark an anchor or an alias only before a name and behind a blank, a bracket or the start of a line. Up
  /// to eight aliases cannot unfold into much and are refused, with their place, when the nodes are walked.
  private mutating func refusesAliases() -> Bool {
    var anchors = 0
    var aliases = 0
    var last: Place?
    for (number, line) in source.lines.enumerated() {
      var previous: Unicode.Scalar = " "
      for (offset, scalar) in line.unicodeScalars.enumerated() {
        if previous == "#", line.unicodeScalars.prefix(offset - 1).allSatisfy({ $0 == " " }) { break }
        if previous == "&" || previous == "*", scalar.isNameOfAnchor, line.startsToken(at: offset - 1) {
          anchors += previous == "&" ? 1 : 0
          aliases += previous == "*" ? 1 : 0
          last = .file(line: number + 1, column: offset, length: 1)
        }
        previous = scalar
      }
      if anchors > 0, aliases > 8 { break }
    }
    guard anchors > 0, aliases > 8, let last else { return false }
    problems.append(
      Problem(
        .alias, "anchors and aliases are refused", at: last,
        suggestion: "write the value out where it is used"))
    return true
  }

  private func explanation(of error: any Error) -> Problem {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _):
      return Problem(
        .syntax, "not YAML: \(problem)", at: Position(mark).place, suggestion: advice(for: problem))
    case .composer(_, let problem, let mark, _):
      let place = Position(mark).place
      guard problem.contains("alias") else {
        return Problem(
          .syntax, "a second document starts here", at: place, suggestion: "a task is one document")
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

extension Substring {
  /// Whether a YAML token could begin at this scalar.
  fileprivate func startsToken(at offset: Int) -> Bool {
    guard offset > 0 else { return true }
    let before = unicodeScalars[unicodeScalars.index(unicodeScalars.startIndex, offsetBy: offset - 1)]
    return " \t[]{},:?-".unicodeScalars.contains(before)
  }
}
