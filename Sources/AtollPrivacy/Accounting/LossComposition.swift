import AtollNumerics

/// The sum of independent losses: convolution powers by one Fourier transform for each kind of mechanism, however often
/// it happened (Koskela, Jälkö & Honkela 2020, arXiv:1906.03049).
struct LossComposition {
  /// Masses, under P, of the losses (start + i)·step.
  let step: Double
  let start: Int
  let masses: [Double]
  /// What is added to δ: the infinite loss, masses outside of the window and rounding where it must not be too small;
  /// what is taken from it where it must not be too large.
  let correction: Double

  /// The mass outside of the window, on either side, is at most this.
  private static let outside = 1e-17
  static let largestWindow = 1 << 21

  /// The first and the last place of the sum's window.
  ///
  /// P(S ≥ s) ≤ E[e^(θS)]·e^(−θs) for every θ > 0 (Chernoff 1952), and likewise below.
  static func window(of parts: [(losses: LossMasses, times: Int)]) -> ClosedRange<Int> {
    let step = parts[0].losses.step
    var (mean, variance, first, last) = (0.0, 0.0, 0.0, 0.0)
    for (losses, times) in parts {
      let (each, spread) = losses.moments
      mean += Double(times) * each
      variance += Double(times) * spread
      first += Double(times) * Double(losses.start)
      last += Double(times) * Double(losses.start + losses.masses.count - 1)
    }
    let surprise = -Elementary.log(outside)
    let (lowest, highest) = (first * step, last * step)
    guard variance > 0 else { return Int(first)...Int(last) }
    // The best θ for a normal sum, and others, as sums have heavier tails.
    let center = (2 * surprise / variance).squareRoot()
    var (low, high) = (lowest, highest)
    for exponent in -10...2 {
      let theta = center * Elementary.pow(2, Double(exponent) / 2)
      for sign in [1.0, -1.0] {
        let logMoment = parts.reduce(0) { $0 + Double($1.times) * $1.losses.logMoment(sign * theta) }
        let reach = (logMoment + surprise) / theta
        if sign > 0 { high = min(high, reach) } else { low = max(low, -reach) }
      }
    }
    // As integers only where they fit; the caller refuses windows that are too wide.
    let limit = 0x1p52
    let from = max(-limit, (low / step).rounded(.down))
    return Int(from)...Int(max(from, min(limit, (high / step).rounded(.up))))
  }

  /// - Parameter pessimistic: Whether δ must not become too small, else not too large.
  init(_ parts: [(losses: LossMasses, times: Int)], window: ClosedRange<Int>, pessimistic: Bool) {
    step = parts[0].losses.step
    // No finite loss at all, as often as these happen: log of the probability.
    let logFinite = parts.reduce(0) { $0 + Double($1.times) * SpecialFunctions.log1p(-$1.losses.infinite) }
    let infinite = -SpecialFunctions.expm1(logFinite)
    let steps = parts.reduce(0) { $0 + $1.times }
    if steps == 1 {
      start = parts[0].losses.start
      masses = parts[0].losses.masses
      correction = (pessimistic ? infinite : 0) + 0x1p-50 * (pessimistic ? 1 : -1)
      return
    }
    var size = 1
    while size < window.count { size *= 2 }
    let transform = FourierTransform(count: size)
    var real = [Double](repeating: 1, count: size)
    var imaginary = [Double](repeating: 0, count: size)
    for (losses, times) in parts {
      var re = [Double](repeating: 0, count: size)
      var im = re
      // Circularly: places that differ by the size of the window meet.
      for (i, mass) in losses.masses.enumerated() { re[(losses.start + i) & (size - 1)] += mass }
      transform.forward(&re, &im)
      for k in 0..<size {
        let power = Self.power((re[k], im[k]), times)
        let a = real[k]
        real[k] = a * power.re - imaginary[k] * power.im
        imaginary[k] = a * power.im + imaginary[k] * power.re
      }
    }
    transform.backward(&real, &imaginary)
    start = window.lowerBound
    masses = (0..<size).map { real[(window.lowerBound + $0) & (size - 1)] }
    // Rounding: an estimate, not a proof. Frequencies err relatively by some ulp for each step, in no common direction;
    // `LossDistributionTests` sees at most a hundredth of this against exact compositions.
    let rounding = 0x1p-50 + Double(steps) * 0x1p-56
    correction = (pessimistic ? infinite : 0) + (2 * Self.outside + rounding) * (pessimistic ? 1 : -1)
  }

  private static func power(_ base: (re: Double, im: Double), _ exponent: Int) -> (re: Double, im: Double) {
    var (result, square, rest) = ((re: 1.0, im: 0.0), base, exponent)
    while true {
      if rest & 1 == 1 {
        result = (result.re * square.re - result.im * square.im, result.re * square.im + result.im * square.re)
      }
      rest >>= 1
      if rest == 0 { return result }
      square = (square.re * square.re - square.im * square.im, 2 * square.re * square.im)
    }
  }

  /// δ at ε: Σ mass · (1 − e^(ε − loss)) over greater losses.
  func delta(epsilon: Double) -> Double {
    var sum = 0.0
    for i in masses.indices.reversed() {
      let loss = Double(start + i) * step
      guard loss > epsilon else { break }
      sum -= masses[i] * SpecialFunctions.expm1(epsilon - loss)
    }
    return min(1, max(0, sum + correction))
  }

  /// The least ε ≥ 0 with that δ; infinite when there is none.
  func epsilon(delta: Double) -> Double {
    // Between two losses of the grid δ is A − B·e^ε, with A and B the sums over greater losses of masses under P and Q.
    var (a, b) = (correction, 0.0)
    if a >= delta { return .infinity }
    for i in masses.indices.reversed() {
      let loss = Double(start + i) * step
      guard loss > 0 else { break }
      a += masses[i]
      b += masses[i] * Elementary.exp(-loss)
      let border = max(0, loss - step)
      // Beyond this border δ is too large: ε lies before it.
      if a - b * Elementary.exp(border) > delta, b > 0 {
        return max(border, min(loss, Elementary.log((a - delta) / b)))
      }
    }
    return 0
  }
}

extension LossMasses {
  /// Mean and variance of the finite losses.
  var moments: (mean: Double, variance: Double) {
    var (total, mean) = (0.0, 0.0)
    for (i, mass) in masses.enumerated() {
      total += mass
      mean += mass * Double(start + i)
    }
    guard total > 0 else { return (0, 0) }
    mean /= total
    var variance = 0.0
    for (i, mass) in masses.enumerated() {
      let distance = Double(start + i) - mean
      variance += mass * distance * distance
    }
    return (mean * step, variance / total * step * step)
  }

  /// log E[e^(θ·loss)] over finite losses.
  func logMoment(_ theta: Double) -> Double {
    let ratio = Elementary.exp(theta * step)
    var sum = 0.0
    // Powers by multiplication, anew for each stretch so that rounding cannot grow.
    for begin in stride(from: 0, to: masses.count, by: 256) {
      var (factor, part) = (1.0, 0.0)
      for i in begin..<min(begin + 256, masses.count) {
        part += masses[i] * factor
        factor *= ratio
      }
      if part > 0 { sum += part * Elementary.exp(theta * Double(start + begin) * step) }
    }
    return Elementary.log(sum)
  }
}
