// How messages of all layers spell what they hold.

/// 1234567 as `1,234,567`.
package func grouped(_ number: Int) -> String {
  var text = ""
  for (index, digit) in String(number).reversed().enumerated() {
    if index > 0, index.isMultiple(of: 3), digit != "-" { text.append(",") }
    text.append(digit)
  }
  return String(text.reversed())
}

/// Names for a message: the first few, and how many more there are.
package func listed(_ names: some Collection<String>, atMost most: Int = 12) -> String {
  guard names.count > most else { return names.joined(separator: ", ") }
  return names.prefix(most).joined(separator: ", ") + " and \(grouped(names.count - most)) more"
}

/// The words of other people's parsers with our quotes: `expected ':'` as `expected “:”`.
package func typographic(_ text: String) -> String {
  var result = ""
  var isOpen = false
  let letters = Array(text)
  for (place, letter) in letters.enumerated() {
    // Between letters it is an apostrophe.
    let isInWord =
      place > 0 && place + 1 < letters.count && letters[place - 1].isLetter && letters[place + 1].isLetter
    guard letter == "'", !isInWord else {
      result.append(letter)
      continue
    }
    result.append(isOpen ? "”" : "“")
    isOpen.toggle()
  }
  return isOpen ? text : result
}
