package import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that is read in places. It stays readable when its name is taken away.
package final class FileReader: Sendable {
  /// In bytes.
  package let size: Int
  private let path: String
  private let file: Int32

  /// - Throws: ``StoreError``.
  package init(_ path: String) throws(StoreError) {
    self.path = path
    file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .reading(path, ErrorNumber(value: errno)) }
    var status = stat()
    guard fstat(file, &status) == 0 else {
      let error = ErrorNumber(value: errno)
      close(file)
      throw .reading(path, error)
    }
    size = Int(status.st_size)
  }

  deinit { close(file) }

  /// The bytes at a place.
  ///
  /// - Throws: ``StoreError`` when there are not so many.
  package func read(at offset: Int, count: Int) throws(StoreError) -> Data {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let more = bytes.withUnsafeMutableBytes {
        pread(file, $0.baseAddress.map { $0 + done }, count - done, off_t(offset + done))
      }
      if more < 0, errno == EINTR { continue }
      guard more > 0 else { throw .reading(path, ErrorNumber(value: more < 0 ? errno : EIO)) }
      done += more
    }
    return Data(bytes)
  }
}
