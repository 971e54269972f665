public import AtollLearning

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The bytes of a file, inflated where the file is compressed by gzip.
///
/// Compression is told by the first bytes, not by the name, so that `patients.csv` may be either. The file is
/// opened when it is read, each time anew, and never held in memory as a whole.
public struct FileSource: ByteSource, Sendable {
  /// The path as the user typed it.
  public let path: String
  /// The most bytes that a compressed file may inflate to.
  ///
  /// It bounds time and what is built from the bytes, not memory, which is constant. A bound on the ratio
  /// would not tell bombs from data: deflate reaches 1,032:1 on any long run of zeros, as sparse tables hold.
  public let inflatedLimit: Int

  public var name: String { path }

  private let progress: Progress?

  /// Told how many of the file's bytes, as they lie on the disk, are read; from the thread that reads. Its errors end the
  /// reading and are thrown on.
  public typealias Progress = @Sendable (_ read: Int, _ all: Int) throws -> Void

  /// A file that is opened anew for each reading.
  ///
  /// - Parameters:
  ///   - path: where it lies.
  ///   - inflatedLimit: most bytes that compressed ones may become.
  ///   - progress: told how far the reading is.
  public init(_ path: String, inflatedLimit: Int = 64 << 30, progress: Progress? = nil) {
    self.path = path
    self.inflatedLimit = inflatedLimit
    self.progress = progress
  }

  /// The file's size, where it is not compressed.
  public var byteCount: Int? {
    guard let file = try? open() else { return nil }
    var magic: [UInt8] = [0, 0]
    var status = stat()
    guard read(file.number, &magic, 2) == 2, magic != GzipInflater.magic, fstat(file.number, &status) == 0
    else { return nil }
    return Int(status.st_size)
  }

  /// The file's size as it lies on the disk; nil where there is no ordinary file that can be read.
  var byteCountOnDisk: Int? {
    guard let file = try? open() else { return nil }
    var status = stat()
    return fstat(file.number, &status) == 0 ? Int(status.st_size) : nil
  }

  /// - Throws: `StoreError` when the file is missing, a folder, a pipe, unreadable, or not the gzip file that
  ///   its first bytes promise; and what `body` throws.
  public func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let file = try open()
    var status = stat()
    let size = fstat(file.number, &status) == 0 ? Int(status.st_size) : 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    var inflater: GzipInflater?
    var isFirst = true
    var position = 0
    while true {
      let count = try fill(buffer, from: file.number, atLeast: isFirst ? 2 : 1)
      if count == 0 { break }
      position += count
      try progress?(position, max(size, position))
      let chunk = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      if isFirst, chunk.starts(with: GzipInflater.magic) {
        inflater = try GzipInflater(path: path, limit: inflatedLimit)
      }
      isFirst = false
      if inflater == nil {
        try body(chunk)
      } else {
        try inflater?.consume(chunk, body)
      }
    }
    try inflater?.finish()
  }

  private func open() throws(StoreError) -> Descriptor {
    do {
      // O_NONBLOCK: opening a pipe that nobody writes to must not wait.
      let file = try Descriptor(opening: path, flags: O_RDONLY | O_NONBLOCK)
      var status = stat()
      let number = file.number
      _ = try retrying { fstat(number, &status) }
      switch status.st_mode & S_IFMT {
      case S_IFREG: return file
      case S_IFDIR: throw StoreError(.cannotRead, path: path, "is a folder, not a file")
      default:
        throw StoreError(
          .cannotRead, path: path, "is no ordinary file; save what it gives into one, and name that")
      }
    } catch let error as ErrorNumber {
      throw .reading(path, error)
    } catch let error as StoreError {
      throw error
    } catch {
      throw StoreError(.cannotRead, path: path, "cannot be read: \(error)")
    }
  }

  /// Reads until the buffer holds `atLeast` bytes or the file ends.
  private func fill(
    _ buffer: UnsafeMutableRawBufferPointer, from file: Int32, atLeast: Int
  ) throws(StoreError) -> Int {
    var count = 0
    while count < atLeast {
      do {
        let more = try retrying { read(file, buffer.baseAddress! + count, buffer.count - count) }
        if more == 0 { break }
        count += more
      } catch {
        throw .reading(path, error)
      }
    }
    return count
  }
}
