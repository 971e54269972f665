/// The name of a run at its server: the task's name and a number.
public struct RunID: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
  /// Letters, digits, `.`, `_` and `-`: it becomes the name of a folder.
  public let name: String

  /// Nil when the text cannot be a run's name.
  public init?(_ name: some StringProtocol) {
    guard (1...WireLimits.nameBytes).contains(name.utf8.count), !name.hasPrefix("."),
      name.utf8.allSatisfy({ byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
      })
    else { return nil }
    self.name = String(name)
  }

  public var description: String { name }
  public static func < (left: Self, right: Self) -> Bool { left.name < right.name }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let run = RunID(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a run's name")
    }
    self = run
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}
