/// Writes delimited text (RFC 4180, but lines end with LF) that `Table(csv:)` reads back as it was.
package struct CSVWriter: Sendable {
  /// The text so far; take it and empty it to write piece by piece.
  package var bytes: [UInt8] = []
  private let delimiter: UInt8
  private var isRowEmpty = true

  /// - Parameter delimiter: an ASCII character that is no quote, line end, letter, digit or `+-.`.
  package init(delimiter: Character = ",") {
    self.delimiter = delimiter.asciiValue ?? UInt8(ascii: ",")
  }

  /// Appends a text, in quotes where it holds a delimiter, quote or line end, or blanks at an end.
  package mutating func append(_ text: String) {
    separate()
    let utf8 = text.utf8
    let needsQuotes = utf8.contains {
      $0 == delimiter || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r")
    }
    let isBlank: (UInt8?) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    // A byte order mark at the start would be skipped.
    let isMark = text.unicodeScalars.first == "\u{FEFF}"
    guard needsQuotes || isMark || isBlank(utf8.first) || isBlank(utf8.last) else {
      return bytes.append(contentsOf: utf8)
    }
    bytes.append(UInt8(ascii: "\""))
    for byte in utf8 {
      if byte == UInt8(ascii: "\"") { bytes.append(byte) }
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Appends a number in the fewest digits that read back as the same `Double`; NaN as an empty field.
  package mutating func append(_ number: Double) {
    guard !number.isNaN else { return append("") }
    separate()
    bytes.append(contentsOf: DecimalNumber.text(number).utf8)
  }

  /// Ends the row.
  package mutating func endRow() {
    // A line without a byte would be no row.
    if !isRowEmpty, bytes.isEmpty || bytes.last == UInt8(ascii: "\n") {
      bytes.append(contentsOf: [UInt8(ascii: "\""), UInt8(ascii: "\"")])
    }
    bytes.append(UInt8(ascii: "\n"))
    isRowEmpty = true
  }

  private mutating func separate() {
    if !isRowEmpty { bytes.append(delimiter) }
    isRowEmpty = false
  }
}

extension Table {
  /// The table as delimited text with a header line; missing values are empty fields.
  package func csv(delimiter: Character = ",") -> [UInt8] {
    var writer = CSVWriter(delimiter: delimiter)
    for name in names { writer.append(name) }
    writer.endRow()
    for row in 0..<rowCount {
      for column in columns {
        switch column {
        case .number(let values): writer.append(values[row])
        case .category(let codes, let levels): writer.append(codes[row] < 0 ? "" : levels[Int(codes[row])])
        }
      }
      writer.endRow()
    }
    return writer.bytes
  }
}
