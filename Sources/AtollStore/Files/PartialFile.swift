package import AtollNumerics
package import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that is received piece by piece: what is there when the connection breaks stays, and the rest is asked for.
///
/// It is hashed while it comes, and outlives the process but not a power failure: what it is worth is known by its
/// SHA-256 alone.
package final class PartialFile {
  package let path: String
  /// Of the whole, in bytes.
  package let size: Int
  /// Bytes that are there.
  package private(set) var count = 0
  private var hasher = ContentHasher()
  private let file: Descriptor

  /// Opens what is there, or begins.
  ///
  /// - Throws: ``StoreError``.
  package init(_ path: String, size: Int) throws(StoreError) {
    self.path = path
    self.size = size
    do {
      file = try Descriptor(opening: path, flags: O_RDWR | O_CREAT, mode: 0o600)
    } catch {
      throw .writing(path, error)
    }
    let reader = try FileReader(path)
    // Longer than the whole: not what was begun.
    guard reader.size <= size else {
      try restart()
      return
    }
    do {
      try reader.forEachPiece { hasher.update($0) }
    } catch {
      try restart()
      return
    }
    count = reader.size
    _ = lseek(file.number, off_t(count), SEEK_SET)
  }

  package var isComplete: Bool { count == size }

  /// SHA-256 of what is there.
  package var contentHash: ContentHash { hasher.finalize() }

  /// Appends a piece.
  ///
  /// - Returns: false when it does not follow from what is there, or would be too much.
  /// - Throws: ``StoreError`` when there is no room; then what is there is as it was.
  package func append(_ piece: Data, at offset: Int) throws(StoreError) -> Bool {
    guard offset == count, piece.count <= size - count else { return false }
    do {
      try writeAll(piece, to: file.number)
    } catch {
      _ = ftruncate(file.number, off_t(count))
      _ = lseek(file.number, off_t(count), SEEK_SET)
      throw .writing(path, error)
    }
    piece.withUnsafeBytes { hasher.update($0) }
    count += piece.count
    return true
  }

  /// Begins anew.
  ///
  /// - Throws: ``StoreError``.
  package func restart() throws(StoreError) {
    guard ftruncate(file.number, 0) == 0, lseek(file.number, 0, SEEK_SET) == 0 else {
      throw .writing(path, ErrorNumber(value: errno))
    }
    hasher = ContentHasher()
    count = 0
  }
}
