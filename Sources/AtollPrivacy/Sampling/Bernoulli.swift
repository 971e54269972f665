/// A coin whose probability of heads is exact, also where it is irrational.
///
/// The laws are those of Canonne, Kamath & Steinke 2020 (arXiv:2004.00010), Algorithm 1 for e^-γ. Deviation: instead of a
/// random number of fair comparisons, 64 bits of a uniform number are compared with proven bounds of the probability, and more
/// bits with tighter bounds where they fall between these, about once in 2^60. The tests hold it against Algorithm 1.
public struct Bernoulli: Sendable {
  private enum Probability: Sendable {
    /// n/d.
    case ratio(Ratio)
    /// e^-γ.
    case exponential(Ratio)
    /// 1/(1 + n·e^-γ).
    case logistic(Ratio, others: UInt64)
  }

  private let probability: Probability
  /// In units of 2^-64: heads below the first, tails from the second on.
  let lower: UInt64
  let upper: UInt128

  private init(_ probability: Probability) {
    self.probability = probability
    let ball = Self.ball(probability, bits: 128)
    // Safe because probabilities lie in 0...1 and radii are a few units.
    lower = UInt64(min((max(ball.lower, .zero) >> 64).asUInt128!, UInt128(UInt64.max)))
    upper = (ball.upper >> 64).asUInt128! + 1
  }

  /// Heads with probability p.
  ///
  /// - Throws: ``PrivacyError`` where p is above 1.
  public init(_ p: Ratio) throws(PrivacyError) {
    guard p.numerator <= UInt128(p.denominator) else {
      throw PrivacyError(.invalid, "a probability is at most 1, not \(p)")
    }
    self.init(.ratio(p))
  }

  /// Heads with probability e^-γ.
  public init(exponentialOfMinus gamma: Ratio) { self.init(.exponential(gamma)) }

  /// Heads with probability 1/(1 + others·e^-γ): that one of `others` + 1 choices is taken whose weight is e^γ where the
  /// others' are 1.
  init(weightOfOneAmong others: UInt64, logarithm gamma: Ratio) {
    self.init(.logistic(gamma, others: others))
  }

  /// Tosses the coin.
  @inline(__always)
  public func toss(using coins: inout SecretCoins) -> Bool {
    let bits = coins.nextUInt64()
    if bits < lower { return true }
    return UInt128(bits) >= upper ? false : refine(bits, using: &coins)
  }

  @inline(never)
  func refine(_ bits: UInt64, using coins: inout SecretCoins) -> Bool {
    if case .ratio(let p) = probability {
      // Long division gives the digits of n/d to base 2^64; a uniform number is below n/d if the first digit that differs is.
      var rest = UInt128(p.numerator)
      var drawn = bits
      while true {
        // Only at the start, for probability 1.
        if rest >= UInt128(p.denominator) { return true }
        let (digit, remainder) = p.denominator.dividingFullWidth((UInt64(rest), 0))
        if drawn != digit { return drawn < digit }
        // The digits of n/d end here: the number is not below.
        if remainder == 0 { return false }
        rest = UInt128(remainder)
        drawn = coins.nextUInt64()
      }
    }
    var drawn = WideInteger(UInt128(bits))
    var digits = 64
    while true {
      let ball = Self.ball(probability, bits: digits + 64)
      if (drawn + .one) << 64 <= ball.lower { return true }
      if drawn << 64 >= ball.upper { return false }
      drawn = (drawn << 64) + WideInteger(UInt128(coins.nextUInt64()))
      digits += 64
    }
  }

  private static func ball(_ probability: Probability, bits: Int) -> Ball {
    switch probability {
    case .ratio(let p): return Ball(p, bits: bits)
    case .exponential(let gamma): return Ball(gamma, bits: bits).exponentialOfNegative
    case .logistic(let gamma, let others):
      // 64 bits more, for the multiplication by others.
      let one = Ball.one(bits: bits + 64)
      let sum = one + Ball(gamma, bits: bits + 64).exponentialOfNegative * WideInteger(UInt128(others))
      return sum.reciprocal.rounded(to: bits)
    }
  }
}
