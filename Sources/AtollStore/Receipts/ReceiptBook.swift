public import AtollFederation
public import AtollNumerics
public import FoundationEssentials
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The data owner's file of everything that left: one line for each message, written and on the disk before the message
/// leaves, and never changed.
///
/// ```
/// receipts.jsonl        a line about the book, then a line for each receipt; each carries the SHA-256 of the line before
/// receipts.jsonl.head   number and SHA-256 of the last line, so that a tail that was cut off is noticed
/// ```
/// Whoever can write both files can forge both; the head is therefore mirrored at the other party, or on paper: see
/// ``ReceiptAudit``.
public final class ReceiptBook: Sendable {
  /// The file.
  public let path: String
  private let file: Mutex<OpenBook>

  private struct OpenBook {
    let descriptor: Int32
    var number: Int
    var head: ContentHash
  }

  /// Opens a book, or begins one. What a kill left half written at its end is taken away: its message never left.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - participant: whose book a new one is.
  ///   - now: when a new one is begun.
  ///   - each: told of every receipt that is in it, from the first on.
  /// - Throws: ``StoreError``: `.busy` while another process has it open, `.corrupt` when it is not as it was left: then
  ///   nothing may leave until a person has looked.
  public init(
    _ path: String, participant: ParticipantID, now: Date = .now, each: (Receipt) -> Void = { _ in }
  ) throws {
    self.path = path
    if !FileManager.default.fileExists(atPath: path) {
      let first = ReceiptAudit.Title(participant: participant.name, began: now.formatted(.iso8601))
      let line = try CanonicalJSON.encode(first)
      // The head first: a book without one is a book that somebody has tampered with.
      try ReceiptHead(number: 0, hash: ContentHash(of: line)).write(for: path)
      try writeAtomically(line + [UInt8(ascii: "\n")], to: path, mode: 0o600)
    }
    let descriptor = open(path, O_RDWR | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw StoreError.writing(path, ErrorNumber(value: errno)) }
    do {
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        throw StoreError(.busy, path: path, "another process is writing receipts here")
      }
      let audit = try ReceiptAudit(contentsOf: path)
      if let fault = audit.fault {
        throw StoreError(.corrupt, path: path, "\(fault); nothing is sent until a person has looked")
      }
      guard audit.participant == participant.name else {
        throw StoreError(.corrupt, path: path, "these are the receipts of “\(audit.participant)”")
      }
      audit.receipts.forEach(each)
      if audit.torn > 0 {
        let whole = off_t(audit.byteCount - audit.torn)
        do {
          _ = try retrying { ftruncate(descriptor, whole) }
          try synchronize(descriptor)
        } catch {
          throw StoreError.writing(path, error)
        }
      }
      try ReceiptHead(number: audit.receipts.count, hash: audit.head).write(for: path)
      file = Mutex(OpenBook(descriptor: descriptor, number: audit.receipts.count, head: audit.head))
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { file.withLock { _ = close($0.descriptor) } }

  /// SHA-256 of the last line: what the other party, or a notebook, keeps beside.
  public var head: ContentHash { file.withLock { $0.head } }

  /// Writes a receipt. When this returns it is on the disk, and the message may leave.
  ///
  /// - Throws: ``StoreError`` with code `.cannotWrite`: then the message must not leave.
  @discardableResult
  public func add(_ entry: Receipt.Entry, now: Date = .now) throws -> Receipt {
    try file.withLock { book in
      let receipt = Receipt(
        entry, number: book.number + 1, time: now.formatted(.iso8601), previous: book.head)
      let line = try CanonicalJSON.encode(receipt)
      do throws(ErrorNumber) {
        let descriptor = book.descriptor
        let end = try retrying { lseek(descriptor, 0, SEEK_END) }
        do throws(ErrorNumber) {
          try writeAll(Array(line) + [UInt8(ascii: "\n")], to: descriptor)
          try synchronize(descriptor)
        } catch {
          // Half a line would be in the way of the next.
          _ = ftruncate(descriptor, end)
          throw error
        }
      } catch {
        throw StoreError.writing(path, error)
      }
      book.number += 1
      book.head = ContentHash(of: line)
      // Not waited for: after a power failure it names an earlier line, and the book still shows that it is whole.
      try ReceiptHead(number: book.number, hash: book.head).write(for: path, durably: false)
      return receipt
    }
  }
}

/// Where a book ends.
struct ReceiptHead: Codable {
  let number: Int
  let hash: ContentHash

  private enum CodingKeys: String, CodingKey { case number, hash = "sha256" }

  static func path(of book: String) -> String { book + ".head" }

  func write(for book: String, durably: Bool = true) throws {
    try writeAtomically(
      CanonicalJSON.encode(self) + [UInt8(ascii: "\n")], to: Self.path(of: book), durably: durably,
      mode: 0o600)
  }

  /// Nil where there is none.
  static func read(for book: String) throws -> ReceiptHead? {
    do {
      return try readJSON(ReceiptHead.self, path(of: book))
    } catch let error as StoreError where error.code == .notFound {
      return nil
    }
  }
}
