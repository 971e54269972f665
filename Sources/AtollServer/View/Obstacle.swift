import AtollStore
import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Bytes that are free on a disk.
package enum Disk {
  /// With less than this nothing new is begun.
  package static let least = 64 << 20

  /// Nil when the system does not say.
  package static func free(at path: String) -> Int? {
    var figures = statvfs()
    guard statvfs(path, &figures) == 0 else { return nil }
    return Int(clamping: UInt64(figures.f_bavail) * UInt64(figures.f_frsize))
  }
}

extension ServerStore {
  /// What keeps the store from being written, in words; nil when nothing does.
  func obstacle() -> String? {
    if let free = Disk.free(at: path), free < Disk.least { return "the disk is full" }
    let probe = "\(path)/.ready-\(getpid())"
    let file = open(probe, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { return "the store cannot be written" }
    let isWritten = withUnsafeBytes(of: UInt8(1)) { systemWrite(file, $0) } == 1
    close(file)
    unlink(probe)
    guard isWritten else { return "the store cannot be written" }
    do {
      _ = try runCounts()
      return nil
    } catch {
      return "the database cannot be read"
    }
  }
}

/// `write`, under a name that a method called `write` does not hide.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(file, bytes.baseAddress, bytes.count)
}
