/// Guesses which columns name a person or a row. They may be wrong, so they only decide what is left out
/// unless asked for, and say why in words.
///
/// - Returns: nil for a column that does not look like an identifier.
func identifierReason(name: String, summary: ColumnSummary) -> String? {
  let rows = summary.valueCount
  // In a handful of rows every column is all different.
  guard rows >= 20, summary.kind != .date else { return nil }
  let isAllDifferent = !summary.hasMoreDistinct && summary.distinct == rows
  let isNearlyDifferent = summary.hasMoreDistinct || summary.distinct * 100 >= rows * 95
  let isNamed = IdentifierWords.areIn(name)

  if summary.kind == .category {
    if summary.personLikeCount * 10 >= rows * 9, summary.hasMoreDistinct || summary.distinct * 2 >= rows {
      return "looks like names"
    }
    if isAllDifferent { return "\(grouped(rows)) values in \(grouped(rows)) rows" }
    if summary.hasMoreDistinct { return "more than \(grouped(summary.distinct)) different texts" }
    if isNearlyDifferent { return "\(grouped(summary.distinct)) values in \(grouped(rows)) rows" }
    if isNamed, summary.distinct * 2 >= rows { return "its name says so" }
    return nil
  }
  guard summary.isWhole else { return nil }
  if isNamed, summary.hasMoreDistinct || summary.distinct * 2 >= rows { return "its name says so" }
  if summary.isRising, summary.textCount == 0 { return "whole numbers that rise from row to row" }
  if summary.isFalling, summary.textCount == 0 { return "whole numbers that fall from row to row" }
  return nil
}

/// Words in a column's name that announce an identifier.
enum IdentifierWords {
  private static let words: Set<String> = [
    "id", "ids", "idx", "uid", "uuid", "guid", "key", "mrn", "ssn", "nhs", "nr", "no", "number", "rowid", "index",
    "name", "names", "surname", "firstname", "lastname", "fullname", "forename", "patient", "patientid",
    "email", "mail", "phone", "telephone", "mobile", "address", "street", "iban", "account", "passport",
    "identifier", "identity", "record", "case", "customerid", "userid", "subject", "unnamed",
  ]

  /// One of the words stands in the name, between signs or changes from small to capital letters.
  static func areIn(_ name: String) -> Bool {
    var word = ""
    var wasSmall = false
    for character in name {
      if !character.isLetter || (character.isUppercase && wasSmall) {
        if words.contains(word) { return true }
        word = ""
      }
      if character.isLetter { word += character.lowercased() }
      wasSmall = character.isLowercase
    }
    return words.contains(word)
  }
}

/// Tells `Anna Berg`, `BERG, Anna` and `Dr. J. van der Berg` from `chest pain` and `ICU 4`.
enum PersonName {
  static func isLike(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard 5...60 ~= bytes.count else { return false }
    var (words, capitals, length) = (0, 0, 0)
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), 0x80...:
        if length == 0 {
          words += 1
          // Letters beyond ASCII may be capitals too: Ø, Š, 李.
          if byte <= UInt8(ascii: "Z") || byte >= 0x80 { capitals += 1 }
        }
        length += 1
      case UInt8(ascii: " "), UInt8(ascii: ","), UInt8(ascii: "."): length = 0
      case UInt8(ascii: "-"), UInt8(ascii: "'"): break
      default: return false
      }
    }
    return 2...5 ~= words && capitals >= 2
  }
}
