import Dispatch
import Synchronization

/// Waits for what takes its time without a thread of its own, such as a call of a server.
///
/// - Throws: what `body` throws.
func waiting<Value: Sendable>(for body: @escaping @Sendable () async throws -> Value) throws -> Value {
  let outcome = Outcome<Value>()
  Task.detached {
    do {
      outcome.set(.success(try await body()))
    } catch {
      outcome.set(.failure(error))
    }
  }
  return try outcome.wait()
}

/// The same, until a signal asks the command to stop.
///
/// - Returns: what `body` gives; nil when the command was asked to stop, and `body` was cancelled.
/// - Throws: what `body` throws.
func waiting<Value: Sendable>(
  unless isInterrupted: @escaping @Sendable () -> Bool, for body: @escaping @Sendable () async throws -> Value
) throws -> Value? {
  try waiting {
    try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        await untilInterrupted(isInterrupted)
        return nil
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
  }
}

private final class Outcome<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)
  private let isThere = DispatchSemaphore(value: 0)

  func set(_ value: Result<Value, any Error>) {
    result.withLock { $0 = value }
    isThere.signal()
  }

  func wait() throws -> Value {
    isThere.wait()
    // Safe because it is set before the signal.
    return try result.withLock { $0! }.get()
  }
}

/// Returns once a signal asked the command to stop.
func untilInterrupted(_ isInterrupted: @Sendable () -> Bool) async {
  while !isInterrupted(), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(50)) }
}
