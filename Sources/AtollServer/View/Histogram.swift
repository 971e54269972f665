/// Durations, counted by how long they are.
package struct Histogram: Hashable, Sendable {
  /// Upper ends of the buckets, in seconds, ascending; the last bucket has none.
  package let bounds: [Double]
  /// Durations in each bucket, one more than there are bounds.
  package private(set) var counts: [Int]
  /// Of all durations, in seconds.
  package private(set) var sum = 0.0

  package init(bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  /// From a fast exchange on one machine to one that waits for people.
  package static let exchanges = Histogram(bounds: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 3_600])

  package mutating func add(_ seconds: Double) {
    guard seconds.isFinite, seconds >= 0 else { return }
    counts[bounds.firstIndex { seconds <= $0 } ?? bounds.count] += 1
    sum += seconds
  }

  /// How many durations there are.
  package var count: Int { counts.reduce(0, +) }
}
