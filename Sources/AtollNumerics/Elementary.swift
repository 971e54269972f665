import CAtollKernels

/// Elementary functions with the same bits on every machine: IEEE operations in a fixed order, never libm.
///
/// For learning-rate schedules, sampling and metrics; arrays of `Float` use ``Kernels``.
public enum Elementary {
  /// eˣ, within 1 ulp.
  public static func exp(_ x: Double) -> Double { atoll_exp(x) }

  /// The natural logarithm, within 1 ulp; log 0 is −∞, and that of a negative number is not a number.
  public static func log(_ x: Double) -> Double { atoll_log(x) }

  /// cos(π · x), within 1 ulp; exact at multiples of one half.
  public static func cosPi(_ x: Double) -> Double { atoll_cospi(x) }

  /// baseʸ. Whole exponents of at most 64 in size are repeated products, within half an ulp for each. Others
  /// are exp(y · log base) for a positive base, with a relative error of about (2 + |y · log base|) · 2⁻⁵².
  public static func pow(_ base: Double, _ y: Double) -> Double {
    guard y.magnitude <= 64, y == y.rounded(.towardZero) else { return atoll_exp(y * atoll_log(base)) }
    var product = 1.0
    for _ in 0..<Int(y.magnitude) { product *= base }
    return y < 0 ? 1 / product : product
  }
}
