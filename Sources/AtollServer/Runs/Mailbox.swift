import Dispatch
import Synchronization

/// Hands what happened to the one thread that drives a run.
final class Mailbox<Input: Sendable>: Sendable {
  private let inputs = Mutex<[Input]>([])
  private let count = DispatchSemaphore(value: 0)

  func put(_ input: Input) {
    inputs.withLock { $0.append(input) }
    count.signal()
  }

  /// The next input; nil when time has passed without one.
  func take(within time: Duration) -> Input? {
    let nanoseconds = Int(clamping: Int64(max(0, time / .nanoseconds(1))))
    guard count.wait(timeout: .now() + .nanoseconds(nanoseconds)) == .success else { return nil }
    return inputs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }
}
