/// Names of category levels, the same at every site however its file writes them.
///
/// One site's file says `3.0`, another's `3`, a third one's column is read as numbers: all mean level `3`.
enum LevelName {
  /// The most levels of one column.
  static let mostLevels = 1_000
  /// The longest name, in bytes of UTF-8.
  static let longest = 256

  /// The name of a level: where the text is a number, that number in its shortest form.
  static func canonical(_ text: String) -> String { number(text).map(canonical) ?? text }

  static func canonical(_ number: Double) -> String { DecimalNumber.text(number + 0) }  // −0 counts as 0

  /// The number that a text stands for; nil for text, and for numbers so long that a Double may confuse them.
  static func number(_ text: String) -> Double? {
    let number = Levels.number(text)
    return number.magnitude <= 0x1p53 ? number : nil
  }

  static func check(_ levels: [String], of column: String) throws(PreparationError) {
    guard levels.count <= mostLevels else {
      throw PreparationError(
        .levels,
        "column \(quoted(column)) has more than \(mostLevels) different values; leave it out, or declare it a number",
        column: column)
    }
    guard levels.allSatisfy({ $0.utf8.count <= longest }) else {
      throw PreparationError(
        .levels,
        "column \(quoted(column)) has values of more than \(longest) bytes: free text is no category",
        column: column)
    }
  }
}
