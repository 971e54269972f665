package import FoundationEssentials

/// Where what must outlive a crash is kept: every step that changes something goes through here, so that a test can let
/// the process die at each of them, or the disk be full.
package protocol Disk: Sendable {
  /// Makes a folder and those that it lies in, where they are not there yet.
  ///
  /// - Throws: ``StoreError``.
  func makeFolder(_ path: String) throws(StoreError)

  /// Writes a file: when this returns it outlives a power failure, and until then the path names the whole old content.
  ///
  /// - Throws: ``StoreError`` with code `.cannotWrite`.
  func write(_ bytes: Data, to path: String) throws(StoreError)

  /// The same piece by piece.
  ///
  /// - Parameters:
  ///   - durably: whether to wait for the disk. Without, the file outlives the process, but not a power failure.
  ///   - pieces: hands out the bytes from the first to the last.
  /// - Throws: ``StoreError`` with code `.cannotWrite`, and what `pieces` throws.
  func write(
    to path: String, durably: Bool, _ pieces: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws

  /// Another name for a file that is on the disk; it may be there already.
  ///
  /// - Throws: ``StoreError``.
  func link(_ file: String, to path: String) throws(StoreError)

  /// The whole file, read where it is looked at.
  ///
  /// - Throws: ``StoreError``.
  func map(_ path: String) throws(StoreError) -> Data

  /// The whole file.
  ///
  /// - Throws: ``StoreError``.
  func read(_ path: String) throws(StoreError) -> Data

  /// Whether there is a file or a folder.
  func exists(_ path: String) -> Bool

  /// What lies in a folder, in no order; nothing where there is no folder.
  func names(in folder: String) -> [String]

  /// Takes a file away, or a folder with all that is in it, in no order.
  ///
  /// Where that fails something stays behind: it costs room, and is met again at the next start.
  func remove(_ path: String)
}

/// What a disk does that knows no better.
extension Disk {
  package func write(
    to path: String, durably: Bool, _ pieces: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    var bytes = Data()
    try pieces { bytes.append(contentsOf: $0) }
    try write(bytes, to: path)
  }

  /// The same for bytes that are there.
  package func write(_ bytes: Data, to path: String, durably: Bool) throws {
    try write(to: path, durably: durably) { write in try bytes.withUnsafeBytes(write) }
  }

  package func link(_ file: String, to path: String) throws(StoreError) { try write(read(file), to: path) }

  package func map(_ path: String) throws(StoreError) -> Data { try read(path) }
}

/// This machine's disk.
package struct LocalDisk: Disk {
  package init() {}

  package func makeFolder(_ path: String) throws(StoreError) {
    var making = Making()
    try making.folder(path)
  }

  package func write(_ bytes: Data, to path: String) throws(StoreError) {
    try writeAtomically(bytes, to: path)
  }

  package func write(
    to path: String, durably: Bool, _ pieces: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    let writer = try AtomicWriter(path)
    try pieces { try writer.write($0) }
    try writer.commit(durably: durably)
  }

  package func link(_ file: String, to path: String) throws(StoreError) { try nameAlso(file, path) }

  package func map(_ path: String) throws(StoreError) -> Data { try mapBytes(path) }

  package func read(_ path: String) throws(StoreError) -> Data { try readBytes(path) }

  package func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  package func names(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }

  package func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}
