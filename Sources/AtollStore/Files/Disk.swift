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

  package func read(_ path: String) throws(StoreError) -> Data { try readBytes(path) }

  package func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  package func names(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }

  package func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}
