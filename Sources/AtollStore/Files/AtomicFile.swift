import FoundationEssentials
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes a file so that its path names either the whole old content or the whole new one, whatever happens.
///
/// - Parameters:
///   - durably: whether to wait for the disk. Without, the file outlives the process, however it ends, but not a power
///     failure.
///   - mode: who may use a new file, as `chmod` spells it, before the process's mask.
/// - Throws: `StoreError` with code `cannotWrite`: no space, a read-only place, a missing folder.
package func writeAtomically(
  _ bytes: some Collection<UInt8>, to path: String, durably: Bool = true, mode: UInt16 = 0o666
) throws(StoreError) {
  let writer = try AtomicWriter(path, mode: mode)
  try writer.write(bytes)
  try writer.commit(durably: durably)
}

/// Writes a file piece by piece, so that its path names either the whole old content or the whole new one, whatever
/// happens.
///
/// The bytes go to a temporary name in the same folder, and take the place of the old file by a rename. What is not
/// committed is removed with the writer, and the old file is untouched.
public final class AtomicWriter {
  private let path: String
  private let folder: String
  private let temporary: String
  /// Nil when the file is whole, or given up.
  private var file: Descriptor?

  /// - Parameters:
  ///   - path: the file.
  ///   - mode: who may use it, as `chmod` spells it, before the process's mask.
  /// - Throws: `StoreError` with code `cannotWrite`.
  public init(_ path: String, mode: UInt16 = 0o666) throws(StoreError) {
    let separator = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let name = separator.map { path[path.index(after: $0)...] } ?? path[...]
    guard !name.isEmpty, name != ".", name != ".." else {
      throw StoreError(.cannotWrite, path: path, "cannot be written: it names a folder")
    }
    self.path = path
    folder = separator.map { String(path[...$0]) } ?? "./"
    let number = temporaryNumber.add(1, ordering: .relaxed).newValue
    temporary = "\(folder)\(temporaryPrefix)\(getpid())-\(number)\(temporarySuffix)"
    do {
      file = try Descriptor(opening: temporary, flags: O_WRONLY | O_CREAT | O_EXCL, mode: mode_t(mode))
    } catch {
      throw .writing(path, error)
    }
  }

  deinit {
    if file != nil { _ = unlink(temporary) }
  }

  /// - Throws: `StoreError` with code `cannotWrite`: no space, above all.
  public func write(_ bytes: some Collection<UInt8>) throws(StoreError) {
    guard let number = file?.number else { return }
    do {
      try writeAll(bytes, to: number)
    } catch {
      throw .writing(path, error)
    }
  }

  /// Puts the file in its place.
  ///
  /// - Parameter durably: whether to wait for the disk.
  /// - Throws: `StoreError` with code `cannotWrite`.
  public func commit(durably: Bool = true) throws(StoreError) { try commit(as: path, durably: durably) }

  /// Puts the file in a place in the same folder that was not known before: one that follows from its bytes.
  package func commit(as path: String, durably: Bool = true) throws(StoreError) {
    guard let file = file.take() else { return }
    do throws(ErrorNumber) {
      if durably { try synchronize(file.number) }
      try file.close()
      _ = try retrying { rename(temporary, path) }
      guard durably else { return }
      // The rename itself reaches the disk with the folder.
      let folder = try Descriptor(opening: folder, flags: O_RDONLY)
      try synchronize(folder.number)
    } catch {
      _ = unlink(temporary)
      throw .writing(path, error)
    }
  }
}

/// Gives a file another name, which may be there already.
func nameAlso(_ file: String, _ path: String) throws(StoreError) {
  guard link(file, path) == 0 || errno == EEXIST else { throw .writing(path, ErrorNumber(value: errno)) }
}

/// Waits until files that were written in a folder, and their names, are on the disk.
///
/// - Throws: `StoreError` with code `cannotWrite`.
package func synchronize(_ names: [String], in folder: String) throws(StoreError) {
  guard !names.isEmpty else { return }
  do throws(ErrorNumber) {
    for path in names.map({ "\(folder)/\($0)" }) + [folder] {
      let file = try Descriptor(opening: path, flags: O_RDONLY)
      try synchronize(file.number)
    }
  } catch {
    throw .writing(folder, error)
  }
}

/// Removes what a process that was killed had not written to the end. Nobody else may be writing in the folder.
package func removeTemporaryFiles(in folder: String) {
  let files = FileManager.default
  for name in (try? files.contentsOfDirectory(atPath: folder)) ?? []
  where name.hasPrefix(temporaryPrefix) && name.hasSuffix(temporarySuffix) {
    try? files.removeItem(atPath: folder + "/" + name)
  }
}

private let temporaryPrefix = ".atoll-"
private let temporarySuffix = ".tmp"

/// Makes temporary names differ within a process; between processes its number does.
private let temporaryNumber = Atomic<Int>(0)

/// Writes all bytes, however few the system takes at a time.
func writeAll(_ bytes: some Collection<UInt8>, to file: Int32) throws(ErrorNumber) {
  let result = bytes.withContiguousStorageIfAvailable { bytes in
    Result { () throws(ErrorNumber) in try writeAll(UnsafeRawBufferPointer(bytes), to: file) }
  }
  if let result { return try result.get() }
  try Array(bytes).withUnsafeBufferPointer { bytes throws(ErrorNumber) in
    try writeAll(UnsafeRawBufferPointer(bytes), to: file)
  }
}

/// Writes all bytes, however few the system takes at a time.
func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32) throws(ErrorNumber) {
  var written = 0
  while written < bytes.count {
    // Linux takes at most 2 GiB at a time.
    let piece = UnsafeRawBufferPointer(rebasing: bytes[written..<min(bytes.count, written + 1 << 30)])
    written += try retrying { write(file, piece.baseAddress, piece.count) }
  }
}

/// Waits until the disk has what was written.
func synchronize(_ file: Int32) throws(ErrorNumber) {
  do {
    _ = try retrying { fsync(file) }
  } catch {
    // Some file systems cannot synchronise a folder, and say so.
    if error.value != EINVAL, error.value != ENOTSUP { throw error }
  }
}
