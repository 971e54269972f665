/// Bytes that can be read from the beginning as often as wanted: a file, an inflated file, memory.
///
/// Reading a table takes two passes where its column types are not declared, hence "as often as wanted".
/// This layer opens nothing itself; `FileSource` in `AtollStore` reads files.
public protocol ByteSource {
  /// How errors call the source: a file's path as the user typed it.
  var name: String { get }

  /// How many bytes there are, where that is known beforehand: it spares memory, and need not be exact.
  var byteCount: Int? { get }

  /// Calls `body` with consecutive pieces of the bytes, from the first to the last.
  ///
  /// A piece is valid during its call only and may have any length. An error of `body` ends the reading and
  /// is thrown on.
  func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws
}

extension ByteSource {
  public var byteCount: Int? { nil }
}

/// Bytes in memory.
public struct MemorySource: ByteSource, Sendable {
  public let name: String
  private let bytes: [UInt8]

  /// - Parameters:
  ///   - bytes: the bytes.
  ///   - name: how errors call these bytes.
  public init(_ bytes: [UInt8], name: String) {
    self.bytes = bytes
    self.name = name
  }

  /// The UTF-8 bytes of `text`.
  public init(_ text: String, name: String) {
    self.init(Array(text.utf8), name: name)
  }

  public var byteCount: Int? { bytes.count }

  public func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try bytes.withUnsafeBytes(body)
  }
}
