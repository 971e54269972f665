/// A real number that is known to lie within `radius` of `middle`, both in units of 2^-bits.
///
/// Ball arithmetic (F. Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic", IEEE
/// Transactions on Computers 66, 2017), cut down: every operation gives a ball that holds all results of the operation on
/// numbers in its operands' balls. So the error bound of whatever is computed comes with it, and no proof is needed
/// beyond those of the operations below. A radius that overflows stops the program; none comes near that.
struct Ball: Hashable, Sendable {
  private(set) var middle: WideInteger
  private(set) var radius: UInt64
  let bits: Int

  init(_ integer: WideInteger, bits: Int) {
    self.init(middle: integer << bits, radius: 0, bits: bits)
  }

  /// A quotient of integers; the denominator is positive.
  init(_ numerator: WideInteger, over denominator: WideInteger, bits: Int) {
    // Division drops less than a unit.
    self.init(middle: (numerator << bits) / denominator, radius: 1, bits: bits)
  }

  init(_ ratio: Ratio, bits: Int) {
    self.init(WideInteger(ratio.numerator), over: WideInteger(UInt128(ratio.denominator)), bits: bits)
  }

  private init(middle: WideInteger, radius: UInt64, bits: Int) {
    self.middle = middle
    self.radius = radius
    self.bits = bits
  }

  static func one(bits: Int) -> Ball { Ball(.one, bits: bits) }

  /// The ends, in units of 2^-bits.
  var lower: WideInteger { middle - WideInteger(UInt128(radius)) }
  var upper: WideInteger { middle + WideInteger(UInt128(radius)) }

  /// The same number with fewer bits.
  func rounded(to bits: Int) -> Ball {
    precondition(bits <= self.bits, "a ball knows no more bits than it has")
    let count = self.bits - bits
    // One unit for what is dropped, one for the rounding of the radius.
    return Ball(middle: middle >> count, radius: (count < 64 ? radius >> UInt64(count) : 0) + 2, bits: bits)
  }

  static prefix func - (a: Ball) -> Ball { Ball(middle: -a.middle, radius: a.radius, bits: a.bits) }

  static func + (a: Ball, b: Ball) -> Ball {
    precondition(a.bits == b.bits, "numbers of one precision")
    return Ball(middle: a.middle + b.middle, radius: a.radius + b.radius, bits: a.bits)
  }

  static func - (a: Ball, b: Ball) -> Ball { a + -b }

  /// (A ± r)(B ± s) = AB ± (|A|s + |B|r + rs), and the shift to the right drops less than a unit.
  static func * (a: Ball, b: Ball) -> Ball {
    precondition(a.bits == b.bits, "numbers of one precision")
    let radius = a.spread(times: b.radius) + b.spread(times: a.radius) + 2
    // As long as radii stay below 2^(bits/2), rs is less than the second unit above.
    precondition(max(a.radius, b.radius) >> UInt64(min(63, a.bits / 2)) == 0, "too few bits")
    return Ball(middle: (a.middle * b.middle) >> a.bits, radius: radius, bits: a.bits)
  }

  /// Not less than |middle| · radius · 2^-bits.
  private func spread(times radius: UInt64) -> UInt64 {
    guard radius > 0 else { return 0 }
    // |middle| < 2^bitWidth.
    let excess = middle.bitWidth - bits
    if excess >= 0 { return UInt64(UInt128(radius) * (1 << UInt128(excess))) }
    return excess <= -64 ? 1 : (radius >> UInt64(-excess)) + 1
  }

  static func * (a: Ball, factor: WideInteger) -> Ball {
    // Safe because the factors here are below 2^64 and radii small; more would stop the program.
    let size = factor.magnitude.asUInt128!
    return Ball(middle: a.middle * factor, radius: UInt64(UInt128(a.radius) * size), bits: a.bits)
  }

  static func / (a: Ball, divisor: UInt64) -> Ball {
    Ball(
      middle: a.middle / WideInteger(UInt128(divisor)), radius: a.radius / divisor + 2, bits: a.bits)
  }

  /// 1/x of a number that is at least 1, wherever its ball ends: |1/x - 1/y| = |x - y|/xy ≤ |x - y|.
  var reciprocal: Ball {
    let one = WideInteger.one << bits
    precondition(middle >= one, "the reciprocal of a number below 1")
    return Ball(middle: (one << bits) / middle, radius: radius + 1, bits: bits)
  }
}

// MARK: - Functions

extension Ball {
  /// e^-x for x ≥ 0.
  var exponentialOfNegative: Ball {
    let one = Ball.one(bits: bits)
    // e^-bits < 2^-bits: the number lies between 0 and one unit.
    if lower >= WideInteger(UInt128(bits)) << bits { return Ball(middle: .zero, radius: 1, bits: bits) }
    // e^-x = (e^-y)^(2^halvings) with y < 2^-4. The spare bits are for the radius, which the squarings make at most
    // 2^halvings times as large and 2^(halvings + 2) larger.
    let halvings = max(0, middle.bitWidth - bits + 4)
    let spare = 2 * halvings + 16
    let y = Ball(
      middle: middle << (spare - halvings), radius: radius * (1 << UInt64(spare - halvings)),
      bits: bits + spare)
    // 1 - y(1 - y/2(1 - y/3(…))): what is left out after n terms is below y^(n+1) < 2^-4(n+1).
    let terms = (bits + spare) / 4 + 1
    var sum = Ball.one(bits: bits + spare)
    for n in stride(from: terms, through: 1, by: -1) {
      sum = Ball.one(bits: bits + spare) - (y * sum) / UInt64(n)
    }
    sum.radius += 1
    for _ in 0..<halvings { sum = sum * sum }
    let result = sum.rounded(to: bits)
    // The number itself lies in 0...1.
    return result.middle > one.middle ? Ball(middle: one.middle, radius: result.radius, bits: bits) : result
  }

  /// ln(a/b) for positive integers: 2(z + z³/3 + z⁵/5 + …) with z = (a-b)/(a+b).
  static func logarithm(of a: WideInteger, over b: WideInteger, bits: Int) -> Ball {
    let z = Ball(a - b, over: a + b, bits: bits)
    let square = z * z
    var power = z
    var sum = z
    var n: UInt64 = 1
    repeat {
      power = power * square
      n += 2
      sum = sum + power / n
      // What is left out is below |z|^(n+2)/(1 - z²), and 1/(1 - z²) = (a+b)²/4ab ≤ 2^(width of (a+b)/b · (a+b)/a).
    } while power.middle.bitWidth > 0
    // |z|^n is below radius + 1 units now; the rest is at most that over 1 - z².
    let ratio = ((a + b) * (a + b)) / (a * b)
    // Safe because callers ask for ratios of numbers within a factor of 2^16 of each other.
    let rest = (UInt128(power.radius) + 1) * (ratio.asUInt128! / 4 + 1)
    sum.radius += UInt64(rest)
    return sum + sum
  }
}
