/// The Poisson law's weights relative to its mode m = ⌊μ⌋: w(k) = μ^(k-m)·m!/k!.
///
/// Two ways to the same number. As a product of |k - m| fractions: exact at any precision, long where μ is large. Or, from
/// μ = 2^15 on, by Stirling's series (NIST Digital Library of Mathematical Functions, 5.11.1 and 5.11(ii): the rest is below
/// the first term that is left out), in ``Ball`` arithmetic:
///
///     -ln w(k) = (k + ½)·ln(k/m) + (k - m)·(ln(m/μ) - 1) + S(k) - S(m),  S(n) = Σ B₂ⱼ/(2j(2j-1)n^(2j-1)).
///
/// Eight terms give 238 bits at 2^14, enough for the first 64 digits of a comparison. What needs more, less than one draw in
/// 2^50, takes the product: so any precision is reached. As the series takes microseconds, it is summed at a few hundred knots only, when
/// the law is made; between them -ln w, which is convex, lies between chords.
struct PoissonLaw: IntegerLaw {
  /// The smallest mode for which the series is used.
  static var border: Int64 { 1 << 15 }

  let mean: Ratio
  let mode: Int64
  let spread: UInt64
  /// Bounds at mode, mode ± 1, …, where μ is below 2^15: to the right and to the left.
  private var right: [Bounds] = []
  private var left: [Bounds] = []
  /// Where μ is not: -ln w at mode + i·2^knotBits, in units of 2^-64, too small by less than `slack`.
  private var knots: [Int128] = []
  private var firstKnot: Int64 = 0
  private var knotBits: Int64 = 0
  private var slack: Int128 = 0

  private struct Bounds: Sendable {
    var lower: UInt64
    var upper: UInt128
  }

  /// - Precondition: the mean lies below 2^49.
  init(mean: Ratio) {
    self.mean = mean
    mode = Int64(mean.numerator / UInt128(mean.denominator))
    var root: UInt64 = 1
    while root << 1 <= 1 << 25 && UInt128(root << 1) * UInt128(root << 1) <= UInt128(mode) { root <<= 1 }
    spread = root
    if mode < Self.border {
      right = bounds(towards: 1)
      left = bounds(towards: -1)
    } else {
      makeKnots()
    }
  }

  func quickBounds(at x: Int64) -> (lower: UInt64, upper: UInt128) {
    guard x >= 0 else { return (0, 0) }
    guard mode >= Self.border else {
      let list = x >= mode ? right : left
      let place = Int((x - mode).magnitude)
      // Beyond the list weights are smaller than its last.
      return place < list.count ? (list[place].lower, list[place].upper) : (0, list[list.count - 1].upper)
    }
    return boundsBetweenKnots(at: x)
  }

  func weight(at x: Int128, bits: Int) -> Ball {
    guard x >= 0 else { return Ball(.zero, bits: bits) }
    if mode >= Self.border, x >= mode / 2 {
      let inner = bits + 16 + WideInteger(x).bitWidth
      if let exponent = exponent(at: x, shift: logarithmOfShift(bits: inner), bits: inner) {
        return exponent.rounded(to: bits).exponentialOfNegative
      }
    }
    return product(to: x, bits: bits + 64).rounded(to: bits)
  }
}

extension PoissonLaw {
  /// Exponents that are 2^-5 spreads apart, until weights fall below e^-30: each takes microseconds.
  private mutating func makeKnots() {
    knotBits = Int64(spread.trailingZeroBitCount) - 5
    // The bits that leave 64 after multiplication by k.
    let bits = 64 + 16 + 65 - UInt64(mode).leadingZeroBitCount
    let shift = logarithmOfShift(bits: bits)
    func exponents(_ step: Int64) -> [Int128] {
      var exponents: [Int128] = []
      while exponents.last ?? 0 < 30 << 64 {
        let k = Int128(mode + (step << knotBits) * Int64(exponents.count + 1))
        // Safe because eight terms give more bits at half the mode, and a standard deviation is at most 2^-7 of it.
        let exponent = exponent(at: k, shift: shift, bits: bits)!.rounded(to: 64)
        // Safe because exponents are at most 31 or so here.
        exponents.append(Int128(max(exponent.lower, .zero).asUInt128!))
        slack = max(slack, 2 * Int128(exponent.radius))
      }
      return exponents
    }
    let (below, above) = (exponents(-1), exponents(1))
    firstKnot = -Int64(below.count)
    knots = below.reversed() + [0] + above
  }

  /// -ln w is convex: between two knots it lies below their chord, and above the chords on either side, drawn out. The bounds
  /// are about 2^-12 of the weight apart.
  private func boundsBetweenKnots(at x: Int64) -> (lower: UInt64, upper: UInt128) {
    let place = ((x - mode) >> knotBits) - firstKnot
    guard place >= 1 else { return (0, FixedExponential.bounds(UInt128(knots[1]), slack: 0).upper) }
    guard place + 2 < knots.count else {
      return (0, FixedExponential.bounds(UInt128(knots[knots.count - 2]), slack: 0).upper)
    }
    let width = Int128(1) << Int128(knotBits)
    let (before, here) = (knots[Int(place) - 1], knots[Int(place)])
    let (next, after) = (knots[Int(place) + 1], knots[Int(place) + 2])
    let part = Int128(x - mode) & (width - 1)
    // Shifts round down; what is too small by less than the slack stands for what it is at most, or at least.
    let chord = (here * (width - part) + next * part) >> Int128(knotBits) + slack + 1
    let fromBefore = here + ((here - before - slack) * part) >> Int128(knotBits)
    let fromAfter = next - ((after + slack - next) * (width - part)) >> Int128(knotBits) - 1
    let least = max(0, fromBefore, fromAfter)
    return (
      FixedExponential.bounds(UInt128(chord), slack: 0).lower,
      FixedExponential.bounds(UInt128(least), slack: 0).upper
    )
  }

  /// Bounds from the mode on, until weights fall below 2^-44.
  private func bounds(towards direction: Int128) -> [Bounds] {
    var bounds: [Bounds] = []
    var weight = Ball.one(bits: 256)
    var k = Int128(mode)
    repeat {
      let narrow = weight.rounded(to: 64)
      // Safe because weights are at most 1, here with a radius of a few units.
      let lower = min(max(narrow.lower, .zero).asUInt128!, UInt128(UInt64.max))
      bounds.append(Bounds(lower: UInt64(lower), upper: narrow.upper.asUInt128!))
      weight = weight * factor(from: k, to: k + direction, bits: 256)
      k += direction
    } while bounds[bounds.count - 1].upper > 1 << 20 && k >= 0
    if k < 0 { bounds.append(Bounds(lower: 0, upper: 0)) }
    return bounds
  }

  /// w(next)/w(k) for neighbours: μ/next upwards, k/μ downwards.
  private func factor(from k: Int128, to next: Int128, bits: Int) -> Ball {
    let (top, bottom) = (WideInteger(mean.numerator), WideInteger(UInt128(mean.denominator)))
    return next > k
      ? Ball(top, over: bottom * WideInteger(next), bits: bits)
      : Ball(bottom * WideInteger(k), over: top, bits: bits)
  }

  func product(to x: Int128, bits: Int) -> Ball {
    let direction: Int128 = x < Int128(mode) ? -1 : 1
    var weight = Ball.one(bits: bits)
    for k in stride(from: Int128(mode), to: x, by: Int128.Stride(direction)) {
      weight = weight * factor(from: k, to: k + direction, bits: bits)
    }
    return weight
  }

  private func logarithmOfShift(bits: Int) -> Ball {
    Ball.logarithm(
      of: WideInteger(UInt128(mode)) * WideInteger(UInt128(mean.denominator)),
      over: WideInteger(mean.numerator),
      bits: bits)
  }

  /// -ln w(k); nil where the series does not give so many bits.
  private func exponent(at k: Int128, shift: Ball, bits: Int) -> Ball? {
    guard let here = correction(k, bits: bits), let base = correction(Int128(mode), bits: bits) else {
      return nil
    }
    let m = Int128(mode)
    let ratio = Ball.logarithm(of: WideInteger(k), over: WideInteger(m), bits: bits)
    return (ratio * WideInteger(2 * k + 1)) / 2 + (shift - .one(bits: bits)) * WideInteger(k - m)
      + here - base
  }

  /// S(n).
  private func correction(_ n: Int128, bits: Int) -> Ball? {
    let digits = WideInteger(n).bitWidth - 1
    // After j terms the rest is below n^-(2j+1), since each coefficient is below 1, and n ≥ 2^digits.
    guard let count = (0...8).first(where: { digits * (2 * $0 + 1) >= bits }) else { return nil }
    var power = Ball(.one, over: WideInteger(n), bits: bits)
    let square = power * power
    var sum = Ball(.zero, over: .one, bits: bits)
    for (top, bottom) in Self.coefficients.prefix(count) {
      sum = sum + (power * WideInteger(Int128(top))) / bottom
      power = power * square
    }
    // The ball of zero above has a radius of one unit, which is for the rest.
    return sum
  }

  /// B₂ⱼ/(2j(2j-1)); the ninth is 43867/244188.
  private static var coefficients: [(Int, UInt64)] {
    [
      (1, 12), (-1, 360), (1, 1260), (-1, 1680), (1, 1188), (-691, 360_360), (1, 156), (-3617, 122_400),
    ]
  }
}
