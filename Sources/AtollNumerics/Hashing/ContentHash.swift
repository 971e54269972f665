import Crypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// The SHA-256 of some bytes: the name of a model, a task or a record (FIPS 180-4).
public struct ContentHash: Hashable, Sendable, Comparable {
  /// 64 lower-case hexadecimal digits.
  public let hexadecimal: String

  /// Hashes the bytes.
  public init(of bytes: some ContiguousBytes) {
    let digest = bytes.withUnsafeBytes { SHA256.hash(data: $0) }
    hexadecimal = digest.hexadecimal
  }

  /// The SHA-256 of no bytes.
  public static let ofNothing = ContentHash(of: [UInt8]())

  /// Reads `sha256:` followed by 64 hexadecimal digits, or the digits alone; nil for anything else.
  public init?(_ text: some StringProtocol) {
    let digits = text.hasPrefix("sha256:") ? text.dropFirst(7) : text[...]
    guard digits.utf8.count == 64,
      digits.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { return nil }
    hexadecimal = String(digits)
  }

  /// The first 64 bits, for keys of streams.
  package var prefix: UInt64 { UInt64(hexadecimal.prefix(16), radix: 16) ?? 0 }

  public static func < (left: Self, right: Self) -> Bool { left.hexadecimal < right.hexadecimal }
}

extension ContentHash: CustomStringConvertible {
  /// `sha256:` and the digits.
  public var description: String { "sha256:" + hexadecimal }
  /// `sha256:41d0c2…e977`, for people.
  public var abbreviated: String { "sha256:\(hexadecimal.prefix(6))…\(hexadecimal.suffix(4))" }
}

extension ContentHash: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let hash = ContentHash(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a SHA-256")
    }
    self = hash
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Hashes bytes that arrive in pieces.
public struct ContentHasher: Sendable {
  private var state = SHA256()

  /// No bytes yet.
  public init() {}

  /// Takes the next bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) { state.update(bufferPointer: bytes) }

  /// The hash of all bytes taken.
  public func finalize() -> ContentHash {
    ContentHash(unchecked: state.finalize().hexadecimal)
  }
}

extension ContentHash {
  fileprivate init(unchecked digits: String) { hexadecimal = digits }
}

extension SHA256Digest {
  fileprivate var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
