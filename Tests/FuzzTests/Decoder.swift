import Foundation

/// Something that reads bytes from outside: it may refuse them with an error, and nothing else may happen.
struct Decoder: Sendable {
  let name: String
  /// Bytes that it reads, from which others are made.
  let seeds: @Sendable () throws -> [Data]
  /// Errors are answers; a trap is a finding.
  let read: @Sendable (Data) throws -> Void

  init(
    _ name: String, seeds: @escaping @Sendable () throws -> [Data],
    read: @escaping @Sendable (Data) throws -> Void
  ) {
    (self.name, self.seeds, self.read) = (name, seeds, read)
  }

  static var all: [Decoder] {
    var all = core + files
    #if canImport(AtollWire)
      all += wire
    #endif
    return all
  }
}

/// A folder for the decoders that read files, for as long as the process lives.
enum Scratch {
  static let path: String = {
    let path =
      FileManager.default.temporaryDirectory.path + "/atoll-fuzz-\(ProcessInfo.processInfo.processIdentifier)"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }()

  /// The bytes as a file.
  static func file(_ bytes: Data, _ name: String) throws -> String {
    let file = path + "/" + name
    try bytes.write(to: URL(fileURLWithPath: file))
    return file
  }
}
