import Synchronization

/// What one end has to say, in order, for the one task that sends it.
///
/// Large things are put in as sources, from which a piece is taken when it is its turn: what waits takes no memory.
package final class Outbox<Message: Sendable>: Sendable {
  /// Gives the next piece of something large; nil at its end.
  package typealias Source = @Sendable () throws -> Message?

  private enum Item: Sendable {
    case message(Message)
    case source(Source)
  }

  private struct State {
    var items: [Item] = []
    /// Taken from the front: the array is cut now and then.
    var start = 0
    var isFinished = false
    var waiting: CheckedContinuation<Void, Never>?

    var isEmpty: Bool { start == items.count }

    mutating func advance() {
      start += 1
      if start == items.count {
        items = []
        start = 0
      } else if start > 64, start > items.count / 2 {
        items.removeFirst(start)
        start = 0
      }
    }
  }

  private let state = Mutex(State())

  package init() {}

  /// Says something. After the end, nothing is said any more.
  package func send(_ message: Message) { put(.message(message)) }

  /// Says something large, piece by piece. Its errors end the stream.
  package func send(from source: @escaping Source) { put(.source(source)) }

  /// Says something where nothing waits to be said.
  package func sendIfIdle(_ message: Message) {
    if state.withLock({ $0.isEmpty }) { send(message) }
  }

  /// How much waits to be said.
  package var count: Int { state.withLock { $0.items.count - $0.start } }

  /// What was said before is still sent; then the stream ends.
  package func finish() { wake { $0.isFinished = true } }

  private func put(_ item: Item) {
    wake { if !$0.isFinished { $0.items.append(item) } }
  }

  private func wake(_ change: (inout State) -> Void) {
    let waiting = state.withLock { state in
      change(&state)
      defer { state.waiting = nil }
      return state.waiting
    }
    waiting?.resume()
  }

  /// The next message, as soon as there is one; nil at the end.
  ///
  /// - Throws: `CancellationError`, and what a source throws.
  package func next() async throws -> Message? {
    while true {
      try Task.checkCancellation()
      switch take() {
      case .message(let message): return message
      case .source(let source):
        if let piece = try source() { return piece }
        drop()
      case nil:
        if state.withLock({ $0.isFinished && $0.isEmpty }) { return nil }
        await wait()
      }
    }
  }

  /// A message is taken out; a source stays until it is empty.
  private func take() -> Item? {
    state.withLock { state in
      guard !state.isEmpty else { return nil }
      let item = state.items[state.start]
      if case .message = item { state.advance() }
      return item
    }
  }

  private func drop() { state.withLock { $0.advance() } }

  private func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let goesOn = state.withLock { state in
          guard state.isEmpty, !state.isFinished, !Task.isCancelled else { return true }
          state.waiting = continuation
          return false
        }
        if goesOn { continuation.resume() }
      }
    } onCancel: {
      wake { _ in }
    }
  }
}
