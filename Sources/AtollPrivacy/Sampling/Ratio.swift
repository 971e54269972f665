/// A rational number that is not negative, in lowest terms: exact samplers take no other parameters.
public struct Ratio: Hashable, Sendable {
  /// Above the line.
  public let numerator: UInt128
  /// Below the line; positive.
  public let denominator: UInt64

  /// - Throws: ``PrivacyError`` where the denominator is 0 or, in lowest terms, the numerator is 2^120 or more.
  public init(_ numerator: UInt128, _ denominator: UInt64 = 1) throws(PrivacyError) {
    guard denominator > 0 else { throw PrivacyError(.invalid, "the denominator of a ratio is above 0") }
    var (a, b) = (numerator, UInt128(denominator))
    while b > 0 { (a, b) = (b, a % b) }
    self.numerator = numerator / a
    self.denominator = UInt64(UInt128(denominator) / a)
    guard self.numerator >> 120 == 0 else {
      throw PrivacyError(.invalid, "the numerator of a ratio lies below 2^120")
    }
  }

  /// The smallest multiple of 2^-62 that is not below a number, or the number itself where it has few digits.
  ///
  /// - Throws: ``PrivacyError`` where the number is negative, not finite or 2^62 or more.
  public init(roundingUp number: Double) throws(PrivacyError) { try self.init(number, .up) }

  /// The largest multiple of 2^-62 that is not above a number.
  ///
  /// - Throws: ``PrivacyError`` where the number is negative, not finite or 2^62 or more.
  public init(roundingDown number: Double) throws(PrivacyError) { try self.init(number, .down) }

  private init(_ number: Double, _ rule: FloatingPointRoundingRule) throws(PrivacyError) {
    guard number >= 0, number < 0x1p62 else {
      throw PrivacyError(.invalid, "\(number) lies outside 0..<2^62")
    }
    // The product is exact, and so is the conversion: whole below 2^124, with 53 digits.
    try self.init(UInt128((number * 0x1p62).rounded(rule)), 1 << 62)
  }

  /// The number, rounded.
  public var double: Double { Double(numerator) / Double(denominator) }
}

extension Ratio: CustomStringConvertible {
  public var description: String { denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)" }
}

extension Ratio: Codable {
  /// Reads what ``description`` says, "3/2" or "7".
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let numerator = UInt128(parts[0]), let denominator = parts.count == 1 ? 1 : UInt64(parts[1]) else {
      throw PrivacyError(.invalid, "\(text) is no ratio of integers, such as 3/2")
    }
    try self.init(numerator, denominator)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension Ratio: Comparable {
  public static func < (a: Ratio, b: Ratio) -> Bool {
    // Products of 128 and 64 digits, compared in full.
    let left = a.numerator.multipliedFullWidth(by: UInt128(b.denominator))
    let right = b.numerator.multipliedFullWidth(by: UInt128(a.denominator))
    return (left.high, left.low) < (right.high, right.low)
  }
}
