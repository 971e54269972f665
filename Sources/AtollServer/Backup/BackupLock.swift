import AtollStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Held while a backup is made: a server takes nothing away meanwhile, as the backup may name it.
final class BackupLock {
  private let file: Int32

  /// - Throws: `StoreError`, with code `.busy` while another backup is made.
  init(in state: String) throws(StoreError) {
    let path = Self.path(in: state)
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw StoreError(.cannotWrite, path: path, "cannot be written: error \(errno)") }
    // A server looks for an instant, with a lock of its own; another backup takes longer.
    for _ in 0..<100 {
      if flock(file, LOCK_EX | LOCK_NB) == 0 { return }
      usleep(10_000)
    }
    close(file)
    throw StoreError(.busy, path: state, "another backup of it is being made")
  }

  deinit { close(file) }

  /// Whether somebody makes a backup.
  static func isHeld(in state: String) -> Bool {
    let file = open(path(in: state), O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    return flock(file, LOCK_SH | LOCK_NB) != 0
  }

  private static func path(in state: String) -> String { state + "/backup.lock" }
}
