public import AtollFederation
public import AtollNumerics
public import FoundationEssentials

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
  private let book: ChainBook<ReceiptFormat>

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
    let title = ReceiptFormat.Title(participant: participant.name, began: now.formatted(.iso8601))
    book = try ChainBook(path, title: title) { audit in
      guard let owner = audit.title?.participant, owner == participant.name else {
        throw StoreError(
          .corrupt, path: path, "these are the receipts of “\(audit.title?.participant ?? "")”")
      }
      audit.lines.forEach(each)
    }
  }

  /// SHA-256 of the last line: what the other party, or a notebook, keeps beside.
  public var head: ContentHash { book.head.hash }

  /// Writes a receipt. When this returns it is on the disk, and the message may leave.
  ///
  /// - Throws: ``StoreError`` with code `.cannotWrite`: then the message must not leave.
  @discardableResult
  public func add(_ entry: Receipt.Entry, now: Date = .now) throws -> Receipt {
    try book.add { Receipt(entry, number: $0, time: now.formatted(.iso8601), previous: $1) }
  }
}

extension Receipt: ChainLine {}

/// The book of receipts as a hash-chained file.
enum ReceiptFormat: ChainFormat {
  struct Title: Codable {
    var atoll = kind
    var version = 1
    let participant: String
    let began: String
  }

  typealias Line = Receipt

  static let kind = "receipts"
  static let words = ChainWords(
    line: "receipt", book: "book of receipts", writing: "writing receipts",
    consequence: "nothing is sent until a person has looked")
  static let beginsAnewWhereLost = true

  static func reads(_ title: Title) -> Bool { title.atoll == kind && title.version == 1 }
}
