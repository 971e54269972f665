/// What repeats of one measurement gave.
public struct Spread: Hashable, Codable, Sendable {
  /// The middle one, or the mean of the two in the middle.
  public let median: Double
  /// The smallest.
  public let minimum: Double
  /// The largest.
  public let maximum: Double

  /// - Precondition: there is a value.
  public init(of values: [Double]) {
    precondition(!values.isEmpty, "a measurement gives a value")
    let sorted = values.sorted()
    let middle = sorted.count / 2
    median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    minimum = sorted[0]
    maximum = sorted[sorted.count - 1]
  }

  /// All three, times a factor above 0.
  public static func * (spread: Spread, factor: Double) -> Spread {
    Spread(of: [spread.minimum * factor, spread.median * factor, spread.maximum * factor])
  }
}

extension Spread {
  /// Work done per second, over repeats that last for at least `seconds` each.
  ///
  /// - Parameters:
  ///   - repeats: how often it is measured.
  ///   - seconds: how long one repeat goes on.
  ///   - work: does a piece of work, and tells how much it was.
  public static func rate(
    repeats: Int, seconds: Double, _ work: () throws -> Double
  ) rethrows -> Spread {
    let clock = ContinuousClock()
    return Spread(
      of: try (0..<repeats).map { _ in
        let start = clock.now
        var done = 0.0
        var passed = 0.0
        repeat {
          done += try work()
          passed = (clock.now - start) / .seconds(1)
        } while passed < seconds
        return done / passed
      })
  }
}
