/// How long to wait before the next try: longer after each, up to a bound, and never the same for two participants, so
/// that a server that comes back is not met by all of them at once.
struct Backoff: Sendable {
  static let first = Duration.milliseconds(250)
  static let longest = Duration.seconds(30)

  /// Tries that failed since the last success.
  private(set) var failures = 0

  /// The delay after one more failure.
  ///
  /// - Parameter chance: in 0..<1; a half takes nothing off.
  mutating func failed(chance: Double) -> Duration {
    let doublings = min(failures, 16)
    failures += 1
    let delay = min(Self.longest, Self.first * (1 << doublings))
    return delay * (0.5 + chance)
  }

  mutating func succeeded() { failures = 0 }
}
