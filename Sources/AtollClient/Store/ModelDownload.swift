import AtollNumerics
import AtollStore
import AtollWire
import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A model that is being received: what is there when the connection breaks stays, and the rest is asked for.
final class ModelDownload {
  let hash: ContentHash
  /// In bytes.
  let size: Int
  /// Bytes that are there.
  private(set) var count: Int
  private let store: ParticipantStore
  private let file: Int32
  private var part: String { store.model(hash) + ".part" }

  /// - Throws: `StoreError`.
  init(_ hash: ContentHash, size: Int, in store: ParticipantStore) throws {
    self.hash = hash
    self.size = size
    self.store = store
    let path = store.model(hash) + ".part"
    file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw StoreError(.cannotWrite, path: path, "cannot be written: error \(errno)") }
    count = max(0, Int(lseek(file, 0, SEEK_END)))
    if count > size { restart() }
  }

  deinit { close(file) }

  private func restart() {
    _ = ftruncate(file, 0)
    _ = lseek(file, 0, SEEK_SET)
    count = 0
  }

  /// Takes a part.
  ///
  /// - Returns: whether the model is whole.
  /// - Throws: `WireError` when the part does not follow, or the whole has another SHA-256; `StoreError`.
  func append(_ part: BlobPart) throws -> Bool {
    guard part.offset == count, count + part.content.count <= size else {
      throw WireError(.protocolViolation, "a part of a model does not follow from the one before")
    }
    let isWritten = part.content.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count, let start = bytes.baseAddress {
        let written = write(file, start + done, bytes.count - done)
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return false }
        done += written
      }
      return true
    }
    guard isWritten else {
      throw StoreError(.cannotWrite, path: self.part, "cannot be written: error \(errno)")
    }
    count += part.content.count
    return try finishIfWhole()
  }

  /// Puts the model in its place where nothing is missing.
  func finishIfWhole() throws -> Bool {
    guard count == size else { return false }
    guard try ContentHash(of: readBytes(part)) == hash else {
      restart()
      throw WireError(.protocolViolation, "a model has another SHA-256 than its name says")
    }
    guard rename(part, store.model(hash)) == 0 else {
      throw StoreError(.cannotWrite, path: store.model(hash), "cannot be written: error \(errno)")
    }
    return true
  }
}
