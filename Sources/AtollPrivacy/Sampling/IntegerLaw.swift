/// A law over the integers that rises up to its mode and falls from there on, as ``BlockTable`` samples it.
///
/// Its weights are probabilities up to a common factor, 1 at the mode, and log-concave: w(x)² ≥ w(x-1)·w(x+1). What is asked
/// of a law are proven bounds of its weights, some at once and any at any precision.
protocol IntegerLaw: Sendable {
  /// Where the weight is 1, the largest.
  var mode: Int64 { get }
  /// The order of the standard deviation; it decides about speed, never about the law.
  var spread: UInt64 { get }

  /// Bounds of 2^64·w(x), a few units apart.
  func quickBounds(at x: Int64) -> (lower: UInt64, upper: UInt128)
  /// w(x), with a radius that falls below any positive number as `bits` grows.
  func weight(at x: Int128, bits: Int) -> Ball
}

/// The laws w(x) = e^(-rate·|x|^power) around 0: discrete Laplace and discrete Gaussian.
struct ExponentialLaw: IntegerLaw {
  enum Power: Sendable { case absolute, square }

  let power: Power
  let spread: UInt64
  private let numerator: WideInteger
  private let denominator: WideInteger
  /// rate·2^shift, rounded down, with 127 digits.
  private let rate: UInt128
  private let shift: Int

  /// - Precondition: 2^-120 ≤ rate ≤ 2^60.
  init(_ power: Power, rate numerator: UInt64, over denominator: UInt128, spread: UInt64) {
    self.power = power
    self.spread = spread
    self.numerator = WideInteger(UInt128(numerator))
    self.denominator = WideInteger(denominator)
    let shift = 127 - self.numerator.bitWidth + self.denominator.bitWidth
    let quotient = (self.numerator << shift) / self.denominator
    // 127 or 128 digits, by the widths above.
    let excess = quotient.bitWidth - 127
    self.shift = shift - excess
    // Safe because 127 digits are left.
    rate = (quotient >> excess).asUInt128!
  }

  var mode: Int64 { 0 }

  func quickBounds(at x: Int64) -> (lower: UInt64, upper: UInt128) {
    let size = UInt128(x.magnitude)
    let product = (power == .square ? size * size : size).multipliedFullWidth(by: rate)
    let (high, low, shift) = (product.high, product.low, UInt128(shift - 64))
    // The exponent in units of 2^-64; where it does not fit, the weight is below 2^-64 by far.
    guard high >> shift == 0 else { return (0, 1) }
    let units =
      shift < 128 ? (shift == 0 ? low : low >> shift | high << (128 - shift)) : high >> (shift - 128)
    // Two roundings down. That of the rate, to 127 digits, matters less than a unit, since the exponent is below 2^7 wherever
    // bounds other than (0, 1) are given; that of the product less than another.
    return FixedExponential.bounds(units, slack: 2)
  }

  func weight(at x: Int128, bits: Int) -> Ball {
    let size = WideInteger(x.magnitude)
    let exponent = Ball((power == .square ? size * size : size) * numerator, over: denominator, bits: bits)
    return exponent.exponentialOfNegative
  }
}
