/// A sum of real numbers that no order or grouping can change, and that loses next to nothing.
///
/// Each number x with |x| ≤ 1 is rounded to the grid of 2⁻⁹⁴, an integer of 95 bits; integers add exactly. So the sum
/// over all rows is the same bits however the rows are shared out among participants: a federated fit *equals* the
/// pooled one. Rounding moves a mean by less than 2⁻⁹⁵, far below what a Double can show beside numbers of order 1.
///
/// A sum leaves a participant as four limbs of 32 bits, which add up in 64-bit integers without overflow:
///
///     total = l₀ + l₁·2³² + l₂·2⁶⁴ + l₃·2⁹⁶,   0 ≤ l₀, l₁, l₂ < 2³²,   |l₃| ≤ 2³⁰
struct GridSum: Hashable, Sendable {
  /// In units of 2⁻⁹⁴.
  private(set) var total: Int128 = 0

  static let fractionBits = 94
  static let limbs = 4
  /// The largest magnitude of any integer that leaves in a fit: a limb, or a count of rows.
  static let largestTerm = Int64(1) << 32
  /// The most rows that a sum may cover, over all participants: 2³² · 2⁹⁴ = 2¹²⁶ still fits 128 bits with its sign.
  static let mostRows = 1 << 32

  init() {}

  /// - Precondition: `|number| ≤ 1`.
  mutating func add(_ number: Double, times: Int = 1) { total &+= Self.rounded(number) &* Int128(times) }

  /// The nearest point of the grid, ties to even.
  static func rounded(_ number: Double) -> Int128 {
    precondition(number.magnitude <= 1, "numbers are scaled before they are added")
    guard number != 0, !number.isSubnormal else { return 0 }
    let significand = Int128(number.significandBitPattern | 1 << 52)
    let shift = Int(number.exponent) - 52 + fractionBits
    guard shift < 0 else { return number < 0 ? -(significand << shift) : significand << shift }
    guard shift > -55 else { return 0 }
    let kept = significand >> -shift
    let rest = significand - kept << -shift
    let half = Int128(1) << (-shift - 1)
    let up = rest > half || rest == half && kept & 1 == 1
    return (number < 0 ? -1 : 1) * (kept + (up ? 1 : 0))
  }

  /// The sum as it leaves a participant.
  var asLimbs: [Int64] {
    let mask = Int128(UInt32.max)
    return [total & mask, total >> 32 & mask, total >> 64 & mask, total >> 96].map {
      Int64(truncatingIfNeeded: $0)
    }
  }

  /// The sum from limbs, or from the sums of limbs over participants. Wraps, and never traps, on impossible ones.
  init(limbs: some Collection<Int64>) {
    for limb in limbs.reversed() { total = total &<< 32 &+ Int128(limb) }
  }

  /// Sum divided by `count`: exact when all numbers were equal (then no rounding happens before the last one).
  func mean(of count: Int) -> Double {
    let count = Int128(count)
    let (quotient, remainder) = total.quotientAndRemainder(dividingBy: count)
    return Self.real(quotient) + Self.real(remainder) / Double(count)
  }

  var value: Double { Self.real(total) }

  private static func real(_ integer: Int128) -> Double { Double(integer) * 0x1p-94 }
}
