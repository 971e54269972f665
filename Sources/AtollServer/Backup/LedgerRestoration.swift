import AtollFederation
import AtollPrivacy
import AtollStore
import FoundationEssentials

/// Puts a server's privacy ledger back: a budget that was spent after a backup is spent.
struct LedgerRestoration {
  private let backup: String
  private let state: String
  private let book: String

  /// - Parameters:
  ///   - backup: the backup's folder, for messages.
  ///   - state: the server's folder that is being made of it.
  init(of backup: String, in state: String) {
    self.backup = backup
    self.state = state
    book = state + "/" + ServerStore.ledgerName
  }

  /// Puts it there, and has what runs do again charged again.
  ///
  /// - Parameter ledger: what there is of the server's ledger; nil where nobody said.
  /// - Throws: as `Backup.init(restoring:to:ledger:isCancelled:)`.
  func put(_ ledger: Backup.Ledger?) throws {
    try place(ledger)
    guard FileManager.default.fileExists(atPath: book) else { return }
    try ServerStore(in: state).noteRepetitions(after: LedgerAudit(contentsOf: book).ledger)
  }

  private func place(_ ledger: Backup.Ledger?) throws {
    var kept: LedgerHead?
    if FileManager.default.fileExists(atPath: book) {
      let own = try LedgerAudit(contentsOf: book)
      if let fault = own.fault { throw StoreError(.corrupt, path: backup, "its privacy ledger: \(fault)") }
      kept = own.head
    }
    switch ledger {
    case .lost: return
    case .file(let path):
      let newer = try LedgerAudit(contentsOf: path, kept: kept)
      if let fault = newer.fault { throw StoreError(.corrupt, path: path, "\(fault)") }
      // The head first: a book without one is a book that somebody has tampered with.
      for name in [".head", ""] { try writeAtomically(readBytes(path + name), to: book + name, mode: 0o600) }
    case nil:
      guard let kept, kept.sequence > 0 else { return }
      throw RunFailure(
        .resume,
        "the privacy ledger of \(backup) ends with entry \(kept.sequence): what was charged later would be forgotten, and could be spent again",
        hint: "--ledger with the server's own ledger.jsonl, or --ledger lost where nobody has it")
    }
  }
}
