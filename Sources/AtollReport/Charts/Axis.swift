import AtollNumerics

/// A scale of numbers with a few round ticks.
struct Axis {
  let ticks: [Double]
  let labels: [String]
  let domain: ClosedRange<Double>

  /// Covers all values with at most `count` ticks at round numbers.
  ///
  /// - Parameter origin: a value that the axis begins at whatever the values are.
  init(covering values: [Double], origin: Double? = nil, count: Int = 5) {
    let known = (values + [origin].compactMap(\.self)).filter(\.isFinite)
    var low = known.min() ?? 0
    var high = known.max() ?? 1
    if low == high {
      let margin = max(low.magnitude / 10, 1e-3)
      (low, high) = origin == low ? (low, high + 10 * margin) : (low - margin, high + margin)
    }
    var (step, places) = Self.step(atLeast: (high - low) / Double(max(1, count - 1)))
    // Rounding outwards may need one tick more than there is room for.
    while (high / step).rounded(.up) - (low / step).rounded(.down) > Double(count - 1) {
      (step, places) = Self.step(atLeast: step * 1.01)
    }
    let first = (low / step).rounded(.down)
    let last = (high / step).rounded(.up)
    ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
    domain = first * step...last * step
    let isHuge = max(domain.lowerBound.magnitude, domain.upperBound.magnitude) >= 1e7
    labels = ticks.map { isHuge ? Figure.metric($0) : Figure.fixed($0, places) }
  }

  /// Whole numbers from 1 to `last`, for rounds: both ends and a few between.
  static func rounds(upTo last: Int) -> [Int] {
    guard last > 1 else { return [1] }
    let room = last < 1000 ? 4 : 2
    var (step, places) = Self.step(atLeast: max(1, Double(last) / Double(room)))
    if places > 0 { (step, places) = Self.step(atLeast: step * 1.01) }
    let whole = Int(step)
    // A tick too close to the last one would touch it.
    let between = stride(from: whole, to: last, by: whole).filter { 2 * (last - $0) >= whole && $0 > 1 }
    return [1] + between.filter { 4 * ($0 - 1) >= whole } + [last]
  }

  /// The smallest of 1, 2, 2.5 and 5 times a power of ten that is at least this, and digits that show its multiples.
  private static func step(atLeast least: Double) -> (step: Double, places: Int) {
    guard least > 0, least.isFinite else { return (1, 0) }
    var (power, places) = (1.0, 0)
    while power > least { (power, places) = (power / 10, places + 1) }
    while power * 10 <= least { (power, places) = (power * 10, places - 1) }
    for (factor, more) in [(1.0, 0), (2, 0), (2.5, 1), (5, 0)] where factor * power >= least {
      return (factor * power, max(0, places + more))
    }
    return (10 * power, max(0, places - 1))
  }

  /// Where a value lies, 0 at the lower end and 1 at the upper.
  func callAsFunction(_ value: Double) -> Double {
    let share = (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
    return min(max(share, 0), 1)
  }

  /// Room for the longest label in characters.
  var labelLength: Int { labels.map(\.count).max() ?? 0 }
}
