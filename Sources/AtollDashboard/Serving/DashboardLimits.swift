/// Every limit of what pages take and give, in one place.
enum DashboardLimits {
  /// Connections at a time; more wait until one ends.
  static let connections = 256
  /// Of them, those that are told of changes.
  static let live = 64
  /// A connection that asks nothing is closed after so many seconds; so is one whose request does not come.
  static let idle = 15
  /// The longest header field, and all of them together, in bytes.
  static let headerBytes = 8 << 10
  static let headers = 64
  /// The longest body, in bytes.
  static let bodyBytes = 1 << 10
  /// Until a body is here, in seconds.
  static let bodySeconds = 10
  /// Until a reader has taken what is written, in seconds.
  static let writeSeconds = 20
  /// A connection that is told of changes is asked to come again after so many seconds.
  static let liveSeconds = 900
  /// Tries to sign in from one address in a minute.
  static let signIns = 10
  /// Addresses whose tries are counted.
  static let addresses = 1_000
}
