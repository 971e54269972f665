import AtollNumerics

/// A pair (P, Q) of distributions, seen through its loss log(P/Q): the masses of both in bins of equal width.
///
/// That is all that both discretizations of `ConnectTheDots` need, as they treat outcomes of one bin alike.
struct LossBins {
  /// Bin i holds the losses in [(start + i)·step, (start + i + 1)·step).
  let step: Double
  private(set) var start: Int
  private(set) var p: [Double]
  private(set) var q: [Double]
  /// Masses below the first and above the last bin.
  private(set) var below = (p: 0.0, q: 0.0)
  private(set) var above = (p: 0.0, q: 0.0)

  /// (Q, P), whose losses are −log(P/Q).
  var mirrored: LossBins {
    var result = self
    result.start = -(start + p.count)
    (result.p, result.q) = (q.reversed(), p.reversed())
    result.below = (above.q, above.p)
    result.above = (below.q, below.p)
    return result
  }

  /// The pair of a mechanism that gives away which of the sources it took, each with its weight.
  init(mixture parts: [(weight: Double, bins: LossBins)]) {
    step = parts[0].bins.step
    start = parts.map(\.bins.start).min() ?? 0
    let end = parts.map { $0.bins.start + $0.bins.p.count }.max() ?? 0
    p = [Double](repeating: 0, count: end - start)
    q = p
    for (weight, bins) in parts {
      for i in bins.p.indices {
        p[bins.start - start + i] += weight * bins.p[i]
        q[bins.start - start + i] += weight * bins.q[i]
      }
      below = (below.p + weight * bins.below.p, below.q + weight * bins.below.q)
      above = (above.p + weight * bins.above.p, above.q + weight * bins.above.q)
    }
  }

  /// Finitely many outcomes.
  init(_ atoms: [LossAtoms.Atom], step: Double) {
    // What misses a border by rounding counts as on it: a loss is never moved by more than 10⁻⁹ of a bin.
    func place(_ loss: Double) -> Int { Int((loss / step + 1e-9).rounded(.down)) }
    self.step = step
    let places = atoms.map { place($0.loss) }
    start = places.min() ?? 0
    p = [Double](repeating: 0, count: (places.max() ?? 0) - start + 1)
    q = p
    for (atom, place) in zip(atoms, places) {
      p[place - start] += atom.p
      q[place - start] += atom.q
    }
  }

  /// What lies below and above a loss, under P and under Q; the smaller of both keeps its digits.
  struct Border {
    let p: (below: Double, above: Double)
    let q: (below: Double, above: Double)
  }

  /// A pair without sampling, told by its distribution functions, and sampled at a rate: ((1 − r)·Q + r·P, Q).
  ///
  /// `range` has all losses of the pair without sampling, but for masses that go to `below` and `above`.
  init(range: ClosedRange<Double>, sampling: SampledLoss, step: Double, border: (Double) -> Border) {
    let first = Int((sampling.loss(of: range.lowerBound) / step).rounded(.down))
    let last = Int((sampling.loss(of: range.upperBound) / step).rounded(.up)) + 1
    self.step = step
    start = first
    p = []
    q = []
    p.reserveCapacity(last - first)
    q.reserveCapacity(last - first)
    let rate = sampling.rate
    func masses(_ plainP: Double, _ plainQ: Double) -> (p: Double, q: Double) {
      (rate == 1 ? plainP : (1 - rate) * plainQ + rate * plainP, plainQ)
    }
    var left = border(sampling.plain(of: Double(first) * step))
    below = masses(left.p.below, left.q.below)
    for index in first..<last {
      let right = border(sampling.plain(of: Double(index + 1) * step))
      let mass = masses(Self.between(left.p, right.p), Self.between(left.q, right.q))
      p.append(mass.p)
      q.append(mass.q)
      left = right
    }
    above = masses(left.p.above, left.q.above)
  }

  /// By the smaller complements, so that tails keep their digits.
  private static func between(
    _ left: (below: Double, above: Double), _ right: (below: Double, above: Double)
  ) -> Double {
    if right.below <= 0.5 { return max(0, right.below - left.below) }
    if left.above <= 0.5 { return max(0, left.above - right.above) }
    return max(0, 1 - left.below - right.above)
  }
}
