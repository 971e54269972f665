public import AtollFederation
public import AtollPrivacy

/// The charges of one run in a ledger that may have those of others: within the run's own budget, and on the disk before
/// anyone is asked.
public final class RunLedger: ChargeBook {
  private let book: LedgerBook
  private let run: String
  private let subject: PrivacySubject
  private let repetition: Int
  /// The run's entries alone: its budget is about these.
  private let own: MemoryLedger

  /// - Parameters:
  ///   - book: where charges are kept.
  ///   - run: the run's name.
  ///   - subject: whose privacy the run spends.
  ///   - repetition: how often the run was put back to an older state, as a backup does: what it does again is released
  ///     again, and charged again.
  /// - Throws: `PrivacyError` where what the book has of the run makes no sense.
  public init(_ book: LedgerBook, run: String, subject: PrivacySubject, repetition: Int = 0) throws {
    self.book = book
    self.run = run
    self.subject = subject
    self.repetition = repetition
    own = try MemoryLedger(of: run, subject, entries: book.ledger.entries, repetition: repetition)
  }

  public func charge(_ charge: PrivacyCharge, for exchange: Int, round: Int?) throws {
    // Where the disk is full after this, the next try finds it charged here, and writes it.
    try own.charge(charge, for: exchange, round: round)
    try book.charge(
      charge.event, for: charge.activity(of: exchange, in: run, round: round, repetition: repetition),
      of: subject,
      unit: charge.unit, relation: charge.relation)
  }
}
