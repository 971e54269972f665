/// What went wrong with a file: one clear sentence that begins with its path.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of fault, for programs.
  public var code: Code
  /// The file as the user named it.
  public var path: String
  /// What is wrong, without the path; no full stop at the end.
  public var message: String

  public init(_ code: Code, path: String, _ message: String) {
    self.code = code
    self.path = path
    self.message = message
  }

  public var description: String { "\(path): \(message)" }

  /// The kinds of fault; later versions may add some.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Kind: String { case notFound, cannotRead, cannotWrite, corrupt, tooLarge, busy, unfinished }
    private let kind: Kind
    public var description: String { kind.rawValue }

    /// There is no such file.
    public static let notFound = Code(kind: .notFound)
    /// The file is there and cannot be read: a folder, a pipe, no permission, a failing disk.
    public static let cannotRead = Code(kind: .cannotRead)
    /// The file cannot be written: no space, a read-only place, no permission.
    public static let cannotWrite = Code(kind: .cannotWrite)
    /// The bytes are not what the format promises: cut short, damaged, or followed by others.
    public static let corrupt = Code(kind: .corrupt)
    /// The file is larger than a limit allows.
    public static let tooLarge = Code(kind: .tooLarge)
    /// Another process is working on it; later it will be free.
    public static let busy = Code(kind: .busy)
    /// A run that has not come to its end; it can be resumed.
    public static let unfinished = Code(kind: .unfinished)
  }

  static func reading(_ path: String, _ error: ErrorNumber) -> StoreError {
    if error.isNotFound { return StoreError(.notFound, path: path, error.words) }
    return StoreError(.cannotRead, path: path, "cannot be read: \(error.words)")
  }

  static func writing(_ path: String, _ error: ErrorNumber) -> StoreError {
    let words = error.isNotFound ? "its folder does not exist" : error.words
    return StoreError(.cannotWrite, path: path, "cannot be written: \(words)")
  }
}
