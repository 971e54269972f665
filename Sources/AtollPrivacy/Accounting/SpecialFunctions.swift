import AtollNumerics

/// The mathematical functions that accounting needs, on top of ``Elementary``: the same bits on every machine.
enum SpecialFunctions {
  /// log(1 + x), within a few ulp (Kahan's quotient: the rounding of 1 + x cancels).
  static func log1p(_ x: Double) -> Double {
    let sum = 1 + x
    if sum == 1 { return x }
    if sum == .infinity { return .infinity }
    return sum <= 0 ? Elementary.log(sum) : Elementary.log(sum) * (x / (sum - 1))
  }

  /// eˣ − 1, within a few ulp (Kahan).
  static func expm1(_ x: Double) -> Double {
    let power = Elementary.exp(x)
    if power == 1 { return x }
    if power == .infinity { return .infinity }
    let difference = power - 1
    return difference == -1 ? -1 : difference * (x / Elementary.log(power))
  }

  /// log(eˣ + eʸ).
  static func logAdd(_ x: Double, _ y: Double) -> Double {
    let (low, high) = (min(x, y), max(x, y))
    return low == -.infinity ? high : high + log1p(Elementary.exp(low - high))
  }

  /// log Σ eˣ.
  static func logSum(_ terms: [Double]) -> Double {
    guard let high = terms.max(), high > -.infinity, high < .infinity else {
      return terms.max() ?? -.infinity
    }
    return high + Elementary.log(terms.reduce(0) { $0 + Elementary.exp($1 - high) })
  }

  /// The mass of the standard normal distribution above x, with a small relative error also far out.
  static func normalTail(_ x: Double) -> Double { 0.5 * erfc(x * 0.5.squareRoot()) }

  /// The complementary error function by W. J. Cody, Math. Comp. 23 (1969) 631-637: rational Chebyshev approximations
  /// on three intervals, relative error of some 10⁻¹⁶ apart from that of the exponential.
  static func erfc(_ x: Double) -> Double {
    let size = x.magnitude
    if size <= 0.46875 {
      let square = size > 1e-150 ? size * size : 0
      return 1 - x * quotient(square, small)
    }
    // e^(−x²) in two factors, as x² rounded once would cost digits.
    let coarse = (size * 16).rounded(.towardZero) / 16
    let rest = (size - coarse) * (size + coarse)
    let power = size > 27 ? 0 : Elementary.exp(-coarse * coarse) * Elementary.exp(-rest)
    let result = power * scaledErfc(size)
    return x < 0 ? 2 - result : result
  }

  /// e^(x²)·erfc(x) for x > 0.46875.
  private static func scaledErfc(_ x: Double) -> Double {
    if x <= 4 { return quotient(x, middle) }
    let inverse = 1 / (x * x)
    return (0.564189583547756286948 - inverse * quotient(inverse, large)) / x
  }

  /// Mills' ratio, the normal tail above x by the density at x, for x ≥ 1: it neither vanishes nor overflows.
  static func millsRatio(_ x: Double) -> Double {
    // √(π/2).
    1.25331413731550025121 * scaledErfc(x * 0.5.squareRoot())
  }

  private typealias Rational = (numerator: [Double], denominator: [Double])

  private static func quotient(_ x: Double, _ rational: Rational) -> Double {
    var (above, below) = (0.0, 0.0)
    for term in rational.numerator { above = above * x + term }
    for term in rational.denominator { below = below * x + term }
    return above / below
  }

  // Coefficients from the highest power down.
  private static let small: Rational = (
    [
      1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2,
      3.20937758913846947e3,
    ],
    [1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3]
  )
  private static let middle: Rational = (
    [
      2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
      2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
      1.23033935479799725e3,
    ],
    [
      1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
      3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
    ]
  )
  private static let large: Rational = (
    [
      1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
      1.60837851487422766e-2, 6.58749161529837803e-4,
    ],
    [
      1, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1, 6.05183413124413191e-2,
      2.33520497626869185e-3,
    ]
  )

  /// log n! by Stirling's series above 15, by the product below.
  static func logFactorial(_ n: Int) -> Double {
    guard n > 15 else { return Elementary.log((1...max(n, 1)).reduce(1) { $0 * Double($1) }) }
    let x = Double(n)
    let inverse = 1 / x
    let square = inverse * inverse
    let series = inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680)))
    return (x + 0.5) * Elementary.log(x) - x + 0.918938533204672741780 + series
  }

  /// The logarithm of "n choose k".
  static func logBinomial(_ n: Int, _ k: Int) -> Double {
    logFactorial(n) - logFactorial(k) - logFactorial(n - k)
  }

  /// P(X ≥ k) of X binomial with `count` trials of probability `rate`, summed from the smaller side.
  static func binomialTail(from k: Int, count: Int, rate: Double) -> Double {
    if k <= 0 { return 1 }
    if k > count || rate == 0 { return 0 }
    if rate == 1 { return 1 }
    func sum(from start: Int, upward: Bool) -> Double {
      let odds = rate / (1 - rate)
      var term = Elementary.exp(
        logBinomial(count, start) + Double(start) * Elementary.log(rate) + Double(count - start)
          * log1p(-rate))
      var (total, i) = (0.0, start)
      // Beyond the mean, terms fall faster than geometrically.
      while term > total * 1e-18, (0...count).contains(i) {
        total += term
        term *= upward ? Double(count - i) / Double(i + 1) * odds : Double(i) / Double(count - i + 1) / odds
        i += upward ? 1 : -1
      }
      return total
    }
    return Double(k) > Double(count) * rate
      ? min(sum(from: k, upward: true), 1) : max(0, 1 - sum(from: k - 1, upward: false))
  }
}
