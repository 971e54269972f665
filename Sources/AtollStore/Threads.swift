#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Runs a body on that many threads of its own and returns when all are done.
///
/// Training is long and never suspends, so it does not belong on the cooperative pool of Swift concurrency, where it
/// would starve whoever shares it.
package func withThreads(_ count: Int, _ body: @escaping @Sendable (_ thread: Int) -> Void) {
  precondition(count > 0, "work needs a thread")
  // One thread is the caller's: a single-threaded run makes none.
  let others = (1..<count).map { startThread(ThreadStart(index: $0, body: body)) }
  body(0)
  for thread in others { pthread_join(thread, nil) }
}

/// Runs a body on a thread of its own while the caller is suspended: for the same reason.
package func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws
  -> Result
{
  try await withCheckedThrowingContinuation { continuation in
    let thread = startThread(
      ThreadStart(index: 0) { _ in continuation.resume(with: Swift.Result { try body() }) })
    pthread_detach(thread)
  }
}

private final class ThreadStart: Sendable {
  let index: Int
  let body: @Sendable (Int) -> Void

  init(index: Int, body: @escaping @Sendable (Int) -> Void) {
    self.index = index
    self.body = body
  }
}

#if canImport(Darwin)
  private func startThread(_ start: ThreadStart) -> pthread_t {
    var thread: pthread_t?
    let status = pthread_create(&thread, nil, run, Unmanaged.passRetained(start).toOpaque())
    guard status == 0, let thread else { preconditionFailure("the system gives no further thread") }
    return thread
  }

  private func run(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
    start.body(start.index)
    return nil
  }
#else
  private func startThread(_ start: ThreadStart) -> pthread_t {
    var thread = pthread_t()
    let status = pthread_create(&thread, nil, run, Unmanaged.passRetained(start).toOpaque())
    precondition(status == 0, "the system gives no further thread")
    return thread
  }

  private func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // Safe because `startThread` passes it.
    let start = Unmanaged<ThreadStart>.fromOpaque(argument!).takeRetainedValue()
    start.body(start.index)
    return nil
  }
#endif
