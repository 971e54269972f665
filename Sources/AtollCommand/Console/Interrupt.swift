import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// ^C and `kill` for commands that take long: the first asks them to stop, the second ends the process at once.
///
/// Other commands keep what the system does by itself, which is to end.
enum Interrupt {
  /// From now on a signal sets a flag instead of ending the process.
  ///
  /// - Returns: whether one has come; cheap enough to be asked in a loop, from any thread.
  static func watch() -> @Sendable () -> Bool {
    // Read once before the handler can: what makes a global's value is not to run inside a handler.
    _ = requested.load(ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in
        // Everything here is async-signal-safe (signal-safety(7)): an atomic, and _exit.
        if requested.exchange(true, ordering: .relaxed) { _exit(ExitStatus.interrupted.rawValue) }
      }
    }
    unblock([SIGINT, SIGTERM])
    return { requested.load(ordering: .relaxed) }
  }

  /// Whoever started this process may have blocked the signals for itself, as threads of libdispatch do: children
  /// inherit that, and would never hear of them.
  private static func unblock(_ numbers: [Int32]) {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in numbers { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Lets the system end the process when nobody reads its output any more, as `atoll … | head` expects, also where
  /// whoever started it had that turned off.
  static func endsWithReader() { signal(SIGPIPE, SIG_DFL) }
}

private let requested = Atomic<Bool>(false)
