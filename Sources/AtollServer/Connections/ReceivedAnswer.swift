import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import FoundationEssentials
import Synchronization

/// A whole answer in its file, which is read piece by piece where it is wanted.
final class ReceivedAnswer: AnswerBytes {
  /// SHA-256 of what was received.
  let contentHash: ContentHash
  private let reader: FileReader

  /// - Throws: `StoreError`.
  init(_ file: PartialFile) throws(StoreError) {
    reader = try FileReader(file.path)
    contentHash = file.contentHash
  }

  var count: Int { reader.size }

  func withBytes(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try withUnsafeTemporaryAllocation(byteCount: range.count, alignment: 16) { buffer in
      try reader.read(at: range.lowerBound, into: buffer)
      try body(UnsafeRawBufferPointer(buffer))
    }
  }
}

/// Reads a file piece by piece.
final class FilePieces: Sendable {
  private let reader: FileReader
  private let offset: Mutex<Int>
  var size: Int { reader.size }

  /// - Throws: `StoreError`.
  init(_ path: String, from offset: Int = 0) throws {
    reader = try FileReader(path)
    self.offset = Mutex(offset)
  }

  /// The next piece; nil at the end.
  func next() throws -> (offset: Int, content: Data)? {
    try offset.withLock { offset in
      let count = min(WireLimits.sentPartBytes, size - offset)
      guard count > 0 else { return nil }
      let piece = (offset, try reader.read(at: offset, count: count))
      offset += count
      return piece
    }
  }
}
