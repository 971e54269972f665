/// The name of a data owner, as everyone in the federation knows it.
///
/// 1 to 128 bytes of UTF-8 without control characters and slashes: it becomes part of file names and log lines.
public struct ParticipantID: Hashable, Sendable, Comparable {
  /// The name as everyone writes it.
  public let name: String

  /// Nil when the name is empty, too long, `.`, `..`, or has a control character or a slash.
  public init?(_ name: String) {
    guard (1...128).contains(name.utf8.count), name != ".", name != "..",
      name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\") }
      )
    else { return nil }
    self.name = name
  }

  // Bytes, not collation: the same order on every machine.
  public static func < (left: Self, right: Self) -> Bool {
    let order = left.name.utf8.withContiguousStorageIfAvailable { left in
      right.name.utf8.withContiguousStorageIfAvailable { right in
        for index in 0..<min(left.count, right.count) where left[index] != right[index] {
          return left[index] < right[index]
        }
        return left.count < right.count
      }
    }
    return (order ?? nil) ?? left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
  }
}

extension ParticipantID: CustomStringConvertible {
  public var description: String { name }
}

extension ParticipantID: ExpressibleByStringLiteral {
  /// - Precondition: the literal is a lawful name.
  public init(stringLiteral name: String) {
    guard let id = ParticipantID(name) else { preconditionFailure("not a participant's name: \(name)") }
    self = id
  }
}

extension ParticipantID: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let id = ParticipantID(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a participant's name")
    }
    self = id
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}

/// Dictionaries by participant become JSON objects, whose keys are sorted, not lists in an order of chance.
extension ParticipantID: CodingKeyRepresentable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// The name, so that dictionaries by participant are JSON objects.
  public var codingKey: any CodingKey { Key(stringValue: name) }
  public init?(codingKey: some CodingKey) { self.init(codingKey.stringValue) }
}
