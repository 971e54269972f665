import CZlib

/// Inflates a gzip file piece by piece (RFC 1952): one member or several, and nothing else.
///
/// zlib's `inflate` checks each member's CRC and length. Not `gzread`, which passes what follows the last
/// member, and a file that is not compressed, as if they were data.
struct GzipInflater: ~Copyable {
  static let magic: [UInt8] = [0x1F, 0x8B]

  private let path: String
  private let limit: Int
  private let stream: UnsafeMutablePointer<z_stream>
  private let output: UnsafeMutableRawBufferPointer
  private var total = 0
  /// The bytes read so far end with a whole member.
  private var memberIsWhole = false

  init(path: String, limit: Int) throws(StoreError) {
    self.path = path
    self.limit = limit
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    output = .allocate(byteCount: 1 << 18, alignment: 64)
    // 15 is deflate's largest window; 16 more demand gzip's frame.
    let result = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard result == Z_OK else {
      throw StoreError(.cannotRead, path: path, "cannot be inflated: there is no memory for it")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    output.deallocate()
  }

  /// Inflates a piece and hands on what comes of it.
  mutating func consume(
    _ chunk: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    // zlib's type is not const here, but it does not write to its input.
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: chunk.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(chunk.count)
    while true {
      if memberIsWhole, stream.pointee.avail_in > 0 { try beginNextMember() }
      let input = stream.pointee.avail_in
      stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(output.count)
      let result = memberIsWhole ? Z_OK : inflate(stream, Z_NO_FLUSH)
      guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else { throw damaged() }
      let count = output.count - Int(stream.pointee.avail_out)
      total += count
      guard total <= limit else {
        throw StoreError(.tooLarge, path: path, "inflates to more than \(limit) bytes")
      }
      if count > 0 { try body(UnsafeRawBufferPointer(rebasing: output[..<count])) }
      if result == Z_STREAM_END { memberIsWhole = true }
      let isIdle = count == 0 && input == stream.pointee.avail_in
      if stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 || isIdle { return }
    }
  }

  /// The file has ended.
  func finish() throws(StoreError) {
    guard memberIsWhole else { throw StoreError(.corrupt, path: path, "the gzip file is cut short") }
  }

  /// What follows a member must be another one.
  private mutating func beginNextMember() throws(StoreError) {
    guard stream.pointee.next_in.pointee == Self.magic[0] else {
      throw StoreError(.corrupt, path: path, "other bytes follow the end of the gzip data")
    }
    guard inflateReset(stream) == Z_OK else { throw damaged() }
    memberIsWhole = false
  }

  private func damaged() -> StoreError {
    let words = stream.pointee.msg.map { " (\(String(cString: $0)))" } ?? ""
    return StoreError(.corrupt, path: path, "the gzip data are damaged\(words)")
  }
}
