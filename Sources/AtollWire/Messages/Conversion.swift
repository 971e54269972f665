import AtollFederation
import AtollNumerics
import AtollPrivacy
import FoundationEssentials
import SwiftProtobuf

/// Reads what came from outside, checking every length before anything is kept.
enum Incoming {
  static func check(protocolVersion version: UInt32) throws(WireError) {
    guard version == WireLimits.protocolVersion else {
      throw WireError(
        .protocolViolation,
        "the peer speaks version \(version) of the protocol, and this program version \(WireLimits.protocolVersion)",
        hint: "the same release of atoll on both sides")
    }
  }

  static func hash(_ bytes: Data) throws(WireError) -> ContentHash {
    guard bytes.count == 32 else { throw violation("a SHA-256 has \(bytes.count) bytes") }
    let digits = Array("0123456789abcdef".utf8)
    let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    guard let hash = ContentHash(String(decoding: text, as: UTF8.self)) else {
      throw violation("a SHA-256 is malformed")
    }
    return hash
  }

  /// The head of a ledger; nil where there is none.
  static func head(_ text: String) throws(WireError) -> LedgerHead? {
    guard !text.isEmpty else { return nil }
    guard text.utf8.count <= WireLimits.nameBytes, let head = LedgerHead(text) else {
      throw violation("the head of a ledger is malformed")
    }
    return head
  }

  static func run(_ name: String) throws(WireError) -> RunID {
    guard let run = RunID(name) else { throw violation("a run's name is malformed") }
    return run
  }

  static func exchange(_ run: String, _ number: UInt64) throws(WireError) -> ExchangeID {
    ExchangeID(try self.run(run), try count(number, atMost: 1 << 40, "an exchange"))
  }

  static func count(_ number: UInt64, atMost limit: Int, _ what: String) throws(WireError) -> Int {
    guard number <= UInt64(limit) else { throw violation("\(what) of \(number), at most \(limit)") }
    return Int(number)
  }

  static func bytes(_ bytes: Data, atMost limit: Int, _ what: String) throws(WireError) -> Data {
    guard bytes.count <= limit else {
      throw violation("\(what) of \(bytes.count) bytes, at most \(limit)")
    }
    return bytes
  }

  static func text(_ text: String, atMost limit: Int, _ what: String) throws(WireError) -> String {
    guard text.utf8.count <= limit else {
      throw violation("\(what) of \(text.utf8.count) bytes, at most \(limit)")
    }
    return text
  }

  static func violation(_ message: String) -> WireError {
    WireError(.protocolViolation, "a message is not as the protocol says: \(message)")
  }
}

extension ContentHash {
  /// The 32 bytes.
  var bytes: Data {
    var bytes = Data(capacity: 32)
    var high: UInt8?
    for digit in hexadecimal.utf8 {
      let value = digit < 58 ? digit - 48 : digit - 87
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return bytes
  }
}

extension String {
  /// The beginning that fits into a message.
  var reason: String {
    guard utf8.count > WireLimits.reasonBytes else { return self }
    var short = prefix(WireLimits.reasonBytes - 3)
    while short.utf8.count > WireLimits.reasonBytes - 3 { short.removeLast() }
    return short + "…"
  }
}
