import AtollFederation
import AtollNumerics
import AtollPrivacy
import AtollStore
import AtollWire
import FoundationEssentials
import Synchronization

/// What a participant's answers give away of its data sets: charged in its own ledger before anything is computed of them,
/// by what the task says that its owner agreed to, never by what the server says.
///
/// The ledger of a participant is its own: a server that forgets, or is put back to an older state, does not give back what
/// was spent. It is begun with the first charge.
final class Charges: Sendable {
  private let path: String
  private let participant: ParticipantID
  private let book: Mutex<LedgerBook?>

  /// - Parameters:
  ///   - path: the file; where it is there, it is opened and checked now.
  ///   - participant: whose data sets they are.
  /// - Throws: `StoreError`; `.corrupt` when the ledger is not as it was left.
  init(_ path: String, of participant: ParticipantID) throws {
    self.path = path
    self.participant = participant
    let files = FileManager.default
    // One of which only the head is left has been taken away: it is opened too, and refused.
    let isThere = files.fileExists(atPath: path) || files.fileExists(atPath: path + ".head")
    book = Mutex(isThere ? try LedgerBook(path, holder: participant.name) : nil)
  }

  /// Where the ledger ends; nil where nothing was ever charged.
  var head: LedgerHead? { book.withLock { $0?.head } }

  /// Holds the ledger against a head of it that the server has kept: whoever puts an older copy back, with its own head
  /// beside it, is found out.
  ///
  /// - Throws: `StoreError` with code `.corrupt` where the ledger does not contain the head: then nothing may leave.
  func check(_ kept: LedgerHead) throws {
    // Nobody charges meanwhile.
    try book.withLock { book in
      let fault =
        book == nil
        ? "there is none, and the head that the server kept is of entry \(kept.sequence): it was taken away"
        : try LedgerAudit(contentsOf: path, kept: kept).fault.map { "\($0)" }
      guard kept.sequence > 0, let fault else { return }
      throw StoreError(.corrupt, path: path, "\(fault); nothing is released until a person has looked")
    }
  }

  /// One question that passed its owner's consent.
  struct Question {
    let exchange: ExchangeID
    /// The round that is trained with it, from 1; nil where none is.
    let round: Int?
    /// Answers to it that left before: whatever is computed now is another release.
    let releases: Int
    /// Rounds that the run will have.
    let rounds: Int
  }

  /// Charges what an answer to a question will give away; it is on the disk when this returns.
  ///
  /// - Parameters:
  ///   - question: what is asked.
  ///   - task: the task that the owner agreed to.
  ///   - data: of which data set; asked for only where something is charged.
  ///   - policy: sets the budget of a data set over its life; nil for none.
  /// - Throws: `Refusal` of the owner where the budget would be exceeded, `StoreError` where the ledger cannot be written:
  ///   then nothing may be computed.
  func charge(
    _ question: Question, of task: FederatedTask, data: () -> LocalData.Identity, within policy: Policy?
  ) throws {
    let charges = try Self.charges(for: question, of: task)
    guard let plan = task.privacy, !charges.isEmpty else { return }
    let set = data()
    // A file may have a name that is none for people.
    let subject =
      try (try? .dataSet(set.hash, at: participant.name, named: set.name))
      ?? PrivacySubject.dataSet(set.hash, at: participant.name, named: "data")
    try book.withLock { book in
      let open = try book ?? LedgerBook(path, holder: participant.name)
      book = open
      do {
        let budget = try policy?.budget(of: plan.unit)
        for (activity, event) in charges {
          if let budget {
            try open.charge(event, for: activity, of: subject, within: budget)
          } else {
            try open.charge(
              event, for: activity, of: subject, unit: plan.unit, relation: PrivacyPlan.relation)
          }
        }
      } catch let error as PrivacyError {
        guard let policy else { throw error }
        throw policy.refusal(ofCharge: error)
      }
    }
  }

  /// What is charged for a question. Where secret coins say who takes part in a round, all rounds are, with the run's first
  /// question of any kind: those in which the coins fall against the participant are part of what is promised, and whether
  /// it was charged must tell nothing about them. Where noise is correlated over rounds, all of them are with the first that the
  /// participant takes part in: what one gives away cannot be told from the others.
  private static func charges(
    for question: Question, of task: FederatedTask
  ) throws(PrivacyError) -> [(PrivacyActivity, PrivacyEvent)] {
    guard let plan = task.privacy else { return [] }
    let run = question.exchange.run.name
    var charges: [(PrivacyActivity, PrivacyEvent)] = []
    if plan.hasSecretCohorts || plan.correlation != nil && question.round != nil {
      charges.append((try .run(run), try plan.event(rounds: question.rounds)))
    }
    if let round = question.round, !plan.isChargedAsWhole || question.releases > 0 {
      charges.append(
        (
          try .exchange(question.exchange.exchange, of: run, round: round, repetition: question.releases),
          try plan.eventOfCertainRound()
        ))
    }
    return charges
  }
}
