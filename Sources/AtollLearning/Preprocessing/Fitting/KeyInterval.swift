/// The doubles in the order of their values, as integers: `key(a) < key(b)` just when `a < b`.
///
/// A histogram over keys needs no scale and no bounds: its bins follow the bits of the numbers, so that a few
/// refinements pin any number down exactly.
enum OrderedKey {
  static let zero = UInt64(1) << 63

  static func of(_ number: Double) -> UInt64 {
    let bits = (number + 0).bitPattern  // −0 counts as 0
    return bits & zero == 0 ? bits | zero : ~bits
  }

  static func number(_ key: UInt64) -> Double {
    let number = Double(bitPattern: key & zero == 0 ? ~key : key ^ zero)
    return number + 0
  }
}

/// A closed interval of keys.
struct KeyInterval: Hashable, Codable, Sendable {
  let low: UInt64
  let high: UInt64

  /// Bins that an interval is cut into at once: ten bits of the number sought.
  static let mostBins = 1024

  func contains(_ key: UInt64) -> Bool { low <= key && key <= high }

  /// 2^shift keys make one bin.
  private var shift: Int { max(0, 64 - (high - low).leadingZeroBitCount - 10) }

  var binCount: Int { Int((high - low) >> shift) + 1 }

  /// - Precondition: the interval contains the key.
  func bin(of key: UInt64) -> Int { Int((key - low) >> shift) }

  func bin(_ index: Int) -> KeyInterval {
    let start = low + UInt64(index) << shift
    let size = UInt64(1) << shift - 1
    return KeyInterval(low: start, high: high - start < size ? high : start + size)
  }

  /// The end of the interval that is the rounder number: the one nearer to zero.
  ///
  /// Whole numbers and other short ones lie on such ends, so that they are found long before the last bit.
  var roundEnd: UInt64 { low >= OrderedKey.zero ? low : high }
}

extension KeyInterval {
  static let smallestExponent = -64
  static let largestExponent = 64
  private static let exponents = largestExponent - smallestExponent + 1

  /// All doubles, cut by sign and binary exponent (outermost and innermost bins are wider): ascending.
  static let byExponent: [KeyInterval] = {
    let positive = (smallestExponent...largestExponent).map { exponent in
      KeyInterval(
        low: exponent == smallestExponent ? OrderedKey.zero : key(exponent),
        high: exponent == largestExponent ? OrderedKey.of(.greatestFiniteMagnitude) : key(exponent + 1) - 1)
    }
    let negative = positive.reversed().map { KeyInterval(low: ~$0.high, high: ~$0.low) }
    return negative + positive
  }()

  private static func key(_ exponent: Int) -> UInt64 {
    OrderedKey.of(Double(sign: .plus, exponent: exponent, significand: 1))
  }

  /// The interval of ``byExponent`` that a number lies in.
  static func exponentBin(of number: Double) -> Int {
    let exponent = number == 0 ? smallestExponent : Int(number.exponent)
    let place = min(max(exponent, smallestExponent), largestExponent) - smallestExponent
    return number < 0 ? exponents - 1 - place : exponents + place
  }

  /// The exponent of the numbers in an interval of ``byExponent``.
  static func exponent(ofBin bin: Int) -> Int {
    smallestExponent + (bin < exponents ? exponents - 1 - bin : bin - exponents)
  }
}

/// How many numbers lie in each of some bins, and how many of them exactly on the bin's round end.
struct BinCounts: Hashable, Sendable {
  private(set) var all: [Int64]
  private(set) var round: [Int64]

  init(bins: Int) {
    all = [Int64](repeating: 0, count: bins)
    round = all
  }

  /// As they leave a participant: all counts, then those on the round ends.
  var integers: [Int64] { all + round }

  init(integers: some Collection<Int64>) {
    all = Array(integers.prefix(integers.count / 2))
    round = Array(integers.dropFirst(integers.count / 2))
  }

  mutating func add(_ key: UInt64, in interval: KeyInterval, at bin: Int, times: Int64 = 1) {
    all[bin] += times
    if key == interval.roundEnd { round[bin] += times }
  }
}
