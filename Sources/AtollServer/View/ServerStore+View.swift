import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import FoundationEssentials
import GRDB

/// What pages ask of the store, and what only they need.
extension ServerStore {
  static func makeViewTables(_ database: Database) throws {
    try database.execute(
      sql: """
        CREATE TABLE presence (
          name TEXT PRIMARY KEY, seen INTEGER NOT NULL, software TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE access (
          id TEXT PRIMARY KEY, kind TEXT NOT NULL, secret TEXT NOT NULL, name TEXT NOT NULL,
          expires INTEGER NOT NULL, lasts INTEGER NOT NULL
        ) WITHOUT ROWID;
        """)
  }

  // MARK: Presence

  func keep(_ presence: [ParticipantID: ServerActivity.Presence]) throws {
    guard !presence.isEmpty else { return }
    try write { database in
      for (participant, presence) in presence {
        try database.execute(
          sql: "INSERT OR REPLACE INTO presence VALUES (?, ?, ?)",
          arguments: [participant.name, presence.seen, presence.software])
      }
    }
  }

  func knownPresence() throws -> [ParticipantID: ServerActivity.Presence] {
    try read { database in
      var known: [ParticipantID: ServerActivity.Presence] = [:]
      for row in try Row.fetchAll(database, sql: "SELECT * FROM presence") {
        guard let participant = ParticipantID(row["name"] as String) else { continue }
        known[participant] = ServerActivity.Presence(
          seen: row["seen"], software: row["software"], isConnected: false)
      }
      return known
    }
  }

  // MARK: Runs

  /// How many runs there are by status.
  func runCounts() throws -> [RunStatus: Int] {
    try read { database in
      var counts: [RunStatus: Int] = [:]
      for row in try Row.fetchAll(database, sql: "SELECT status, count(*) AS count FROM run GROUP BY status")
      {
        if let status = RunStatus(rawValue: row["status"]) { counts[status] = row["count"] }
      }
      return counts
    }
  }

  /// The number that the next event of a run has.
  func nextEvent(of run: RunID) throws -> Int {
    try read { database in
      try Int.fetchOne(
        database, sql: "SELECT coalesce(max(number) + 1, 0) FROM event WHERE run = ?", arguments: [run.name])
        ?? 0
    }
  }

  /// The last event of a run, as JSON; nil before the first.
  func lastEvent(of run: RunID) throws -> Data? {
    try read { database in
      try Data.fetchOne(
        database, sql: "SELECT json FROM event WHERE run = ? ORDER BY number DESC LIMIT 1",
        arguments: [run.name])
    }
  }

  /// To how many exchanges of a run each participant has given an answer; nil where counting would take long.
  func contributionCounts(in run: RunID, participants: Int) throws -> [ParticipantID: Int]? {
    try read { database in
      let exchanges =
        try Int.fetchOne(
          database, sql: "SELECT coalesce(max(number) + 1, 0) FROM exchange WHERE run = ?",
          arguments: [run.name]) ?? 0
      guard exchanges * participants <= 100_000 else { return nil }
      var counts: [ParticipantID: Int] = [:]
      for row in try Row.fetchAll(
        database,
        sql: "SELECT participant, count(*) AS count FROM contribution WHERE run = ? GROUP BY participant",
        arguments: [run.name])
      {
        if let participant = ParticipantID(row["participant"] as String) {
          counts[participant] = row["count"]
        }
      }
      return counts
    }
  }

  // MARK: Refusals

  /// What was not taken in all runs, by participant and reason.
  func refusals() throws -> [ParticipantID: [RefusalCode: Int]] {
    try read { database in
      var refusals: [ParticipantID: [RefusalCode: Int]] = [:]
      for row in try Row.fetchAll(
        database, sql: "SELECT participant, code, sum(count) AS count FROM refusal GROUP BY participant, code"
      ) {
        guard let participant = ParticipantID(row["participant"] as String),
          let code = RefusalCode(rawValue: row["code"])
        else { continue }
        refusals[participant, default: [:]][code] = row["count"]
      }
      return refusals
    }
  }

  // MARK: Audit log

  /// Entries before a number, the latest first.
  func auditEntries(before number: Int?, limit: Int) throws -> [AuditEntry] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM audit WHERE number < ? ORDER BY number DESC LIMIT ?",
        arguments: [number ?? Int.max, limit]
      ).map { row in
        AuditEntry(
          number: row["number"], time: row["time"], actor: row["actor"], action: row["action"],
          subject: row["subject"], previous: ContentHash(row["previous"] as String) ?? .ofNothing)
      }
    }
  }
}
