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
  /// taken (slopes made to rise by pooling adjacent violators). Loss beyond the last bin is lowered to it, and what lies
  /// below the first counts as −∞: both can only lessen δ.
  func optimistic() -> LossMasses {
    let count = p.count
    let narrowing = -SpecialFunctions.expm1(-step)
    let widening = SpecialFunctions.expm1(step)
    let x = (0...count).map { Elementary.exp(Double(start + $0) * step) }
    // Segment k + 1 of the polygon lies between points k and k + 1; segment 0 between x = 0 and point 0.
    var slopes = [Double](repeating: 0, count: count + 1)
    var widths = slopes
    var gaps = [Double](repeating: 0, count: count)
    var heights = [Double](repeating: 0, count: count + 1)
    // Mass under Q of greater losses.
    var tail = above.p / x[count]
    for i in p.indices.reversed() {
      let (low, high) = split(i, x[i], narrowing)
      let (lowQ, highQ) = (low / x[i], high / x[i + 1])
      widths[i + 1] = x[i] * widening
      slopes[i + 1] = -(highQ + tail)
      heights[i] = heights[i + 1] + widths[i + 1] * (highQ + tail)
      let share = i == count - 1 ? 1 : lowQ + highQ > 0 ? lowQ / (lowQ + highQ) : 0
      gaps[i] = share * highQ * widths[i + 1]
      tail += lowQ + highQ
    }
    slopes[0] = -tail
    widths[0] = x[0]
    var lowered = [Double](repeating: 0, count: count + 1)
    for i in 0..<count { lowered[i] = i == 0 ? gaps[0] : max(gaps[i - 1], gaps[i]) }
    for i in 0..<count { slopes[i + 1] -= (lowered[i + 1] - lowered[i]) / widths[i + 1] }
    // δ is never negative: where the polygon would be, it is 0 already from the last point above 0 on.
    if let ground = (0..<count).first(where: { heights[$0] <= lowered[$0] }) {
      for i in ground..<count { slopes[i + 1] = 0 }
      if heights[ground] < lowered[ground] {
        // The segment that leads to the last point above 0, from the point before it, or from x = 0.
        if ground >= 1 { slopes[ground] = 0 }
        let before =
          ground >= 2 ? heights[ground - 2] - lowered[ground - 2] : heights[0] - lowered[0] + tail * x[0]
        let segment = max(ground - 1, 0)
        slopes[segment] = -max(0, before) / widths[segment]
      }
    }
    let convex = Self.rising(slopes, widths)
    let masses = (0...count).map { i in
      x[i] * max(0, (i < count ? convex[i + 1] : 0) - convex[i])
    }
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
          last.slope * (last.width / total) + pool.slope * (pool.width / total), total, last.count + pool.count
        )
        pools.removeLast()
      }
      pools.append(pool)
    }
    return pools.flatMap { [Double](repeating: $0.slope, count: $0.count) }
  }
}
