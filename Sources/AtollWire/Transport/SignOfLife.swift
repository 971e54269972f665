import Synchronization

/// When a peer was last heard.
final class SignOfLife: Sendable {
  private let last = Mutex(ContinuousClock.now)

  func note() { last.withLock { $0 = .now } }

  var age: Duration { last.withLock { .now - $0 } }
}
