import FoundationEssentials

/// Takes the records out of a manifest's text, piece by piece, so that none but one is in memory as text: a general
/// decoder would hold the whole of it several times over.
///
/// The records are the objects in the list directly below the root; what is left is a manifest without records.
struct RecordSplitter {
  /// The text without the records.
  private(set) var rest: [UInt8] = []

  private enum Place {
    /// Outside of the list of records.
    case outside
    /// In the list, between records.
    case between
    /// In a record.
    case inside
  }

  private var place = Place.outside
  private var record: [UInt8] = []
  /// How many braces and brackets are open.
  private var depth = 0
  private var isInString = false
  private var isEscaped = false

  /// Takes the next bytes, and calls `body` with the text of each record that they complete.
  mutating func consume(_ bytes: UnsafeRawBufferPointer, _ body: (Data) throws -> Void) rethrows {
    for byte in bytes {
      let opens = !isInString && (byte == UInt8(ascii: "{") || byte == UInt8(ascii: "["))
      let closes = !isInString && (byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]"))
      follow(byte)
      if opens { depth += 1 }
      if closes { depth -= 1 }
      switch place {
      case .outside:
        rest.append(byte)
        if opens, depth == 2, byte == UInt8(ascii: "[") { place = .between }
      case .between:
        if opens {
          record.append(byte)
          place = .inside
        } else if byte != UInt8(ascii: ",") {
          // The list's end; anything else that does not belong there is for the decoder to refuse.
          rest.append(byte)
          if closes { place = .outside }
        }
      case .inside:
        record.append(byte)
        guard closes, depth == 2 else { continue }
        let whole = Data(record)
        record.removeAll(keepingCapacity: true)
        place = .between
        try body(whole)
      }
    }
  }

  /// Whether the next byte is in a string.
  private mutating func follow(_ byte: UInt8) {
    if isEscaped {
      isEscaped = false
    } else if isInString, byte == UInt8(ascii: "\\") {
      isEscaped = true
    } else if byte == UInt8(ascii: "\"") {
      isInString.toggle()
    }
  }
}
