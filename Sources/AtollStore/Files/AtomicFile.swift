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
/// The bytes go to a temporary name in the same folder, reach the disk, and take the place of the old file
/// by a rename. When anything fails the temporary file is removed and the old one is untouched.
///
/// - Parameter durably: whether to wait for the disk. Without, the file outlives the process, however it ends, but not
///   a power failure.
/// - Throws: `StoreError` with code `cannotWrite`: no space, a read-only place, a missing folder.
package func writeAtomically(
  _ bytes: some Collection<UInt8>, to path: String, durably: Bool = true
) throws(StoreError) {
  let separator = path.utf8.lastIndex(of: UInt8(ascii: "/"))
  let folder = separator.map { String(path[...$0]) } ?? "./"
  let name = separator.map { path[path.index(after: $0)...] } ?? path[...]
  guard !name.isEmpty, name != ".", name != ".." else {
    throw StoreError(.cannotWrite, path: path, "cannot be written: it names a folder")
  }
  let number = temporaryNumber.add(1, ordering: .relaxed).newValue
  let temporary = "\(folder)\(temporaryPrefix)\(getpid())-\(number)\(temporarySuffix)"
  do throws(ErrorNumber) {
    try writeNew(Array(bytes), to: temporary, durably: durably)
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

/// Removes what a process that was killed had not written to the end. Nobody else may be writing in the folder.
func removeTemporaryFiles(in folder: String) {
  let files = FileManager.default
  for name in (try? files.contentsOfDirectory(atPath: folder)) ?? []
  where name.hasPrefix(temporaryPrefix) && name.hasSuffix(temporarySuffix) {
    try? files.removeItem(atPath: folder + "/" + name)
  }
}

private let temporaryPrefix = ".atoll-"
private let temporarySuffix = ".tmp"

private func writeNew(_ bytes: [UInt8], to path: String, durably: Bool) throws(ErrorNumber) {
  let file = try Descriptor(opening: path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o666)
  try writeAll(bytes, to: file.number)
  if durably { try synchronize(file.number) }
  try file.close()
}

/// Makes temporary names differ within a process; between processes its number does.
private let temporaryNumber = Atomic<Int>(0)

/// Writes all bytes, however few the system takes at a time.
func writeAll(_ bytes: [UInt8], to file: Int32) throws(ErrorNumber) {
  try bytes.withUnsafeBufferPointer { bytes throws(ErrorNumber) in
    var written = 0
    while written < bytes.count {
      // Linux takes at most 2 GiB at a time.
      let piece = UnsafeBufferPointer(rebasing: bytes[written..<min(bytes.count, written + 1 << 30)])
      written += try retrying { write(file, piece.baseAddress, piece.count) }
    }
  }
}

/// Waits until the disk has what was written.
private func synchronize(_ file: Int32) throws(ErrorNumber) {
  do {
    _ = try retrying { fsync(file) }
  } catch {
    // Some file systems cannot synchronise a folder, and say so.
    if error.value != EINVAL, error.value != ENOTSUP { throw error }
  }
}
