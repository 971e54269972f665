/// One end of a stream in both directions: what it hears, and what it has to say.
///
/// The transport carries messages between two ends and decides nothing; tests put two ends together without one.
package protocol Link<Incoming, Outgoing>: Sendable {
  associatedtype Incoming: Sendable
  associatedtype Outgoing: Sendable

  /// Takes the next message of the peer. While it does not return, nothing more is read: that is the backpressure.
  ///
  /// - Throws: to end the stream.
  func receive(_ message: Incoming) async throws

  /// The next message for the peer, as soon as there is one; nil ends the stream.
  func next() async throws -> Outgoing?

  /// Says something, so that the peer knows that this end is there; where nothing waits to be said anyway.
  func beat()
}

/// Carries messages until one end has nothing more to say, or something breaks.
///
/// - Parameters:
///   - receive: hears the peer; returns when the peer has said its last.
///   - send: speaks to the peer; returns when this end has said its last.
///   - life: told by `receive` of each message.
/// - Throws: what broke; ``WireError`` with code `.unreachable` when the peer is silent for too long.
func carry(
  _ link: some Link, life: SignOfLife, receive: @escaping @Sendable () async throws -> Void,
  send: (@Sendable () async throws -> Void)?
) async throws {
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await receive() }
    if let send { group.addTask { try await send() } }
    group.addTask {
      while true {
        try await Task.sleep(for: WireLimits.heartbeat)
        guard life.age < WireLimits.silence else {
          throw WireError(
            .unreachable, "nothing was heard from the peer for \(Int(WireLimits.silence / .seconds(1))) s")
        }
        link.beat()
      }
    }
    defer { group.cancelAll() }
    try await group.next()
  }
}
