extension YAMLValue {
  /// Longest text of a task, after `${NAME}` was filled in, in bytes.
  static let longestText = 4096

  /// Fills in `${NAME}` in every value (never in keys); `$${` stands for `${` itself.
  ///
  /// A quoted value that was filled in counts as plain, for inside `{…}` and `[…]` YAML wants quotes around
  /// `${NAME}`.
  func filledIn(by environment: (String) -> String?, problems: inout [Problem]) -> YAMLValue {
    mapScalars { text, style, place in
      guard text.contains("${") else { return (text, style) }
      do throws(Problem) {
        let (filled, changed) = try Self.filling(text, at: place, by: environment)
        return (filled, changed ? .plain : style)
      } catch {
        problems.append(error)
        return (text, style)
      }
    }
  }

  private static func filling(
    _ text: String, at place: Place, by environment: (String) -> String?
  ) throws(Problem) -> (text: String, changed: Bool) {
    var result = ""
    var changed = false
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[dollar...]
      if rest.hasPrefix("$${") {
        result += "${"
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("${") {
        guard let end = rest.firstIndex(of: "}") else {
          throw Problem(
            .environment, "“${” without “}”", at: place, suggestion: "write $${ for the text ${ itself")
        }
        let name = rest[rest.index(rest.startIndex, offsetBy: 2)..<end]
        guard isName(name) else {
          throw Problem(
            .environment, "“\(String(name).shortened)” is no name of an environment variable", at: place,
            suggestion: "write $${ for the text ${ itself")
        }
        guard let value = environment(String(name)) else {
          throw Problem(.environment, "the environment variable \(name) is not set", at: place)
        }
        guard !value.unicodeScalars.contains(where: { TaskSource.isForbidden($0) || $0.value < 0x20 }) else {
          throw Problem(
            .environment, "the environment variable \(name) holds an invisible character", at: place)
        }
        result += value
        changed = true
        rest = rest[rest.index(after: end)...]
      } else {
        result += "$"
        rest = rest.dropFirst()
      }
      guard result.utf8.count <= longestText else {
        throw Problem(.limit, "a text has at most \(longestText) bytes", at: place)
      }
    }
    return (result + rest, changed)
  }

  private static func isName(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
    return text.utf8.allSatisfy {
      (65...90).contains($0) || (97...122).contains($0) || (48...57).contains($0) || $0 == 95
    }
  }
}
