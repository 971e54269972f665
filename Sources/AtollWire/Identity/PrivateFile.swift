import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Files that only their owner may read: keys, and what lies beside them.
enum PrivateFile {
  /// Makes a folder that only its owner may enter, and those that it lies in.
  static func makeFolder(_ path: String) throws(WireError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw WireError(.invalid, "\(path): cannot be made")
    }
  }

  /// Writes a file that takes the place of an old one as a whole, and waits for the disk.
  static func write(_ bytes: some Sequence<UInt8>, to path: String) throws(WireError) {
    let temporary = "\(path).\(getpid()).new"
    // Readable by nobody else from its first byte on.
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw failure(path) }
    var rest = Array(bytes)[...]
    var isWritten = true
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { systemWrite(file, $0) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        isWritten = false
        break
      }
      rest = rest.dropFirst(count)
    }
    isWritten = isWritten && fsync(file) == 0
    isWritten = close(file) == 0 && isWritten
    guard isWritten, rename(temporary, path) == 0 else {
      let error = failure(path)
      unlink(temporary)
      throw error
    }
  }

  private static func failure(_ path: String) -> WireError {
    let words = strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
    return WireError(.invalid, "\(path): cannot be written: \(words)")
  }
}

private func systemWrite(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(file, bytes.baseAddress, bytes.count)
}
