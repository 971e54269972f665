/// A point in the time of a run, counted from its start: virtual in the simulator, monotonic at a server.
public struct Instant: Hashable, Comparable, Codable, Sendable {
  /// Time since the run began.
  public var sinceStart: Duration

  public init(sinceStart: Duration) { self.sinceStart = sinceStart }

  /// The run's beginning.
  public static let start = Instant(sinceStart: .zero)

  public static func < (left: Self, right: Self) -> Bool { left.sinceStart < right.sinceStart }
  /// The instant so much later.
  public static func + (instant: Self, duration: Duration) -> Self {
    Instant(sinceStart: instant.sinceStart + duration)
  }
}
