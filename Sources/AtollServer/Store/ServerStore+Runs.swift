import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import FoundationEssentials
import GRDB

/// A run as the store has it.
struct StoredRun: Sendable {
  let id: RunID
  /// The canonical text of the task.
  let task: String
  let header: RunHeader
  let status: RunStatus
  /// Why it ended, where there is something to say.
  let reason: String
  let submittedBy: String
  /// Seconds since 1970.
  let submitted: Int
  /// What its operator signed.
  let submission: TaskSignature
}

/// What an operator sent, and the proof that it did.
struct Submission: Sendable {
  /// The text that was signed.
  var source: String
  var signature: Data
  /// The operator's certificate, in DER.
  var signer: Data
  var submittedBy: String

  /// As participants are told.
  var signed: TaskSignature { TaskSignature(source: source, signature: signature, signer: signer) }
}

extension ServerStore {
  /// Takes a run in, which waits for its turn: the next number for the task's name.
  func begin(
    _ task: FederatedTask, header: RunHeader, _ submission: Submission, status: RunStatus = .running
  ) throws -> StoredRun {
    let encoded = try CanonicalJSON.encode(header)
    return try write { database in
      var number = 1
      var id: RunID?
      while id == nil {
        let candidate = RunID("\(task.name)-\(number)")
        guard let candidate else {
          throw WireError(.invalid, "the task's name is too long for a run", hint: "a shorter name")
        }
        let taken = try Int.fetchOne(
          database, sql: "SELECT count(*) FROM run WHERE id = ?", arguments: [candidate.name])
        if taken == 0 { id = candidate }
        number += 1
      }
      guard let id else { preconditionFailure("the loop ends with a name") }
      let now = Self.now
      try database.execute(
        sql: """
          INSERT INTO run VALUES (
            ?, ?, ?, ?, '', ?, ?, ?, ?, ?, NULL, (SELECT coalesce(max(place), 0) + 1 FROM run))
          """,
        arguments: [
          id.name, task.yaml, encoded, status.rawValue, submission.submittedBy, now,
          submission.source, submission.signature, submission.signer,
        ])
      try Self.audit(
        database, actor: submission.submittedBy, action: "submitted", subject: "\(id) (\(header.task))")
      return StoredRun(
        id: id, task: task.yaml, header: header, status: status, reason: "",
        submittedBy: submission.submittedBy, submitted: now, submission: submission.signed)
    }
  }

  /// The run whose turn it is goes on: the first of those that wait.
  ///
  /// - Returns: nil when none waits.
  func startNext() throws -> StoredRun? {
    try write { database in
      let row = try Row.fetchOne(
        database, sql: "SELECT * FROM run WHERE status = ? ORDER BY place LIMIT 1",
        arguments: [RunStatus.queued.rawValue])
      guard let row, let waiting = try Self.run(row) else { return nil }
      try database.execute(
        sql: "UPDATE run SET status = ? WHERE id = ?",
        arguments: [RunStatus.running.rawValue, waiting.id.name])
      return StoredRun(
        id: waiting.id, task: waiting.task, header: waiting.header, status: .running,
        reason: waiting.reason, submittedBy: waiting.submittedBy, submitted: waiting.submitted,
        submission: waiting.submission)
    }
  }

  /// Every run, the latest first.
  func runs() throws -> [StoredRun] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM run ORDER BY place DESC").compactMap(
        Self.run)
    }
  }

  func run(_ id: RunID) throws -> StoredRun? {
    try read { database in
      try Row.fetchOne(database, sql: "SELECT * FROM run WHERE id = ?", arguments: [id.name]).flatMap(
        Self.run)
    }
  }

  private static func run(_ row: Row) throws -> StoredRun? {
    guard let id = RunID(row["id"] as String), let status = RunStatus(rawValue: row["status"]) else {
      return nil
    }
    return StoredRun(
      id: id, task: row["task"], header: try CanonicalJSON.decode(from: row["header"]), status: status,
      reason: row["reason"], submittedBy: row["submittedBy"], submitted: row["submitted"],
      submission: TaskSignature(source: row["source"], signature: row["signature"], signer: row["signer"]))
  }

  // MARK: Commits

  /// What is true after an exchange, all of it or nothing.
  struct Commit {
    var checkpoint: Checkpoint
    /// SHA-256 of each answer that is in the sum.
    var contributions: [ParticipantID: ContentHash]
    var events: [RunEvent]
    /// What must not be told and belongs to this commit: the memory of noise. What was kept before is erased.
    var secret: Data?
  }

  func commit(_ commit: Commit, to run: RunID) throws {
    let checkpoint = try CanonicalJSON.encode(commit.checkpoint)
    try write { database in
      try database.execute(
        sql: "UPDATE run SET checkpoint = ? WHERE id = ? AND status = ?",
        arguments: [checkpoint, run.name, RunStatus.running.rawValue])
      guard database.changesCount == 1 else {
        throw StoreError(.corrupt, path: path, "the run \(run) is over, and an exchange of it is committed")
      }
      if let record = commit.checkpoint.record {
        try database.execute(
          sql: "INSERT INTO exchange VALUES (?, ?, ?)",
          arguments: [run.name, record.exchange, Data(record.canonicalJSON)])
        for (participant, answer) in commit.contributions {
          try database.execute(
            sql: "INSERT INTO contribution VALUES (?, ?, ?, ?)",
            arguments: [run.name, record.exchange, participant.name, answer.hexadecimal])
        }
      }
      try Self.replaceSecret(of: run, by: commit.secret, database)
      try Self.append(commit.events, to: run, database)
    }
  }

  func keepSecret(_ bytes: Data, of run: RunID) throws {
    try write { database in try Self.replaceSecret(of: run, by: bytes, database) }
  }

  private static func replaceSecret(of run: RunID, by bytes: Data?, _ database: Database) throws {
    try database.execute(sql: "DELETE FROM secret WHERE run = ?", arguments: [run.name])
    guard let bytes else { return }
    try database.execute(sql: "INSERT INTO secret VALUES (?, ?)", arguments: [run.name, bytes])
  }

  func secret(of run: RunID) throws -> Data? {
    try read { database in
      try Data.fetchOne(database, sql: "SELECT bytes FROM secret WHERE run = ?", arguments: [run.name])
    }
  }

  /// Ends a run, with its last event.
  func end(_ run: RunID, _ status: RunStatus, reason: String, event: RunEvent, actor: String) throws {
    try write { database in
      try database.execute(
        sql: "UPDATE run SET status = ?, reason = ? WHERE id = ? AND status IN (?, ?)",
        arguments: [
          status.rawValue, reason, run.name, RunStatus.running.rawValue, RunStatus.queued.rawValue,
        ])
      guard database.changesCount == 1 else { return }
      try Self.replaceSecret(of: run, by: nil, database)
      try Self.append([event], to: run, database)
      try Self.audit(
        database, actor: actor, action: status.rawValue,
        subject: reason.isEmpty ? run.name : "\(run): \(reason)")
    }
  }

  private static func append(_ events: [RunEvent], to run: RunID, _ database: Database) throws {
    guard !events.isEmpty else { return }
    var number =
      try Int.fetchOne(
        database, sql: "SELECT coalesce(max(number), -1) FROM event WHERE run = ?", arguments: [run.name])
      ?? -1
    for event in events {
      number += 1
      try database.execute(
        sql: "INSERT INTO event VALUES (?, ?, ?)",
        arguments: [run.name, number, CanonicalJSON.encode(event)])
    }
  }

  /// The events of a run from a number on, as JSON.
  func events(of run: RunID, from number: Int) throws -> [Data] {
    try read { database in
      try Data.fetchAll(
        database, sql: "SELECT json FROM event WHERE run = ? AND number >= ? ORDER BY number",
        arguments: [run.name, number])
    }
  }

  func checkpoint(of run: RunID) throws -> Checkpoint? {
    let bytes = try read { database in
      try Data.fetchOne(database, sql: "SELECT checkpoint FROM run WHERE id = ?", arguments: [run.name])
    }
    return try bytes.map { try CanonicalJSON.decode(from: $0) }
  }

  /// The committed records of a run, in order.
  func records(of run: RunID) throws -> [ExchangeRecord] {
    try read { database in
      try Data.fetchAll(
        database, sql: "SELECT record FROM exchange WHERE run = ? ORDER BY number", arguments: [run.name])
    }.map { try CanonicalJSON.decode(from: $0) }
  }

  /// SHA-256 of a participant's answer that is in the sum of an exchange; nil where none is.
  func contribution(of participant: ParticipantID, to exchange: ExchangeID) throws -> ContentHash? {
    let text = try read { database in
      try String.fetchOne(
        database, sql: "SELECT answer FROM contribution WHERE run = ? AND exchange = ? AND participant = ?",
        arguments: [exchange.run.name, exchange.exchange, participant.name])
    }
    return text.flatMap { ContentHash($0) }
  }

  // MARK: Withdrawals

  /// A participant takes part in a run no more; what it gave before stays in the sums.
  func withdraw(_ participant: ParticipantID, from run: RunID) throws {
    try write { database in
      try database.execute(
        sql: "INSERT OR IGNORE INTO withdrawal VALUES (?, ?, ?)",
        arguments: [run.name, participant.name, Self.now])
      guard database.changesCount == 1 else { return }
      try Self.append([.note("\(participant) has withdrawn")], to: run, database)
      try Self.audit(database, actor: participant.name, action: "withdrew", subject: run.name)
    }
  }

  /// Those who have withdrawn from a run.
  func withdrawals(from run: RunID) throws -> Set<ParticipantID> {
    let names = try read { database in
      try String.fetchAll(
        database, sql: "SELECT participant FROM withdrawal WHERE run = ?", arguments: [run.name])
    }
    return Set(names.compactMap { ParticipantID($0) })
  }

  // MARK: Refusals

  /// Counts something that was not taken.
  func count(_ code: RefusalCode, of participant: ParticipantID, in run: RunID) throws {
    try write { database in
      try database.execute(
        sql: """
          INSERT INTO refusal VALUES (?, ?, ?, 1)
          ON CONFLICT (run, participant, code) DO UPDATE SET count = count + 1
          """, arguments: [run.name, participant.name, code.rawValue])
    }
  }

  /// What was not taken in a run, by participant and reason.
  func refusals(in run: RunID) throws -> [ParticipantID: [RefusalCode: Int]] {
    try read { database in
      var refusals: [ParticipantID: [RefusalCode: Int]] = [:]
      for row in try Row.fetchAll(database, sql: "SELECT * FROM refusal WHERE run = ?", arguments: [run.name])
      {
        guard let participant = ParticipantID(row["participant"] as String),
          let code = RefusalCode(rawValue: row["code"])
        else { continue }
        refusals[participant, default: [:]][code] = row["count"]
      }
      return refusals
    }
  }
}
