import AtollFederation
import AtollPrivacy
import AtollStore
import AtollWire
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

/// Runs that a backup put back to an older state: what they did since may have been seen, and what they do again has other
/// noise.
extension ServerStore {
  /// How often a run was put back, as far as its charges tell; 0 where it never was.
  func repetition(of run: RunID) throws -> Int {
    try read { database in
      try Int.fetchOne(
        database, sql: "SELECT number FROM repetition WHERE run = ?", arguments: [run.name]) ?? 0
    }
  }

  /// Notes that the runs under way were put back, so that what they do again is charged again, and that secret cohorts
  /// that were drawn before are not used once more.
  ///
  /// - Parameter ledger: all that was charged.
  func noteRepetitions(after ledger: PrivacyLedger) throws {
    let runs = try runs().filter { !$0.status.isOver }
    var last: [String: Int] = [:]
    for case .exchange(_, let run, let repetition) in ledger.entries.map(\.activity.identity) {
      last[run] = max(last[run] ?? 0, repetition)
    }
    try write { database in
      for run in runs {
        guard let last = last[run.id.name] else { continue }
        try database.execute(
          sql:
            "INSERT INTO repetition VALUES (?, ?) ON CONFLICT (run) DO UPDATE SET number = excluded.number",
          arguments: [run.id.name, last + 1])
        try database.execute(sql: "DELETE FROM secret WHERE run = ?", arguments: [run.id.name])
      }
    }
  }
}
