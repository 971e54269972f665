import AtollStore

/// Held while a backup is made: a server takes nothing away meanwhile, as the backup may name it.
struct BackupLock {
  private let lock: FileLock

  /// - Throws: `StoreError`, with code `.busy` while another backup is made.
  init(in state: String) throws(StoreError) {
    // A server looks for an instant, with a lock of its own; another backup takes longer.
    guard let lock = try FileLock(Self.path(in: state), tries: 100) else {
      throw StoreError(.busy, path: state, "another backup of it is being made")
    }
    self.lock = lock
  }

  /// Whether somebody makes a backup.
  static func isHeld(in state: String) -> Bool { FileLock.isHeld(path(in: state)) }

  private static func path(in state: String) -> String { state + "/backup.lock" }
}
