import Synchronization

/// When a peer was last heard.
final class SignOfLife: Sendable {
  private let last = Mutex<(at: ContinuousClock.Instant, wasHeard: Bool)>((.now, false))

  func note() { last.withLock { $0 = (.now, true) } }

  /// Whether it said anything yet.
  var wasHeard: Bool { last.withLock { $0.wasHeard } }

  /// Since it was last heard, or else since this was made.
  var age: Duration { last.withLock { .now - $0.at } }
}
