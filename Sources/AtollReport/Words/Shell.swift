/// Words of a command line as a shell takes them, so that hints run as typed.
package enum Shell {
  /// The text itself where it is harmless, else in single quotes.
  package static func quoted(_ text: String) -> String {
    let harmless = text.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        || "/._-+=,:@%".unicodeScalars.contains(scalar)
    }
    if harmless, !text.isEmpty { return text }
    return "'" + text.replacing("'", with: #"'\''"#) + "'"
  }
}
