public import AtollFederation
public import AtollPrivacy
public import AtollStore
public import AtollWire
import FoundationEssentials

/// What a run took of a data owner, for the data-protection officer: what left, what was promised of it and by which task,
/// and what the ledger has of it.
///
/// It is made of what the participant itself wrote before anything left: its receipts, its ledger and the task that it
/// agreed to. Nothing of it is the server's word.
public struct PrivacyStatement: Sendable {
  /// What was charged of one data set.
  public struct Spending: Sendable {
    /// The data set, or the participants of a simulation.
    public let subject: PrivacySubject
    /// How many charges of the run there are.
    public let charges: Int
    /// The first and the last of them.
    public let first, last: LedgerEntry
    /// What the run gave away.
    public let ofRun: Result<PrivacyGuarantee, PrivacyError>
    /// What all runs together gave away, up to now.
    public let inAll: Result<PrivacyGuarantee, PrivacyError>
  }

  /// The run's name.
  public let run: String
  /// Whose statement it is; nil of a simulation.
  public let participant: String?
  /// What was learnt, and how.
  public let task: FederatedTask
  /// Who signed the task; empty where nobody did.
  public let signer: String
  /// What left, in order. Nothing leaves in a simulation.
  public let receipts: [Receipt]
  /// What it gave away, by data set; empty where the task promises nothing, or nothing of what it promises was asked.
  public let spending: [Spending]
  /// Where the ledger ends now; nil where there is none.
  public let ledgerHead: LedgerHead?
}

extension PrivacyStatement {
  /// The statement of a participant about a run, whether or not it goes on.
  ///
  /// - Parameters:
  ///   - run: the run.
  ///   - folder: the participant's.
  /// - Throws: `StoreError`: `.notFound` where the run was never answered to; `.corrupt` where receipts or ledger are not as
  ///   they were written: then nothing can be stated.
  public init(about run: RunID, in folder: String) throws {
    guard let (kept, task) = try AnsweredTask.read(of: run, in: folder) else {
      throw StoreError(.notFound, path: folder, "nothing was answered here to a run “\(run)”")
    }
    let path = Participant.receipts(in: folder)
    let isThere = FileManager.default.fileExists(atPath: path)
    let audit = isThere ? try ReceiptAudit(contentsOf: path) : nil
    if let fault = audit?.fault { throw StoreError(.corrupt, path: path, "\(fault)") }
    let ledger = try Self.ledger(Participant.ledger(in: folder))
    self.init(
      run: run.name, participant: audit?.participant ?? ledger?.holder, task: task, signer: kept.signer,
      receipts: audit?.receipts.filter { $0.entry.run == run.name } ?? [],
      spending: try Self.spending(on: run.name, by: task, ledger?.ledger), ledgerHead: ledger?.head)
  }

  /// The statement about a simulated run, of which nothing left the machine: what it would promise.
  ///
  /// - Parameter folder: the run's.
  /// - Throws: `StoreError`: `.notFound` where there is no run; `InvalidTask`.
  public init(simulatedIn folder: String) throws {
    let record = try RunRecord.read(folder)
    let ledger = try Self.ledger(folder + "/ledger.jsonl")
    self.init(
      run: record.task.name, participant: nil, task: record.task, signer: "", receipts: [],
      spending: try Self.spending(on: nil, by: record.task, ledger?.ledger), ledgerHead: ledger?.head)
  }

  private static func ledger(_ path: String) throws -> LedgerAudit? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let audit = try LedgerAudit(contentsOf: path)
    if let fault = audit.fault { throw StoreError(.corrupt, path: path, "\(fault)") }
    return audit
  }

  /// - Parameter run: nil for all that the ledger has.
  private static func spending(
    on run: String?, by task: FederatedTask, _ ledger: PrivacyLedger?
  ) throws(PrivacyError) -> [Spending] {
    guard let plan = task.privacy, let ledger else { return [] }
    var spending: [Spending] = []
    for subject in ledger.subjects {
      let entries = ledger.entries.filter { entry in
        entry.subject == subject && (run == nil || entry.activity.run == run)
      }
      guard let first = entries.first, let last = entries.last else { continue }
      var own = PrivacyLedger()
      for entry in entries {
        try own.charge(
          entry.event, for: entry.activity, of: subject, unit: entry.unit, relation: entry.relation,
          at: entry.time)
      }
      func spent(_ ledger: PrivacyLedger) -> Result<PrivacyGuarantee, PrivacyError> {
        Result { () throws(PrivacyError) in
          try ledger.spending(
            of: subject, delta: plan.delta, unit: plan.unit, relation: PrivacyPlan.relation)
        }
      }
      spending.append(
        Spending(
          subject: subject, charges: entries.count, first: first, last: last, ofRun: spent(own),
          inAll: spent(ledger)))
    }
    return spending
  }
}
