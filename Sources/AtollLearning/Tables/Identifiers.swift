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
  // A patient's number may come once a visit: it need not be all different.
  let isNamed = IdentifierWords.end(name) && (summary.hasMoreDistinct || summary.distinct >= 20)

  if summary.kind == .category {
    let isVaried = summary.hasMoreDistinct || summary.distinct * 2 >= rows
    if isVaried, summary.personLikeCount * 10 >= rows * 9 { return "looks like names" }
    if isAllDifferent { return "\(grouped(rows)) values in \(grouped(rows)) rows" }
    if summary.hasMoreDistinct { return "more than \(grouped(summary.distinct)) different texts" }
    if isNearlyDifferent { return "\(grouped(summary.distinct)) values in \(grouped(rows)) rows" }
    return isNamed ? "its name says so" : nil
  }
  guard summary.isWhole else { return nil }
  if isNamed { return "its name says so" }
  if summary.isRising, summary.textCount == 0 { return "whole numbers that rise from row to row" }
  if summary.isFalling, summary.textCount == 0 { return "whole numbers that fall from row to row" }
  return nil
}

/// Words in a column's name that announce an identifier.
enum IdentifierWords {
  private static let words: Set<String> = [
    "id", "ids", "idx", "uid", "uuid", "guid", "key", "mrn", "ssn", "nhs", "rowid", "patientid", "userid",
    "customerid", "patient", "subject", "identifier", "name", "surname", "firstname", "lastname", "fullname",
    "forename", "email", "phone", "telephone", "address", "street", "iban", "account", "passport", "unnamed",
  ]

  /// The last word of the name is one of them: `patient_id` and `patientId`, not `patient_age`.
  static func end(_ name: String) -> Bool {
    var (word, next) = ("", "")
    var wasSmall = false
    for character in name {
      if !character.isLetter || (character.isUppercase && wasSmall) { next = "" }
      if character.isLetter {
        next += character.lowercased()
        word = next
      }
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
