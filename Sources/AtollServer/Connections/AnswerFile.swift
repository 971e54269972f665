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

/// An answer that is being received. What is there when the connection breaks stays, and the rest is asked for.
final class AnswerFile {
  let offer: Offer
  private let file: Int32
  /// Bytes that are there.
  private(set) var count: Int

  /// - Throws: `StoreError`.
  init(_ offer: Offer, at path: String) throws {
    self.offer = offer
    file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      throw StoreError(.cannotWrite, path: path, "cannot be written: error \(errno)")
    }
    let end = lseek(file, 0, SEEK_END)
    count = Int(end)
    // Longer than the answer: not what was begun.
    if end < 0 || count > offer.size {
      _ = ftruncate(file, 0)
      _ = lseek(file, 0, SEEK_SET)
      count = 0
    }
  }

  deinit { close(file) }

  var isComplete: Bool { count == offer.size }

  /// Appends a part.
  ///
  /// - Returns: false when it does not follow from what is there, or would be too much.
  /// - Throws: `StoreError` when there is no room.
  func append(_ part: AnswerPart) throws -> Bool {
    guard part.offset == count, count + part.content.count <= offer.size else { return false }
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
      throw StoreError(.cannotWrite, path: "an answer", "cannot be written: error \(errno)")
    }
    count += part.content.count
    return true
  }
}
