import AtollNumerics

/// The sum of independent losses: convolution powers by one Fourier transform for each kind of mechanism, however often
/// it happened (Koskela, Jälkö & Honkela 2020, arXiv:1906.03049).
///
/// Masses are weighted by e^(θ·loss) before, and by its inverse after: rounding of transforms is as large as 10⁻¹⁶ of the
/// largest masses, and where the tail of mass δ begins there should be the largest.
struct LossComposition {
  /// Masses, under P, of the losses (start + i)·step.
  let step: Double
  let start: Int
  let masses: [Double]
  /// Added to δ: the infinite loss.
  private let infinite: Double
  /// log of what is added to δ, or taken from it, times e^(θε): masses outside of the window, and rounding.
  private let logAllowance: Double
  private let theta: Double
  /// What δ may err relatively, and ε absolutely; negative for lower bounds.
  private let relative: Double
  private let slack: Double

  /// The weighted mass outside of the window, on either side, is at most this.
  private static let outside = 1e-17
  static let largestWindow = 1 << 21

  /// What is needed to know how large the transform will be.
  struct Plan {
    let losses: [(losses: LossMasses, times: Int)]
    /// The same, weighted by e^(θ·loss) and scaled to a sum of 1.
    let weighted: [(losses: LossMasses, times: Int)]
    let theta: Double
    /// log E[e^(θS)] of the sum S.
    let logMoment: Double
    /// The first and the last place of the weighted sum's window.
    let window: ClosedRange<Int>

    init(_ losses: [(losses: LossMasses, times: Int)]) {
      self.losses = losses
      var theta = Self.weight(losses)
      var weighted = losses.map { (losses: $0.losses.weighted(by: theta), times: $0.times) }
      var window = Self.window(weighted)
      // Where rare large losses make the weighted sum spread too far, less weight has to do.
      for part in [0.5, 0.5, 0] where window.count > largestWindow && theta > 0 {
        theta *= part
        weighted = losses.map { ($0.losses.weighted(by: theta), $0.times) }
        window = Self.window(weighted)
      }
      self.theta = theta
      self.weighted = weighted
      self.window = window
      logMoment = losses.reduce(0) { $0 + Double($1.times) * $1.losses.logMoment(theta) }
    }

    /// The θ for which the mean of the weighted sum is exceeded with a probability of some e^−18 in truth.
    private static func weight(_ losses: [(losses: LossMasses, times: Int)]) -> Double {
      let variance = losses.reduce(0) { $0 + Double($1.times) * $1.losses.moments.variance }
      guard variance > 0 else { return 0 }
      // Right for a normal sum; smaller for others.
      let center = (32 / variance).squareRoot()
      for exponent in 0...16 {
        let theta = center * Elementary.pow(2, -Double(exponent) / 2)
        let near = losses.reduce(0) { $0 + Double($1.times) * $1.losses.logMoment(theta) }
        let far = losses.reduce(0) { $0 + Double($1.times) * $1.losses.logMoment(theta * 1.001) }
        // θK'(θ) − K(θ), the exponent of Chernoff's bound.
        if (far - near) / 0.001 - near < 18 { return theta }
      }
      return 0
    }

    /// P(S ≥ s) ≤ E[e^(tS)]·e^(−ts) for every t > 0 (Chernoff 1952), and likewise below.
    private static func window(_ parts: [(losses: LossMasses, times: Int)]) -> ClosedRange<Int> {
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
      // Of one loss only, or of none.
      var (low, high) = (mean - 0.5 * step, mean + 0.5 * step)
      if variance > 0 {
        (low, high) = (first * step, last * step)
        // The best t for a normal sum, and others, as sums have heavier tails.
        let center = (2 * surprise / variance).squareRoot()
        for exponent in -10...2 {
          let t = center * Elementary.pow(2, Double(exponent) / 2)
          for sign in [1.0, -1.0] {
            let logMoment = parts.reduce(0) { $0 + Double($1.times) * $1.losses.logMoment(sign * t) }
            let reach = (logMoment + surprise) / t
            guard reach.isFinite else { continue }
            if sign > 0 { high = min(high, reach) } else { low = max(low, -reach) }
          }
        }
      }
      // As integers only where they fit; the caller refuses windows that are too wide.
      let limit = 0x1p52
      let from = max(-limit, (low / step).rounded(.down))
      return Int(from)...Int(max(from, min(limit, (high / step).rounded(.up))))
    }
  }

  /// - Parameter pessimistic: Whether δ must not become too small, else not too large.
  init(_ plan: Plan, pessimistic: Bool) {
    step = plan.weighted[0].losses.step
    let steps = plan.losses.reduce(0) { $0 + $1.times }
    let sign = pessimistic ? 1.0 : -1.0
    // No finite loss at all, as often as these happen: log of the probability.
    let logFinite = plan.losses.reduce(0) {
      $0 + Double($1.times) * SpecialFunctions.log1p(-$1.losses.infinite)
    }
    infinite = pessimistic ? -SpecialFunctions.expm1(logFinite) : 0
    relative = sign * (0x1p-40 + Double(steps) * 0x1p-50)
    // Atoms may have been moved onto the grid by 10⁻⁹ of its width.
    slack = sign * (0x1p-50 + (pessimistic ? 0 : 1e-9 * step * Double(steps)))
    theta = plan.theta
    if steps == 1 {
      start = plan.losses[0].losses.start
      masses = plan.losses[0].losses.masses
      logAllowance = -.infinity
      return
    }
    // Rounding: an estimate, not a proof. Frequencies err relatively by about one ulp for each step, in no common
    // direction; the tests compare with exact compositions.
    logAllowance =
      plan.logMoment + Elementary.log(2 * Self.outside + 0x1p-50 + Double(steps) * 0x1p-53)
    var size = 1
    while size < plan.window.count { size *= 2 }
    let transform = FourierTransform(count: size)
    var real = [Double](repeating: 1, count: size)
    var imaginary = [Double](repeating: 0, count: size)
    for (losses, times) in plan.weighted {
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
    let start = plan.window.lowerBound
    self.start = start
    masses = (0..<size).map { i in
      let place = start + i
      return real[place & (size - 1)]
        * Elementary.exp(min(600, plan.logMoment - plan.theta * Double(place) * plan.weighted[0].losses.step))
    }
  }

  private static func power(_ base: (re: Double, im: Double), _ exponent: Int) -> (re: Double, im: Double) {
    var (result, square, rest) = ((re: 1.0, im: 0.0), base, exponent)
    while true {
      if rest & 1 == 1 {
        result = (
          result.re * square.re - result.im * square.im, result.re * square.im + result.im * square.re
        )
      }
      rest >>= 1
      if rest == 0 { return result }
      square = (square.re * square.re - square.im * square.im, 2 * square.re * square.im)
    }
  }

  /// What is added to δ at ε.
  private func addition(_ epsilon: Double) -> Double {
    let allowance = Elementary.exp(min(700, logAllowance - theta * epsilon))
    return infinite + (relative < 0 ? -allowance : allowance)
  }

  /// δ at ε: Σ mass · (1 − e^(ε − loss)) over greater losses.
  func delta(epsilon: Double) -> Double {
    var sum = 0.0
    for i in masses.indices.reversed() {
      let loss = Double(start + i) * step
      guard loss > epsilon else { break }
      sum -= masses[i] * SpecialFunctions.expm1(epsilon - loss)
    }
    return min(1, max(0, sum * (1 + relative) + addition(epsilon)))
  }

  /// The least ε ≥ 0 with that δ; infinite when there is none.
  func epsilon(delta: Double) -> Double {
    if infinite >= delta { return .infinity }
    // Between two losses of the grid δ is A − B·e^ε, with A and B the sums over greater losses of masses under P and Q;
    // b is B times e to the greatest of the losses passed, so that it can neither overflow nor vanish.
    var (a, b) = (0.0, 0.0)
    let decay = Elementary.exp(-step)
    for i in masses.indices.reversed() {
      let loss = Double(start + i) * step
      guard loss > 0 else { break }
      a += masses[i]
      b = b * decay + masses[i]
      let border = max(0, loss - step)
      let wanted = (delta - addition(border)) / (1 + relative)
      // At this border δ is too large: ε lies behind it.
      if b > 0, a - b * Elementary.exp(border - loss) > wanted {
        let found = loss + Elementary.log((a - wanted) / b)
        return max(0, max(border, min(loss, found)) + slack * max(1, loss))
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

  /// The finite losses' masses times e^(θ·loss), scaled to a sum of 1.
  func weighted(by theta: Double) -> LossMasses {
    let logMoment = logMoment(theta)
    guard logMoment > -.infinity, logMoment < .infinity else { return self }
    return LossMasses(
      step: step, start: start,
      masses: masses.enumerated().map { i, mass in
        mass == 0 ? 0 : mass * Elementary.exp(theta * Double(start + i) * step - logMoment)
      },
      infinite: 0)
  }

  /// log E[e^(θ·loss)] over finite losses.
  func logMoment(_ theta: Double) -> Double {
    let ratio = Elementary.exp(theta * step)
    var sum = 0.0
    // Powers by multiplication, anew for each stretch so that rounding cannot grow.
    for begin in stride(from: 0, to: masses.count, by: 256) {
      var (factor, part) = (1.0, 0.0)
      for i in begin..<min(begin + 256, masses.count) {
        // Not of nothing, as the factor may be infinite.
        if masses[i] > 0 { part += masses[i] * factor }
        factor *= ratio
      }
      if part > 0 { sum += part * Elementary.exp(theta * Double(start + begin) * step) }
    }
    return Elementary.log(sum)
  }
}
