#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Keeps other processes away from something until it goes: a lock on a file, which the system takes back from a process
/// that was killed.
package final class FileLock: Sendable {
  private let file: Descriptor

  /// Takes the lock; nil while somebody else has it.
  ///
  /// - Parameters:
  ///   - path: the file, which is made where there is none.
  ///   - mode: its permissions then.
  ///   - tries: how often it is tried, every 10 ms.
  /// - Throws: ``StoreError`` when there can be no such file.
  package init?(_ path: String, mode: UInt32 = 0o600, tries: Int = 1) throws(StoreError) {
    let file: Descriptor
    do {
      file = try Descriptor(opening: path, flags: O_RDWR | O_CREAT, mode: mode_t(mode))
    } catch {
      throw .writing(path, error)
    }
    for attempt in 1...tries {
      if flock(file.number, LOCK_EX | LOCK_NB) == 0 {
        self.file = file
        return
      }
      if attempt < tries { usleep(10_000) }
    }
    return nil
  }

  deinit {
    // Closing alone would not do: a child process on its way to its own program has the open file too, for a moment.
    _ = flock(file.number, LOCK_UN)
  }

  /// Whether somebody has the lock.
  package static func isHeld(_ path: String) -> Bool {
    guard let file = try? Descriptor(opening: path, flags: O_RDONLY) else { return false }
    return flock(file.number, LOCK_SH | LOCK_NB) != 0
  }
}
