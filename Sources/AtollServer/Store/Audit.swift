import AtollFederation
import AtollNumerics
import FoundationEssentials
import GRDB

/// The log of who did what, in which nothing can be changed, removed or put in between unseen: each entry has the
/// SHA-256 of the one before.
struct AuditEntry: Hashable, Codable, Sendable {
  /// From 1. The order is that of the numbers: a clock may jump.
  let number: Int
  /// Seconds since 1970.
  let time: Int
  /// Who did it.
  let actor: String
  /// What was done, such as `enrolled` or `submitted`.
  let action: String
  /// To whom or to what.
  let subject: String
  /// SHA-256 of the entry before.
  let previous: ContentHash

  /// SHA-256 of the entry as canonical JSON.
  var hash: ContentHash {
    get throws { ContentHash(of: try CanonicalJSON.encode(self)) }
  }
}

extension ServerStore {
  /// Adds an entry, in the transaction of what it tells of.
  static func audit(_ database: Database, actor: String, action: String, subject: String) throws {
    let last = try Row.fetchOne(database, sql: "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
    let previous = last.flatMap { row in ContentHash(row["hash"] as String) } ?? .ofNothing
    let entry = AuditEntry(
      number: (last?["number"] ?? 0) + 1, time: now, actor: actor, action: action, subject: subject,
      previous: previous)
    try database.execute(
      sql: "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)",
      arguments: [
        entry.number, entry.time, actor, action, subject, previous.hexadecimal, entry.hash.hexadecimal,
      ])
  }

  /// The whole log, in order.
  func auditLog() throws -> [AuditEntry] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM audit ORDER BY number").map { row in
        AuditEntry(
          number: row["number"], time: row["time"], actor: row["actor"], action: row["action"],
          subject: row["subject"], previous: ContentHash(row["previous"] as String) ?? .ofNothing)
      }
    }
  }

  /// The number of the first entry that does not follow from the one before; nil when all do.
  func firstBrokenAuditEntry() throws -> Int? {
    let stored = try read { database in
      try String.fetchAll(database, sql: "SELECT hash FROM audit ORDER BY number")
    }
    var previous = ContentHash.ofNothing
    for (place, entry) in try auditLog().enumerated() {
      guard entry.number == place + 1, entry.previous == previous,
        try entry.hash.hexadecimal == stored[place]
      else { return entry.number }
      previous = try entry.hash
    }
    return nil
  }
}
