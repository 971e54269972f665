import AtollNumerics

/// How sentences are put together.
package enum English {
  /// Small numbers as words: `three`, `12` from ten on.
  package static func number(_ number: Int) -> String {
    let words = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    return words.indices.contains(number) ? words[number] : Figure.grouped(number)
  }

  /// `one participant`, `three participants`, `12 participants`.
  package static func count(_ number: Int, _ noun: String) -> String {
    "\(self.number(number)) \(number == 1 ? noun : noun + "s")"
  }

  package static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

  /// `a`, `a and b`, `a, b and c`.
  package static func list(_ parts: [String]) -> String {
    guard parts.count > 1, let last = parts.last else { return parts.first ?? "" }
    return parts.dropLast().joined(separator: ", ") + " and " + last
  }

  /// At most so many characters: of a longer name both ends, which tell names of one pattern apart.
  package static func shortened(_ name: String, to length: Int) -> String {
    guard name.count > length else { return name }
    let tail = (length - 1) / 3
    return name.prefix(length - 1 - tail) + "…" + name.suffix(tail)
  }

  /// `23 November 2026, 14:12 UTC` of `2026-11-23T14:12:05Z`; what is no such time stays as it is.
  package static func time(_ text: String) -> String {
    let months = [
      "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
      "November", "December",
    ]
    let parts = text.split(separator: "T")
    let date = (parts.first ?? "").split(separator: "-").compactMap { Int($0) }
    guard parts.count == 2, date.count == 3, (1...12).contains(date[1]) else { return text }
    return "\(date[2]) \(months[date[1] - 1]) \(date[0]), \(parts[1].prefix(5)) UTC"
  }
}
