import FoundationEssentials

extension ExchangeRecord {
  /// The record as ``CanonicalJSON`` encodes it, written directly: a record names everyone who contributed, and a
  /// general encoder takes longer over a thousand names than a small model does to be trained by their owners.
  public var canonicalJSON: [UInt8] {
    get throws {
      var text: [UInt8] = []
      text.reserveCapacity(512 + 64 * contributors.count)
      text.append(contentsOf: #"{"contributors":["#.utf8)
      // Nearly all answer the same question: what stands before a name is written once.
      var (answered, opening): (Int?, [UInt8]) = (nil, [])
      for (place, contributor) in contributors.enumerated() {
        if place > 0 { text.append(UInt8(ascii: ",")) }
        if answered != contributor.exchange {
          answered = contributor.exchange
          opening = Array(#"{"exchange":\#(contributor.exchange),"participant":"#.utf8)
        }
        text.append(contentsOf: opening)
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
    var text = text
    let isPlain = text.withUTF8 { bytes in
      guard bytes.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else {
        return false
      }
      append(UInt8(ascii: "\""))
      append(contentsOf: bytes)
      append(UInt8(ascii: "\""))
      return true
    }
    if !isPlain { append(contentsOf: try CanonicalJSON.encode(text)) }
  }
}
