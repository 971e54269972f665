import AtollFederation
import AtollPrivacy
import AtollStore
import GRDB

/// Heads of the participants' own privacy ledgers: told back to them, so that one that was put back to an older state is
/// noticed there.
extension ServerStore {
  /// Keeps a head, unless a later one is kept.
  func keep(_ head: LedgerHead, of participant: ParticipantID) throws {
    try write { database in
      try database.execute(
        sql: """
          INSERT INTO ledgerHead VALUES (?, ?, ?) ON CONFLICT (participant) DO UPDATE
          SET sequence = excluded.sequence, head = excluded.head WHERE excluded.sequence > sequence
          """, arguments: [participant.name, head.sequence, head.description])
    }
  }

  /// The latest head that a participant told; nil where it told none.
  func ledgerHead(of participant: ParticipantID) throws -> LedgerHead? {
    try read { database in
      try String.fetchOne(
        database, sql: "SELECT head FROM ledgerHead WHERE participant = ?", arguments: [participant.name])
    }.flatMap { LedgerHead($0) }
  }
}
