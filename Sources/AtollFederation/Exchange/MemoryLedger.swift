package import AtollPrivacy
import Synchronization

/// The charges of one run: its budget holds. Nobody keeps them, and what was spent is forgotten with the process, unless
/// another book keeps them too.
public final class MemoryLedger: ChargeBook {
  private let run: String
  private let subject: PrivacySubject
  private let repetition: Int
  private let ledger = Mutex(PrivacyLedger())

  /// A ledger without charges.
  public init() {
    run = "run"
    // Safe because these are names.
    subject = try! PrivacySubject.population("all", at: "simulation")
    repetition = 0
  }

  /// The ledger of a run whose charges are kept elsewhere.
  ///
  /// - Parameters:
  ///   - run: the run's name.
  ///   - subject: whose privacy it spends.
  ///   - entries: what was charged so far, by this run or others.
  ///   - repetition: how often the run was put back to an older state: what it does again is released again.
  /// - Throws: `PrivacyError` where the entries make no sense.
  package init(
    of run: String, _ subject: PrivacySubject, entries: [LedgerEntry], repetition: Int = 0
  ) throws(PrivacyError) {
    self.run = run
    self.subject = subject
    self.repetition = repetition
    var own = PrivacyLedger()
    for entry in entries where entry.subject == subject && entry.activity.run == run {
      try own.charge(
        entry.event, for: entry.activity, of: subject, unit: entry.unit, relation: entry.relation,
        at: entry.time)
    }
    let restored = own
    ledger.withLock { $0 = restored }
  }

  public func charge(_ charge: PrivacyCharge, for exchange: Int, round: Int?) throws {
    let activity = try charge.activity(of: exchange, in: run, round: round, repetition: repetition)
    do {
      try ledger.withLock { ledger in
        let admission = try ledger.admit(
          charge.event, for: activity, of: subject, unit: charge.unit, relation: charge.relation,
          within: charge.budget, at: "now")
        try ledger.record(admission)
      }
    } catch let error as PrivacyError where error.code == .exhausted {
      throw RunFailure(.budget, error.message)
    }
  }
}
