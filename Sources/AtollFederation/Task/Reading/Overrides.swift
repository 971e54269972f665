extension YAMLValue {
  /// The tree with `key.path=value` put in; the value is YAML, an empty one takes the key out.
  ///
  /// A word on the way becomes the kind of what is set: with `strategy: fedprox`,
  /// `federation.strategy.mu=0.1` sets the strategy to `{kind: fedprox, mu: 0.1}`.
  func overridden(by override: String, shape: Shape, problems: inout [Problem]) -> YAMLValue {
    let flag = Place.flag("--set \(override.shortened)")
    let parts = override.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let path = parts[0].split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
    guard parts.count == 2, path.allSatisfy({ !$0.isEmpty }), path.count <= YAMLParser.deepest else {
      problems.append(
        Problem(
          .syntax, "not of the form key=value", at: flag, suggestion: "write --set training.learning-rate=0.1"
        ))
      return self
    }
    let text = String(parts[1])
    guard !text.unicodeScalars.allSatisfy({ $0 == " " }) else { return removing(path[...]) }
    guard text.utf8.count <= TaskSource.largest else {
      problems.append(Problem(.limit, "the value is too long", at: flag))
      return self
    }
    var parser = YAMLParser(TaskSource(text: text, name: "--set"))
    let value = parser.document()
    problems += parser.problems.map { Problem($0.code, $0.message, at: flag, suggestion: $0.suggestion) }
    guard let value, parser.problems.isEmpty else { return self }
    do throws(Problem) {
      return try replacing(path[...], by: value.placed(at: flag), shape: shape, flag: flag)
    } catch {
      problems.append(error)
      return self
    }
  }

  private func replacing(
    _ path: ArraySlice<String>, by value: YAMLValue, shape: Shape?, flag: Place
  ) throws(Problem) -> YAMLValue {
    guard let key = path.first else { return value }
    var entries: [Entry]
    switch content {
    case .map(let existing): entries = existing
    case .scalar(let word, _) where shape?.hasKind(word) == true:
      entries = [Entry(key: "kind", place: place, value: .plain(word))]
    case .scalar: entries = []
    case .list:
      throw Problem(
        .syntax, "“\(key.shortened)” is to be set inside a list", at: flag, suggestion: "set the whole list")
    }
    if let index = entries.firstIndex(where: { $0.key == key }) {
      let old = entries[index].value
      entries[index].value = try old.replacing(path.dropFirst(), by: value, shape: shape?[key], flag: flag)
      if path.count == 1 { entries[index].place = flag }
    } else {
      let empty = YAMLValue(.map([]), at: flag)
      let new = try empty.replacing(path.dropFirst(), by: value, shape: shape?[key], flag: flag)
      entries.append(Entry(key: key, place: flag, value: new))
    }
    return YAMLValue(.map(entries), at: place)
  }

  private func removing(_ path: ArraySlice<String>) -> YAMLValue {
    guard let key = path.first, case .map(var entries) = content,
      let index = entries.firstIndex(where: { $0.key == key })
    else { return self }
    if path.count == 1 {
      entries.remove(at: index)
    } else {
      entries[index].value = entries[index].value.removing(path.dropFirst())
    }
    return YAMLValue(.map(entries), at: place)
  }
}
