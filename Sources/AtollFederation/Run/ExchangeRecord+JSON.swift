import FoundationEssentials

extension ExchangeRecord {
  /// The record as ``CanonicalJSON`` encodes it, written directly: a record names everyone who contributed, and a
  /// general encoder takes longer over a thousand names than a small model does to be trained by their owners.
  public var canonicalJSON: [UInt8] {
    get throws {
      var text: [UInt8] = []
      text.reserveCapacity(512 + 64 * contributors.count)
      text.append(contentsOf: #"{"contributors":["#.utf8)
      for (place, contributor) in contributors.enumerated() {
        if place > 0 { text.append(UInt8(ascii: ",")) }
        text.append(contentsOf: #"{"exchange":"#.utf8)
        text.append(contentsOf: String(contributor.exchange).utf8)
        text.append(contentsOf: #","participant":"#.utf8)
        try text.append(json: contributor.participant.name)
        text.append(UInt8(ascii: "}"))
      }
      text.append(contentsOf: #"],"exchange":\#(exchange),"previous":"\#(previous)","#.utf8)
      text.append(contentsOf: #""program":"\#(program)","query":"#.utf8)
      try text.append(json: query)
      if let round {
        text.append(contentsOf: #","round":"#.utf8)
        text.append(contentsOf: try CanonicalJSON.encode(round))
      }
      text.append(UInt8(ascii: "}"))
      return text
    }
  }
}

extension [UInt8] {
  /// Appends a text in quotes.
  fileprivate mutating func append(json text: String) throws {
    let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    guard isPlain else { return append(contentsOf: try CanonicalJSON.encode(text)) }
    append(UInt8(ascii: "\""))
    append(contentsOf: text.utf8)
    append(UInt8(ascii: "\""))
  }
}
