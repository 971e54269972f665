#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An open file that closes itself.
struct Descriptor: ~Copyable, Sendable {
  let number: Int32

  /// - Throws: the error number of `open`.
  init(opening path: String, flags: Int32, mode: mode_t = 0) throws(ErrorNumber) {
    number = try retrying { open(path, flags | O_CLOEXEC, mode) }
  }

  deinit { _ = systemClose(number) }

  /// Closes the file and reports what that reports: on some file systems a full disk shows only here.
  consuming func close() throws(ErrorNumber) {
    let number = number
    discard self
    // Not again after an interruption: the number may belong to another file by then.
    if systemClose(number) != 0, errno != EINTR { throw ErrorNumber(value: errno) }
  }
}

/// An `errno` as an error, until someone who knows the path makes a sentence of it.
struct ErrorNumber: Error, Equatable {
  let value: Int32

  var isNotFound: Bool { value == ENOENT }

  /// The system's own words for it.
  var words: String {
    switch value {
    case ENOENT: "there is no such file"
    case EACCES, EPERM: "access is not allowed"
    case ENOSPC: "there is no space left on the disk"
    case EDQUOT: "the disk quota is used up"
    case EROFS: "the file system is read-only"
    case EISDIR: "it is a folder"
    case ENOTDIR: "a part of the path is no folder"
    case ENAMETOOLONG: "the name is too long"
    case EMFILE, ENFILE: "too many files are open"
    case EFBIG: "it would be larger than a file may be here"
    case EIO: "the disk reports an error"
    default: strerror(value).map { String(cString: $0) } ?? "error \(value)"
    }
  }
}

/// Calls `body` again while a signal interrupts it.
///
/// - Throws: its `errno` when it returns a negative number.
func retrying<Count: SignedInteger>(_ body: () -> Count) throws(ErrorNumber) -> Count {
  while true {
    let result = body()
    if result >= 0 { return result }
    let error = errno
    if error != EINTR { throw ErrorNumber(value: error) }
  }
}

/// `close`, under a name that a method called `close` does not hide.
private func systemClose(_ file: Int32) -> Int32 { close(file) }
