import AtollFederation
import AtollNumerics
import FoundationEssentials
import Synchronization

/// A hash-chained file that is open for writing: each line is on the disk before ``add(_:)`` returns, and never changed.
///
/// Whoever can write the file and its head can forge both; a head is therefore mirrored elsewhere.
final class ChainBook<Format: ChainFormat>: Sendable {
  let path: String
  private let state: Mutex<Open>

  private struct Open: ~Copyable {
    var file: ChainFile
    var number: Int
    var hash: ContentHash
  }

  /// Opens a book, or begins one. What a kill left half written at its end is taken away.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - title: the first line of a new one.
  ///   - check: told what is in it before anything is changed; what it throws is thrown.
  /// - Throws: ``StoreError``: `.busy` while another process has it open, `.corrupt` when it is not as it was left.
  init(_ path: String, title: Format.Title, check: (ChainAudit<Format>) throws -> Void) throws {
    self.path = path
    let wasThere = FileManager.default.fileExists(atPath: path)
    var file = try ChainFile(path, writing: Format.words.writing)
    if let first = try Self.beginning(of: path, title, wasThere: wasThere) {
      // The head first: a book without one is a book that somebody has tampered with.
      try ChainHead(number: 0, hash: ContentHash(of: first)).write(for: path)
      let torn = try readBytes(path).count
      try file.settle(byteCount: torn, torn: torn)
      try file.append(first)
      try file.settleName()
    }
    let audit = try ChainAudit<Format>(contentsOf: path)
    if let fault = audit.fault { throw Self.error(fault, path) }
    try check(audit)
    try file.settle(byteCount: audit.byteCount, torn: audit.torn)
    try ChainHead(number: audit.lines.count, hash: audit.head).write(for: path)
    state = Mutex(Open(file: file, number: audit.lines.count, hash: audit.head))
  }

  /// The first line of a book that is to be begun; nil where there is one.
  ///
  /// - Throws: ``StoreError`` with code `.corrupt` where there was one.
  private static func beginning(of path: String, _ title: Format.Title, wasThere: Bool) throws -> Data? {
    let bytes = try readBytes(path)
    guard !bytes.contains(UInt8(ascii: "\n")) else { return nil }
    // Nothing, or what a kill left of a title: anything else is not ours to overwrite.
    let start = Data("{\"atoll\":\"\(Format.kind)\"".utf8)
    guard start.starts(with: bytes.prefix(start.count)) else { throw error(.noBook, path) }
    if let head = try ChainHead.read(for: path), head.number > 0, wasThere || !Format.beginsAnewWhereLost {
      throw error(.cutOff(found: 0, expected: head.number), path)
    }
    return try CanonicalJSON.encode(title)
  }

  private static func error(_ fault: ChainFault, _ path: String) -> StoreError {
    StoreError(.corrupt, path: path, "\(fault.description(Format.words)); \(Format.words.consequence)")
  }

  /// Number and SHA-256 of the last line.
  var head: ChainHead { state.withLock { ChainHead(number: $0.number, hash: $0.hash) } }

  /// Writes a line. When this returns it is on the disk; when it throws, it is not in the book.
  ///
  /// - Parameter line: makes the line of its number and the SHA-256 of the line before.
  /// - Throws: ``StoreError`` with code `.cannotWrite`, and `.corrupt` when somebody else wrote in it.
  @discardableResult
  func add(_ line: (_ number: Int, _ previous: ContentHash) throws -> Format.Line) throws -> Format.Line {
    try state.withLock { open in
      let made = try line(open.number + 1, open.hash)
      let text = try CanonicalJSON.encode(made)
      let hash = ContentHash(of: text)
      try open.file.append(text)
      do {
        // Not waited for: after a power failure it names an earlier line, and the book still shows that it is whole.
        try ChainHead(number: open.number + 1, hash: hash).write(for: path, durably: false)
      } catch {
        open.file.takeBack(text.count + 1)
        throw error
      }
      open.number += 1
      open.hash = hash
      return made
    }
  }
}
