public import AtollPrivacy

/// What is in the book of a ledger, and whether it is as it was written.
public struct LedgerAudit: Sendable {
  /// What is wrong with a book.
  public enum Fault: Hashable, Sendable, CustomStringConvertible {
    /// Its lines are not those that were written.
    case chain(ChainFault)
    /// An entry breaks a rule of the ledger.
    case unlawful(line: Int, String)
    /// The head that was kept elsewhere is of a later time: the book is an older copy of itself.
    case rolledBack(found: Int, kept: Int)
    /// The head that was kept elsewhere is of another book, or of one that was written anew from there on.
    case otherHistory(sequence: Int)

    public var description: String {
      switch self {
      case .chain(let fault): fault.description(LedgerFormat.words)
      case .unlawful(let line, let reason): "line \(line): \(reason)"
      case .rolledBack(let found, let kept):
        "it ends after entry \(found), and the head that was kept elsewhere is of entry \(kept): it is an older copy"
      case .otherHistory(let sequence):
        "entry \(sequence) is not the one whose head was kept elsewhere: it is another book, or was written anew"
      }
    }
  }

  /// Whose ledger it is; empty where the file is none.
  public let holder: String
  /// When the book was begun.
  public let began: String
  /// The entries, up to the first fault.
  public let ledger: PrivacyLedger
  /// What is wrong; nil when all holds.
  public let fault: Fault?
  /// The last line.
  public let head: LedgerHead
  /// Bytes of a line that a kill cut off while it was written, and for which nothing was released; 0 where there is none.
  public let torn: Int

  /// Reads a book and checks every line; nothing is changed.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - kept: the head of the book at some time, as it was kept elsewhere; nil checks against the file beside only.
  /// - Throws: ``StoreError`` when the file cannot be read.
  public init(contentsOf path: String, kept: LedgerHead? = nil) throws {
    self.init(try ChainAudit(contentsOf: path), kept: kept)
  }

  init(_ chain: ChainAudit<LedgerFormat>, kept: LedgerHead?) {
    holder = chain.title?.holder ?? ""
    began = chain.title?.began ?? ""
    torn = chain.torn
    head = LedgerHead(sequence: chain.lines.count, hash: chain.head)
    var ledger = PrivacyLedger()
    var fault: Fault?
    for line in chain.lines {
      do {
        try ledger.record(line.entry)
      } catch {
        fault = .unlawful(line: line.number + 1, error.message)
        break
      }
    }
    self.ledger = ledger
    self.fault = fault ?? chain.fault.map(Fault.chain) ?? kept.flatMap { Self.fault(chain, $0) }
  }

  private static func fault(_ chain: ChainAudit<LedgerFormat>, _ kept: LedgerHead) -> Fault? {
    guard chain.links.indices.contains(kept.sequence) else {
      return .rolledBack(found: chain.lines.count, kept: kept.sequence)
    }
    return chain.links[kept.sequence] == kept.hash ? nil : .otherHistory(sequence: kept.sequence)
  }
}
