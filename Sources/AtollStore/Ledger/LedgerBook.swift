import AtollNumerics
public import AtollPrivacy
public import FoundationEssentials
import Synchronization

/// A ``/AtollPrivacy/PrivacyLedger`` that outlives its process: a charge is on the disk before ``charge(_:for:of:within:now:)`` returns,
/// and only then may anything be released.
///
/// ```
/// ledger.jsonl        a line about the book, then a line for each entry; each carries the SHA-256 of the line before
/// ledger.jsonl.head   number and SHA-256 of the last line, so that a tail that was cut off is noticed
/// ```
/// Killed at any instruction, the book has at least what was released. A book that was cut off, edited, reordered or
/// rolled back is refused; one that was rolled back together with its head is told by a ``head`` that was kept elsewhere.
public final class LedgerBook: Sendable {
  /// The file.
  public let path: String
  private let book: ChainBook<LedgerFormat>
  private let state: Mutex<PrivacyLedger>

  /// Opens a book, or begins one. What a kill left half written at its end is taken away: nothing was released for it.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - holder: whose book a new one is: a participant or a server.
  ///   - kept: a head that was kept elsewhere, which the book must contain; nil relies on the file beside.
  ///   - now: when a new one is begun.
  /// - Throws: ``StoreError``: `.busy` while another process has it open, `.corrupt` when it is not as it was left: then
  ///   nothing may be released until a person has looked.
  public init(_ path: String, holder: String, kept: LedgerHead? = nil, now: Date = .now) throws {
    self.path = path
    var ledger = PrivacyLedger()
    let title = LedgerFormat.Title(holder: holder, began: now.formatted(.iso8601))
    book = try ChainBook(path, title: title) { chain in
      let audit = LedgerAudit(chain, kept: kept)
      if let fault = audit.fault {
        throw StoreError(.corrupt, path: path, "\(fault); \(LedgerFormat.words.consequence)")
      }
      guard audit.holder == holder else {
        throw StoreError(.corrupt, path: path, "this is the privacy ledger of “\(audit.holder)”")
      }
      ledger = audit.ledger
    }
    state = Mutex(ledger)
  }

  /// What was charged so far.
  public var ledger: PrivacyLedger { state.withLock { $0 } }

  /// Where the book ends: what the other party, or a notebook, keeps.
  public var head: LedgerHead {
    let head = book.head
    return LedgerHead(sequence: head.number, hash: head.hash)
  }

  /// Charges what is about to be released, if the budget allows it. When this returns the charge is on the disk.
  ///
  /// - Returns: the entry; of an activity that was charged before, with the same event, the one from then.
  /// - Throws: `PrivacyError`, as ``/AtollPrivacy/PrivacyLedger`` does, and ``StoreError`` with code `.cannotWrite` on a full disk: then
  ///   nothing was charged, and nothing may be released.
  @discardableResult
  public func charge(
    _ event: PrivacyEvent, for activity: PrivacyActivity, of subject: PrivacySubject,
    within budget: PrivacyBudget,
    now: Date = .now
  ) throws -> LedgerEntry {
    try charge(now) { ledger, time in
      try ledger.admit(
        event, for: activity, of: subject, unit: budget.unit, relation: budget.relation, within: budget,
        at: time)
    }
  }

  /// Charges without a limit. When this returns the charge is on the disk.
  ///
  /// - Throws: as ``charge(_:for:of:within:now:)`` does, but not for want of budget.
  @discardableResult
  public func charge(
    _ event: PrivacyEvent, for activity: PrivacyActivity, of subject: PrivacySubject, unit: PrivacyUnit,
    relation: NeighboringRelation, now: Date = .now
  ) throws -> LedgerEntry {
    try charge(now) { ledger, time in
      try ledger.admit(
        event, for: activity, of: subject, unit: unit, relation: relation, within: nil, at: time)
    }
  }

  private func charge(
    _ now: Date, admit: (PrivacyLedger, String) throws -> PrivacyLedger.Admission
  ) throws -> LedgerEntry {
    try state.withLock { ledger in
      let admission = try admit(ledger, now.formatted(.iso8601))
      guard admission.isNew else { return admission.entry }
      try book.add { _, previous in LedgerLine(entry: admission.entry, previous: previous) }
      try ledger.record(admission)
      return admission.entry
    }
  }
}

/// An entry with its link to the line before.
struct LedgerLine: ChainLine {
  let entry: LedgerEntry
  let previous: ContentHash
  var number: Int { entry.sequence }

  private enum Key: String, CodingKey { case previous }

  init(entry: LedgerEntry, previous: ContentHash) {
    self.entry = entry
    self.previous = previous
  }

  init(from decoder: any Decoder) throws {
    entry = try LedgerEntry(from: decoder)
    previous = try decoder.container(keyedBy: Key.self).decode(ContentHash.self, forKey: .previous)
  }

  func encode(to encoder: any Encoder) throws {
    try entry.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(previous, forKey: .previous)
  }
}

/// The privacy ledger as a hash-chained file.
enum LedgerFormat: ChainFormat {
  struct Title: Codable {
    var atoll = kind
    var version = 1
    let holder: String
    let began: String
  }

  typealias Line = LedgerLine

  static let kind = "privacy-ledger"
  static let words = ChainWords(
    line: "entry", book: "privacy ledger", writing: "writing the privacy ledger",
    consequence: "nothing is released until a person has looked")
  // A ledger that is gone has forgotten what was spent.
  static let beginsAnewWhereLost = false

  static func reads(_ title: Title) -> Bool { title.atoll == kind && title.version == 1 }
}
