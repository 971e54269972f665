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

  /// baseʸ. Whole exponents of at most 64 in size are repeated products, each within half an ulp. Others are
  /// exp(y · log |base|), with a relative error of at most (2 + |y · log |base||) · 2⁻⁵²; a negative base has
  /// such powers for whole exponents only.
  public static func pow(_ base: Double, _ y: Double) -> Double {
    let whole = y == y.rounded(.towardZero)
    if whole && y.magnitude <= 64 {
      var product = 1.0
      for _ in 0..<Int(y.magnitude) { product *= base }
      return y < 0 ? 1 / product : product
    }
    guard base < 0 && whole else { return atoll_exp(y * atoll_log(base)) }
    let odd = y.remainder(dividingBy: 2) != 0
    return (odd ? -1 : 1) * atoll_exp(y * atoll_log(-base))
  }
}
