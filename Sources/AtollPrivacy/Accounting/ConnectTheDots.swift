import AtollNumerics

/// A privacy loss distribution on a grid: masses under P of the losses (start + i)·step, and of the infinite loss.
struct LossMasses {
  let step: Double
  let start: Int
  let masses: [Double]
  let infinite: Double
}

/// From bins to a grid, so that no δ becomes smaller: mass is moved up and down within its bin such that its sums under
/// P and under Q stay (Doroshenko, Ghazi, Kamath, Kumar & Manurangsi 2022, arXiv:2207.04380, Algorithm 1).
///
/// As a function of x = e^ε, δ is convex, and the pair on the grid has the polygon through its values at the grid's
/// points. Deviation: the paper takes second differences of δ; here the masses of each bin are split, which is the same
/// sum without their loss of digits.
extension LossBins {
  /// Masses under P that a bin leaves at its lower and gives to its upper border.
  private func split(_ i: Int, _ lowerRatio: Double, _ narrowing: Double) -> (low: Double, high: Double) {
    let high = min(p[i], max(0, (p[i] - lowerRatio * q[i]) / narrowing))
    return (p[i] - high, high)
  }

  /// The pair that dominates this one.
  func pessimistic() -> LossMasses {
    var masses = [Double](repeating: 0, count: p.count + 1)
    let narrowing = -SpecialFunctions.expm1(-step)
    for i in p.indices where p[i] > 0 || q[i] > 0 {
      let (low, high) = split(i, Elementary.exp(Double(start + i) * step), narrowing)
      masses[i] += low
      masses[i + 1] += high
    }
    masses[0] += below.p
    let finite = min(above.p, above.q * Elementary.exp(Double(start + p.count) * step))
    masses[p.count] += finite
    return LossMasses(step: step, start: start, masses: masses, infinite: above.p - finite)
  }

  /// What the splits add to the variance of the loss.
  var addedVariance: Double {
    let narrowing = -SpecialFunctions.expm1(-step)
    var sum = 0.0
    for i in p.indices where p[i] > 0 {
      let (low, high) = split(i, Elementary.exp(Double(start + i) * step), narrowing)
      sum += low * high / p[i]
    }
    return sum * step * step
  }

  /// A pair on the grid that this one dominates: its polygon lies nowhere above δ, which is convex in x = e^ε.
  ///
  /// Between two points of the grid the chord exceeds δ by at most the height G of the triangle of chord and both
  /// tangents. So the points are lowered by the larger G of their two bins, and the greatest convex polygon below them is
  /// taken (slopes made to rise by pooling adjacent violators). At either end, where δ is too near to a line to be
  /// lowered that much, the polygon is that line: 1 − x at the lower end, 0 at the upper. Loss beyond the last bin is
  /// lowered to it, and what lies below the first counts as −∞: both can only lessen δ.
  func optimistic() -> LossMasses {
    let count = p.count
    let narrowing = -SpecialFunctions.expm1(-step)
    let widening = SpecialFunctions.expm1(step)
    let x = (0...count).map { Elementary.exp(Double(start + $0) * step) }
    let widths = x.dropLast().map { $0 * widening }
    // How much higher the polygon through δ lies than its left and its right end's tangents, at each point.
    var (fromLeft, fromRight) = (
      [Double](repeating: 0, count: count + 1), [Double](repeating: 0, count: count + 1)
    )
    // Slopes of the polygon through δ, as minus the mass under Q of greater losses.
    var slopes = [Double](repeating: 0, count: count)
    var gaps = slopes
    var tail = above.p / x[count]
    var lows = slopes
    var highs = slopes
    for i in p.indices.reversed() {
      var (low, high) = split(i, x[i], narrowing)
      // What is as good as on the grid is lowered to it.
      if high < 1e-7 * p[i] { (low, high) = (p[i], 0) }
      (lows[i], highs[i]) = (low / x[i], high / x[i + 1])
      slopes[i] = -(highs[i] + tail)
      fromRight[i] = fromRight[i + 1] + widths[i] * (highs[i] + tail)
      let mass = lows[i] + highs[i]
      gaps[i] = mass > 0 ? lows[i] / mass * highs[i] * widths[i] : 0
      tail += mass
    }
    var head = 0.0
    for i in 0..<count {
      head += lows[i]
      fromLeft[i + 1] = fromLeft[i] + widths[i] * head
      head += highs[i]
    }
    var lowered = (0...count).map { max($0 > 0 ? gaps[$0 - 1] : 0, $0 < count ? gaps[$0] : 0) }
    if let last = (0...count).last(where: { fromLeft[$0] < lowered[$0] }), last < count {
      // To follow the line costs about what is moved times a bin; not to follow it costs masses at −∞.
      let lost = (0...last).reduce(0) { max($0, lowered[$1] - fromLeft[$1]) }
      if lost > step * fromLeft[last + 1] {
        for i in 0...(last + 1) { lowered[i] = fromLeft[i] }
      }
    }
    if let first = (0...count).first(where: { fromRight[$0] < lowered[$0] }) {
      for i in max(0, first - 1)...count { lowered[i] = fromRight[i] }
    }
    // Segment k + 1 of the polygon lies between points k and k + 1; segment 0 between x = 0 and point 0.
    var segments = [-tail]
    for i in 0..<count { segments.append(slopes[i] - (lowered[i + 1] - lowered[i]) / widths[i]) }
    let convex = Self.rising(segments, [x[0]] + widths)
    let masses = (0...count).map { i in x[i] * max(0, (i < count ? convex[i + 1] : 0) - convex[i]) }
    return LossMasses(step: step, start: start, masses: masses, infinite: 0)
  }

  /// The rising sequence nearest to the slopes, weighted by widths: those of the greatest convex polygon below
  /// (pool adjacent violators, Ayer et al. 1955).
  private static func rising(_ slopes: [Double], _ widths: [Double]) -> [Double] {
    var pools: [(slope: Double, width: Double, count: Int)] = []
    for (slope, width) in zip(slopes, widths) {
      var pool = (slope: slope, width: width, count: 1)
      while let last = pools.last, last.slope > pool.slope {
        let total = last.width + pool.width
        pool = (
          last.slope * (last.width / total) + pool.slope * (pool.width / total), total,
          last.count + pool.count
        )
        pools.removeLast()
      }
      pools.append(pool)
    }
    return pools.flatMap { [Double](repeating: $0.slope, count: $0.count) }
  }
}
