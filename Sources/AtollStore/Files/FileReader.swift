package import AtollNumerics
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
    // A pipe without a writer would be waited for.
    file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw .reading(path, ErrorNumber(value: errno)) }
    var status = stat()
    guard fstat(file, &status) == 0 else {
      let error = ErrorNumber(value: errno)
      close(file)
      throw .reading(path, error)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(file)
      throw StoreError(
        .cannotRead, path: path,
        status.st_mode & S_IFMT == S_IFDIR ? "is a folder, not a file" : "is no ordinary file")
    }
    size = Int(status.st_size)
  }

  deinit { close(file) }

  /// A reader of a file; nil where there is none.
  ///
  /// - Throws: ``StoreError``.
  package static func opening(_ path: String) throws(StoreError) -> FileReader? {
    do {
      return try FileReader(path)
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  /// The bytes at a place.
  ///
  /// - Throws: ``StoreError`` when there are not so many.
  package func read(at offset: Int, count: Int) throws(StoreError) -> Data {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 16)
    do throws(StoreError) {
      try read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
    } catch {
      buffer.deallocate()
      throw error
    }
    // Safe because there is an address: at least one byte was allocated.
    return Data(
      bytesNoCopy: buffer.baseAddress!, count: count, deallocator: .custom { start, _ in start.deallocate() })
  }

  /// Fills a buffer with the bytes at a place.
  ///
  /// - Throws: ``StoreError`` when there are not so many.
  package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(StoreError) {
    var done = 0
    while done < buffer.count {
      let more = pread(
        file, buffer.baseAddress.map { $0 + done }, min(buffer.count - done, 1 << 30), off_t(offset + done))
      if more < 0, errno == EINTR { continue }
      guard more > 0 else { throw .reading(path, ErrorNumber(value: more < 0 ? errno : EIO)) }
      done += more
    }
  }

  /// Hands out the bytes from a place to the end, piece by piece.
  ///
  /// - Throws: ``StoreError``, and what `body` throws.
  package func forEachPiece(
    from offset: Int = 0, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let tile = 1 << 18
    try withUnsafeTemporaryAllocation(byteCount: tile, alignment: 16) { buffer in
      for start in stride(from: offset, to: size, by: tile) {
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(tile, size - start)])
        try read(at: start, into: piece)
        try body(UnsafeRawBufferPointer(piece))
      }
    }
  }

  /// SHA-256 of the file.
  ///
  /// - Throws: ``StoreError``.
  package var contentHash: ContentHash {
    get throws {
      var hasher = ContentHasher()
      try forEachPiece { hasher.update($0) }
      return hasher.finalize()
    }
  }
}
