import AtollNumerics
import AtollPrivacy
import AtollStore
import FoundationEssentials

/// The head of the server's privacy ledger, kept at a participant: a server that was put back to an older state has
/// forgotten what was given away of its participants, and they notice.
struct ServerLedgerHead: Sendable {
  private let path: String

  /// - Parameter folder: the participant's.
  init(in folder: String) { path = folder + "/server-ledger.head" }

  /// Holds what the server tells against what it told before, and keeps the later of the two.
  ///
  /// - Parameter head: of its ledger now; nil where it has none.
  /// - Returns: what is odd, as a sentence without a full stop; nil where nothing is.
  /// - Throws: `StoreError` where the file cannot be read or written.
  func hear(_ head: LedgerHead?) throws -> String? {
    let kept =
      FileManager.default.fileExists(atPath: path)
      ? LedgerHead(String(decoding: try readBytes(path, limit: 1 << 10), as: UTF8.self)) : nil
    if let kept {
      let before = "the server's privacy ledger ended with entry \(kept.sequence) when it was seen last"
      guard let head else { return "\(before), and now it has none" }
      if head.sequence < kept.sequence {
        return "\(before), and ends with entry \(head.sequence) now: it was put back to an older state"
      }
      if head.sequence == kept.sequence {
        return head == kept ? nil : "\(before), and that entry is another one now: it was written anew"
      }
    }
    if let head { try writeAtomically(head.description.utf8, to: path) }
    return nil
  }
}
