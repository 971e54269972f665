/// Numbers of at most 16 bytes without an exponent, which are nearly all: no loop over digits, whose length
/// a processor cannot foretell, but arithmetic on all bytes at once.
///
/// The text is moved to the upper end of one or two words, the room below filled with the digit zero, the
/// sign overwritten by a zero and the decimal mark taken out; what is left must be digits.
extension DecimalNumber {
  /// The number, or nil where this road does not lead: then `parseLong` decides.
  ///
  /// - Precondition: `count` is 1 to 16.
  @inline(__always)
  static func parseShort(_ start: UnsafePointer<UInt8>, count: Int, decimal: UInt8) -> Double? {
    let marks = UInt64(decimal) &* 0x0101_0101_0101_0101
    // No branch: whether a number is negative is what a processor foretells least.
    let sign: UInt64 = start.pointee == UInt8(ascii: "-") ? 1 : 0
    let digits: UInt64
    var fraction = 0
    var digitCount = count &- Int(truncatingIfNeeded: sign)
    if count <= 8 {
      var word = upperAligned(start, count: count, sign: sign)
      if let bit = firstByte(equalTo: marks, in: word) {
        word = removing(byteAt: bit, from: word) | UInt64(zero)
        fraction = (56 &- bit) &>> 3
        digitCount &-= 1
      }
      guard isEightDigits(word) else { return nil }
      digits = eightDigits(word)
    } else {
      let unused = UInt64(8 &* (16 &- count))
      var low = load(start, sign: sign) &<< unused | zeros & ((1 &<< unused) &- 1)
      var high = UInt64(littleEndian: UnsafeRawPointer(start + count - 8).loadUnaligned(as: UInt64.self))
      if let bit = firstByte(equalTo: marks, in: low) {
        low = removing(byteAt: bit, from: low) | UInt64(zero)
        fraction = 8 &+ (56 &- bit) &>> 3
        digitCount &-= 1
      } else if let bit = firstByte(equalTo: marks, in: high) {
        high = removing(byteAt: bit, from: high) | low &>> 56
        low = low &<< 8 | UInt64(zero)
        fraction = (56 &- bit) &>> 3
        digitCount &-= 1
      }
      guard isEightDigits(low), isEightDigits(high) else { return nil }
      digits = eightDigits(low) &* 100_000_000 &+ eightDigits(high)
    }
    guard digitCount > 0, digits <= 1 << 53 else { return nil }
    let magnitude = Double(Int64(bitPattern: digits)) / powersOfTen[fraction]
    return Double(bitPattern: magnitude.bitPattern | sign &<< 63)
  }

  private static var zero: UInt8 { UInt8(ascii: "0") }
  private static var zeros: UInt64 { 0x3030_3030_3030_3030 }

  /// At most 8 bytes at the upper end of a word, zeros below, no byte read but those.
  @inline(__always)
  private static func upperAligned(_ start: UnsafePointer<UInt8>, count: Int, sign: UInt64) -> UInt64 {
    if count == 8 { return load(start, sign: sign) }
    let unused = UInt64(8 &* (8 &- count))
    let raw = UnsafeRawPointer(start)
    var word: UInt64
    if count >= 4 {
      let first = UInt64(UInt32(littleEndian: raw.loadUnaligned(as: UInt32.self)))
      let last = UInt64(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)))
      word = first | last &<< UInt64(8 &* (count &- 4))
    } else {
      let (middle, last) = (count &>> 1, count &- 1)
      word = UInt64(start[0]) | UInt64(start[middle]) &<< UInt64(8 &* middle)
      word |= UInt64(start[last]) &<< UInt64(8 &* last)
    }
    return unsigned(word, sign) &<< unused | zeros & ((1 &<< unused) &- 1)
  }

  @inline(__always)
  private static func load(_ start: UnsafePointer<UInt8>, sign: UInt64) -> UInt64 {
    unsigned(UInt64(littleEndian: UnsafeRawPointer(start).loadUnaligned(as: UInt64.self)), sign)
  }

  /// A minus in the lowest byte becomes a zero: they differ in the bits of 0x1D.
  @inline(__always)
  private static func unsigned(_ word: UInt64, _ sign: UInt64) -> UInt64 { word ^ (0x1D &* sign) }

  /// The bit at which the first such byte begins. Exact for bytes of ASCII up to the first one beyond it,
  /// which is no digit and ends this road in any case.
  @inline(__always)
  private static func firstByte(equalTo pattern: UInt64, in word: UInt64) -> Int? {
    let tops: UInt64 = 0x8080_8080_8080_8080
    let hits = (tops &- (word ^ pattern)) & ~word & tops
    return hits == 0 ? nil : hits.trailingZeroBitCount & ~7
  }

  /// Closes the gap of one byte from below; the lowest byte is then free.
  @inline(__always)
  private static func removing(byteAt bit: Int, from word: UInt64) -> UInt64 {
    let below: UInt64 = (1 &<< UInt64(bit)) &- 1
    let gap: UInt64 = 0xFF &<< UInt64(bit)
    return word & ~(below | gap) | (word & below) &<< 8
  }
}
