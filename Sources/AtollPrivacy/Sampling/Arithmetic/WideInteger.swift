/// Integers of any size: sign and magnitude. Only what ``Ball`` needs, written to be read rather than to be fast; a sample
/// comes here about once in 2⁵⁰.
struct WideInteger: Hashable, Sendable {
  /// Least significant first; the last one is not 0, and zero has none.
  private(set) var limbs: [UInt64]
  private(set) var isNegative: Bool

  private init(limbs: [UInt64], isNegative: Bool) {
    self.limbs = limbs
    while self.limbs.last == 0 { self.limbs.removeLast() }
    self.isNegative = isNegative && !self.limbs.isEmpty
  }

  init(_ value: UInt128) {
    self.init(
      limbs: [UInt64(truncatingIfNeeded: value), UInt64(truncatingIfNeeded: value >> 64)], isNegative: false)
  }

  init(_ value: Int128) {
    self.init(value.magnitude)
    isNegative = value < 0
  }

  static let zero = WideInteger(limbs: [], isNegative: false)
  static let one = WideInteger(limbs: [1], isNegative: false)

  var isZero: Bool { limbs.isEmpty }
  /// The number of binary digits of the magnitude.
  var bitWidth: Int { limbs.isEmpty ? 0 : 64 * limbs.count - limbs[limbs.count - 1].leadingZeroBitCount }
  var magnitude: WideInteger { WideInteger(limbs: limbs, isNegative: false) }

  /// The number, where it is not negative and has at most 128 digits.
  var asUInt128: UInt128? {
    guard !isNegative, limbs.count <= 2 else { return nil }
    return limbs.reversed().reduce(0) { $0 << 64 | UInt128($1) }
  }

  static prefix func - (value: WideInteger) -> WideInteger {
    WideInteger(limbs: value.limbs, isNegative: !value.isNegative)
  }

  static func + (a: WideInteger, b: WideInteger) -> WideInteger {
    if a.isNegative == b.isNegative {
      return WideInteger(limbs: sum(a.limbs, b.limbs), isNegative: a.isNegative)
    }
    return isLess(a.limbs, b.limbs)
      ? WideInteger(limbs: difference(b.limbs, a.limbs), isNegative: b.isNegative)
      : WideInteger(limbs: difference(a.limbs, b.limbs), isNegative: a.isNegative)
  }

  static func - (a: WideInteger, b: WideInteger) -> WideInteger { a + -b }

  static func * (a: WideInteger, b: WideInteger) -> WideInteger {
    var product = [UInt64](repeating: 0, count: a.limbs.count + b.limbs.count)
    for (i, x) in a.limbs.enumerated() {
      var carry: UInt64 = 0
      for (j, y) in b.limbs.enumerated() {
        let term = UInt128(x) * UInt128(y) + UInt128(product[i + j]) + UInt128(carry)
        product[i + j] = UInt64(truncatingIfNeeded: term)
        carry = UInt64(truncatingIfNeeded: term >> 64)
      }
      product[i + b.limbs.count] = carry
    }
    return WideInteger(limbs: product, isNegative: a.isNegative != b.isNegative)
  }

  /// Multiplies by 2^count.
  static func << (a: WideInteger, count: Int) -> WideInteger {
    guard count > 0, !a.isZero else { return count < 0 ? a >> -count : a }
    let (whole, part) = (count / 64, UInt64(count % 64))
    var limbs = [UInt64](repeating: 0, count: whole)
    var carry: UInt64 = 0
    for limb in a.limbs {
      limbs.append(limb << part | carry)
      carry = part == 0 ? 0 : limb >> (64 - part)
    }
    return WideInteger(limbs: limbs + [carry], isNegative: a.isNegative)
  }

  /// Divides by 2^count, towards zero.
  static func >> (a: WideInteger, count: Int) -> WideInteger {
    guard count > 0 else { return a << -count }
    let (whole, part) = (count / 64, UInt64(count % 64))
    guard whole < a.limbs.count else { return .zero }
    let rest = Array(a.limbs[whole...])
    let limbs = rest.indices.map { place in
      let above = place + 1 < rest.count && part > 0 ? rest[place + 1] << (64 - part) : 0
      return rest[place] >> part | above
    }
    return WideInteger(limbs: limbs, isNegative: a.isNegative)
  }

  /// The quotient towards zero.
  ///
  /// - Precondition: the divisor is not 0.
  static func / (a: WideInteger, b: WideInteger) -> WideInteger {
    precondition(!b.isZero, "division by zero")
    let isNegative = a.isNegative != b.isNegative
    if b.limbs.count == 1 { return WideInteger(limbs: quotient(a.limbs, b.limbs[0]), isNegative: isNegative) }
    // Digit by digit, as by hand.
    let divisor = b.magnitude
    var remainder = WideInteger.zero
    var digits = [UInt64](repeating: 0, count: a.limbs.count)
    for place in stride(from: a.bitWidth - 1, through: 0, by: -1) {
      let digit = a.limbs[place / 64] >> UInt64(place % 64) & 1
      remainder = remainder << 1
      if digit == 1 { remainder = remainder + .one }
      if remainder >= divisor {
        remainder = remainder - divisor
        digits[place / 64] |= 1 << UInt64(place % 64)
      }
    }
    return WideInteger(limbs: digits, isNegative: isNegative)
  }
}

extension WideInteger: Comparable {
  static func < (a: WideInteger, b: WideInteger) -> Bool {
    if a.isNegative != b.isNegative { return a.isNegative }
    return a.isNegative ? isLess(b.limbs, a.limbs) : isLess(a.limbs, b.limbs)
  }
}

// MARK: - Magnitudes

extension WideInteger {
  private static func isLess(_ a: [UInt64], _ b: [UInt64]) -> Bool {
    guard a.count == b.count else { return a.count < b.count }
    for place in a.indices.reversed() where a[place] != b[place] { return a[place] < b[place] }
    return false
  }

  private static func sum(_ a: [UInt64], _ b: [UInt64]) -> [UInt64] {
    var sum = a.count >= b.count ? a : b
    let other = a.count >= b.count ? b : a
    var carry = false
    for place in sum.indices {
      guard place < other.count || carry else { break }
      let (first, over) = sum[place].addingReportingOverflow(place < other.count ? other[place] : 0)
      let (second, again) = first.addingReportingOverflow(carry ? 1 : 0)
      sum[place] = second
      carry = over || again
    }
    return carry ? sum + [1] : sum
  }

  /// Of a larger and a smaller one.
  private static func difference(_ a: [UInt64], _ b: [UInt64]) -> [UInt64] {
    var difference = a
    var borrow = false
    for place in difference.indices {
      guard place < b.count || borrow else { break }
      let (first, under) = difference[place].subtractingReportingOverflow(place < b.count ? b[place] : 0)
      let (second, again) = first.subtractingReportingOverflow(borrow ? 1 : 0)
      difference[place] = second
      borrow = under || again
    }
    return difference
  }

  private static func quotient(_ a: [UInt64], _ divisor: UInt64) -> [UInt64] {
    var quotient = a
    var remainder: UInt64 = 0
    for place in a.indices.reversed() {
      (quotient[place], remainder) = divisor.dividingFullWidth((remainder, a[place]))
    }
    return quotient
  }
}
