import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that lines are added to by one process at a time. What `append` has returned from is on the disk.
struct ChainFile: ~Copyable, Sendable {
  let path: String
  private let descriptor: Descriptor
  /// Bytes that are on the disk, line by line.
  private var length: off_t = 0
  /// Whether it is not known any more what is on the disk.
  private var isSpoilt = false

  /// Opens the file, makes it where there is none, and keeps other processes away from it.
  ///
  /// - Parameter writing: what others do who have it open.
  /// - Throws: ``StoreError``, with code `.busy` while another process has it.
  init(_ path: String, writing: String) throws(StoreError) {
    self.path = path
    for _ in 0..<16 {
      let descriptor: Descriptor
      do {
        descriptor = try Descriptor(opening: path, flags: O_RDWR | O_APPEND | O_CREAT, mode: 0o600)
      } catch {
        throw .writing(path, error)
      }
      guard flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 else {
        throw StoreError(.busy, path: path, "another process is \(writing) here")
      }
      // Between the opening and the lock somebody may have put another file there.
      if Self.isThere(path, descriptor.number) {
        self.descriptor = descriptor
        return
      }
    }
    throw StoreError(.busy, path: path, "another process replaces it again and again")
  }

  deinit {
    // As with a `FileLock`: a child process may have the open file for a moment.
    _ = flock(descriptor.number, LOCK_UN)
  }

  /// What is in it is made certain, and `torn` bytes at its end are taken away.
  mutating func settle(byteCount: Int, torn: Int) throws(StoreError) {
    let (number, whole) = (descriptor.number, off_t(byteCount - torn))
    do throws(ErrorNumber) {
      if torn > 0 { _ = try retrying { ftruncate(number, whole) } }
      // A line of before a kill may not be on the disk yet: whoever reads it now relies on it.
      try synchronize(number)
    } catch {
      throw .writing(path, error)
    }
    length = whole
  }

  /// Waits until its name is on the disk.
  func settleName() throws(StoreError) {
    let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? "./"
    do throws(ErrorNumber) {
      let folder = try Descriptor(opening: name, flags: O_RDONLY)
      try synchronize(folder.number)
    } catch {
      throw .writing(path, error)
    }
  }

  /// Adds a line. When this returns it is on the disk; when it throws, it is not in the file.
  ///
  /// - Throws: ``StoreError``: `.cannotWrite`; `.corrupt` when somebody else has changed the file meanwhile.
  mutating func append(_ line: Data) throws(StoreError) {
    guard !isSpoilt else {
      throw StoreError(
        .cannotWrite, path: path, "a write failed before, and could not be taken back; start again")
    }
    let number = descriptor.number
    guard lseek(number, 0, SEEK_END) == length, Self.isThere(path, number) else {
      throw StoreError(.corrupt, path: path, "somebody else changed or replaced it while it was open")
    }
    do throws(ErrorNumber) {
      try writeAll(Array(line) + [UInt8(ascii: "\n")], to: number)
      try synchronize(number)
    } catch {
      takeBack()
      throw .writing(path, error)
    }
    length += off_t(line.count + 1)
  }

  /// Takes away what was added last, of so many bytes with its end: half a line would be in the way of the next.
  mutating func takeBack(_ count: Int = 0) {
    let (number, whole) = (descriptor.number, length - off_t(count))
    do throws(ErrorNumber) {
      _ = try retrying { ftruncate(number, whole) }
      try synchronize(number)
      length = whole
    } catch {
      isSpoilt = true
    }
  }

  /// Whether the path names the open file.
  private static func isThere(_ path: String, _ number: Int32) -> Bool {
    var (opened, named) = (stat(), stat())
    return fstat(number, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino
      && opened.st_dev == named.st_dev
  }
}
