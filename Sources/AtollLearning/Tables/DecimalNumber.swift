import CAtollKernels

/// Decimal text to the nearest `Double`, ties to even, without a `String` per number.
///
/// Three exact roads, by the size of the digits read as one integer m and of the power of ten e:
///
/// 1. m ≤ 2^53 and |e| ≤ 22: m and 10^|e| are doubles, so that one IEEE operation rounds once.
///    W. D. Clinger, "How to read floating point numbers accurately", PLDI 1990, §4.
/// 2. at most 19 digits and |e| ≤ 27: m · 5^e fits 128 bits, and m / 5^-e is one 128-by-64-bit division
///    whose remainder is kept as a sticky bit; either is rounded once. No estimate, hence no case to retry
///    (unlike D. Lemire, "Number parsing at a gigabyte per second", 2021, which covers all exponents).
/// 3. anything else goes through the standard library.
///
/// Numbers are `[+-] digits [. digits] [e [+-] digits]` with at least one digit before `e`. Hexadecimal
/// digits, `inf`, `nan` and grouped thousands are no numbers here.
enum DecimalNumber {
  /// The number that `bytes` spell: NaN when they spell none, an infinity when it is out of range.
  ///
  /// - Parameter lead: how many bytes before them can be read.
  @inline(__always)
  static func parse(_ bytes: UnsafeBufferPointer<UInt8>, lead: Int = 0, decimal: UInt8) -> Double {
    let value = parseShort(bytes, lead: lead, decimal: decimal)
    return value.isNaN ? parseLong(bytes, decimal: decimal) : value
  }

  /// Numbers of at most 16 bytes without an exponent, which are nearly all: no loop over digits, whose length a processor
  /// cannot foretell, but one look at all bytes. NaN where this road does not lead.
  @inline(__always)
  static func parseShort(_ bytes: UnsafeBufferPointer<UInt8>, lead: Int, decimal: UInt8) -> Double {
    guard let start = bytes.baseAddress, 1...16 ~= bytes.count else { return .nan }
    return atoll_short_number(start, bytes.count, lead, decimal)
  }

  @inline(never)
  private static func parseLong(_ bytes: UnsafeBufferPointer<UInt8>, decimal: UInt8) -> Double {
    guard let start = bytes.baseAddress, bytes.count > 0 else { return .nan }
    let end = start + bytes.count
    let isNegative = start.pointee == UInt8(ascii: "-")
    var next = isNegative || start.pointee == UInt8(ascii: "+") ? start + 1 : start
    var digits: UInt64 = 0
    var exponent = 0

    let whole = next
    readDigits(&next, end, &digits)
    var count = next - whole
    if next < end, next.pointee == decimal {
      next += 1
      let fraction = next
      readDigits(&next, end, &digits)
      exponent = fraction - next
      count -= exponent
    }
    guard count > 0 else { return .nan }
    if next < end {
      guard next.pointee | 0x20 == UInt8(ascii: "e"), let power = readExponent(next + 1, end) else {
        return .nan
      }
      exponent += power
    }
    // 19 digits always fit 64 bits; leading zeros do no harm, but only the slow road counts them.
    guard count <= 19 else { return parseSlowly(bytes, decimal: decimal) }
    let magnitude: Double
    if digits <= 1 << 53, -22 <= exponent, exponent <= 22 {
      let exact = Double(Int64(bitPattern: digits))
      magnitude = exponent < 0 ? exact / powersOfTen[-exponent] : exact * powersOfTen[exponent]
    } else {
      magnitude =
        roundExactly(digits, exponent) ?? abs(parseSlowly(bytes, decimal: decimal))
    }
    return isNegative ? -magnitude : magnitude
  }

  /// Reads decimal digits onto `value`, modulo 2^64.
  @inline(__always)
  private static func readDigits(
    _ next: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ value: inout UInt64
  ) {
    while end - next >= 8 {
      let eight = UInt64(littleEndian: UnsafeRawPointer(next).loadUnaligned(as: UInt64.self))
      guard isEightDigits(eight) else { break }
      value = value &* 100_000_000 &+ eightDigits(eight)
      next += 8
    }
    while next < end {
      let digit = next.pointee &- UInt8(ascii: "0")
      guard digit < 10 else { return }
      value = value &* 10 &+ UInt64(digit)
      next += 1
    }
  }

  @inline(__always)
  static func isEightDigits(_ eight: UInt64) -> Bool {
    let high = eight & 0xF0F0_F0F0_F0F0_F0F0
    let carried = (eight &+ 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0
    return high | (carried &>> 4) == 0x3333_3333_3333_3333
  }

  /// Eight ASCII digits, the first in the lowest byte: pairs, then fours, then all of them.
  @inline(__always)
  static func eightDigits(_ eight: UInt64) -> UInt64 {
    var value = eight &- 0x3030_3030_3030_3030
    value = (value &* 10 &+ (value &>> 8)) & 0x00FF_00FF_00FF_00FF
    value = (value &* 100 &+ (value &>> 16)) & 0x0000_FFFF_0000_FFFF
    return (value &* 10_000 &+ (value &>> 32)) & 0xFFFF_FFFF
  }

  private static func readExponent(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int? {
    guard start < end else { return nil }
    let isNegative = start.pointee == UInt8(ascii: "-")
    var next = isNegative || start.pointee == UInt8(ascii: "+") ? start + 1 : start
    guard next < end else { return nil }
    var power = 0
    while next < end {
      let digit = next.pointee &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      power = min(power * 10 + Int(digit), 1_000_000)
      next += 1
    }
    return isNegative ? -power : power
  }

  /// digits · 10^exponent rounded once, or nil where 128 bits do not hold what that takes.
  private static func roundExactly(_ digits: UInt64, _ exponent: Int) -> Double? {
    guard digits != 0 else { return 0 }
    guard -27 <= exponent, exponent <= 27 else { return nil }
    let five = powersOfFive[abs(exponent)]
    if exponent >= 0 {
      let product = digits.multipliedFullWidth(by: five)
      guard product.high != 0 else { return Double(product.low) * powerOfTwo(exponent) }
      let shift = product.high.leadingZeroBitCount
      let top = product.high << shift | product.low >> (64 - shift)
      return Double(top | (product.low << shift != 0 ? 1 : 0)) * powerOfTwo(64 - shift + exponent)
    }
    // Both scaled to 64 bits, the quotient has 63 or 64: the sticky bit lies far below the 53rd.
    let (up, upFive) = (digits.leadingZeroBitCount, five.leadingZeroBitCount)
    let scaled = digits << up
    let (quotient, remainder) = (five << upFive).dividingFullWidth((scaled >> 1, scaled << 63))
    return Double(quotient | (remainder != 0 ? 1 : 0)) * powerOfTwo(upFive - up - 63 + exponent)
  }

  private static func powerOfTwo(_ exponent: Int) -> Double {
    Double(bitPattern: UInt64(1023 + exponent) << 52)
  }

  @inline(never)
  private static func parseSlowly(_ bytes: UnsafeBufferPointer<UInt8>, decimal: UInt8) -> Double {
    let text = String(decoding: bytes.map { $0 == decimal ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
    return Double(text) ?? .nan
  }

  static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
  ]

  private static let powersOfFive: [UInt64] = (0...27).map { power in
    (0..<power).reduce(1) { value, _ in value * 5 }
  }

  /// The shortest text that reads back as `value`: `1` and not `1.0`.
  static func text(_ value: Double) -> String {
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
