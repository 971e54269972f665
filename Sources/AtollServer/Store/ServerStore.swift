import AtollFederation
import AtollNumerics
import AtollStore
import FoundationEssentials
import GRDB

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The server's state: small facts in SQLite, models in files that are named by their SHA-256.
///
/// ```
/// atoll.sqlite        identities, invitations, runs, commits, events, refusals, the audit log
/// ledger.jsonl[.head] what was given away of participants, where tasks promise privacy
/// authority/          the federation's key and certificate
/// operator/           the identity of the operator that the first start makes
/// runs/RUN/           what came of a run; while it goes on, its models under state/
/// lock                held by the server while it runs
/// ```
/// What is written is on the disk before anyone is told of it: SQLite in WAL mode waits for the disk at every commit.
final class ServerStore: Sendable {
  /// The privacy ledger, in the folder.
  static let ledgerName = "ledger.jsonl"
  /// The folder.
  let path: String
  let database: DatabasePool

  /// Opens the state of a server, which is made where there is none.
  ///
  /// - Throws: `StoreError`.
  init(in path: String) throws {
    self.path = path
    let files = FileManager.default
    do {
      try files.createDirectory(
        atPath: path + "/runs", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw StoreError(.cannotWrite, path: path, "the folder cannot be made")
    }
    do {
      var configuration = Configuration()
      configuration.busyMode = .timeout(10)
      configuration.label = "atoll"
      // In KiB, for each connection: what is looked up is small, and the system keeps the rest of the file at hand.
      configuration.prepareDatabase {
        try $0.execute(sql: "PRAGMA cache_size = -512")
        // What is deleted is overwritten: secrets are.
        try $0.execute(sql: "PRAGMA secure_delete = ON")
      }
      database = try DatabasePool(path: path + "/atoll.sqlite", configuration: configuration)
      // GRDB sets NORMAL after the configuration's own statements, and NORMAL loses commits with the power.
      try database.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA synchronous = FULL")
        guard try Int.fetchOne(database, sql: "PRAGMA synchronous") == 2 else {
          throw StoreError(.cannotWrite, path: path, "SQLite does not wait for the disk here")
        }
      }
      try Self.migrator.migrate(database)
      _ = chmod(path + "/atoll.sqlite", 0o600)
    } catch let error as DatabaseError {
      throw StoreError(error, path: path + "/atoll.sqlite")
    }
  }

  /// What the table of each version looks like. A migration that was published is never changed.
  private static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { database in
      try database.execute(
        sql: """
          CREATE TABLE identity (
            fingerprint TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, certificate BLOB NOT NULL,
            notAfter INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL
          ) WITHOUT ROWID;
          CREATE INDEX identityByName ON identity (name);
          CREATE TABLE invitation (
            fingerprint TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, expires INTEGER NOT NULL,
            usedBy TEXT, created INTEGER NOT NULL
          ) WITHOUT ROWID;
          CREATE TABLE run (
            id TEXT PRIMARY KEY, task TEXT NOT NULL, header BLOB NOT NULL, status TEXT NOT NULL,
            reason TEXT NOT NULL DEFAULT '', submittedBy TEXT NOT NULL, submitted INTEGER NOT NULL,
            source TEXT NOT NULL, signature BLOB NOT NULL, signer BLOB NOT NULL, checkpoint BLOB
          ) WITHOUT ROWID;
          CREATE TABLE exchange (
            run TEXT NOT NULL REFERENCES run (id), number INTEGER NOT NULL, record BLOB NOT NULL,
            PRIMARY KEY (run, number)
          ) WITHOUT ROWID;
          CREATE TABLE contribution (
            run TEXT NOT NULL, exchange INTEGER NOT NULL, participant TEXT NOT NULL, answer TEXT NOT NULL,
            PRIMARY KEY (run, exchange, participant)
          ) WITHOUT ROWID;
          CREATE TABLE event (
            run TEXT NOT NULL REFERENCES run (id), number INTEGER NOT NULL, json BLOB NOT NULL,
            PRIMARY KEY (run, number)
          ) WITHOUT ROWID;
          CREATE TABLE refusal (
            run TEXT NOT NULL, participant TEXT NOT NULL, code TEXT NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (run, participant, code)
          ) WITHOUT ROWID;
          CREATE TABLE audit (
            number INTEGER PRIMARY KEY, time INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
            subject TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL
          );
          """)
    }
    migrator.registerMigration("withdrawals") { database in
      try database.execute(
        sql: """
          CREATE TABLE withdrawal (
            run TEXT NOT NULL REFERENCES run (id), participant TEXT NOT NULL, time INTEGER NOT NULL,
            PRIMARY KEY (run, participant)
          ) WITHOUT ROWID;
          """)
    }
    migrator.registerMigration("view", migrate: Self.makeViewTables)
    migrator.registerMigration("order") { database in
      // The order of submission: two runs may come in one second.
      try database.execute(
        sql: """
          ALTER TABLE run ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
          UPDATE run SET place = (
            SELECT count(*) FROM run AS other
            WHERE (other.submitted, other.id) <= (run.submitted, run.id));
          """)
    }
    migrator.registerMigration("secrets") { database in
      try database.execute(
        sql: """
          CREATE TABLE secret (run TEXT PRIMARY KEY REFERENCES run (id), bytes BLOB NOT NULL) WITHOUT ROWID;
          """)
    }
    migrator.registerMigration("ledger heads") { database in
      try database.execute(
        sql: """
          CREATE TABLE ledgerHead (participant TEXT PRIMARY KEY, sequence INTEGER NOT NULL, head TEXT NOT NULL)
          WITHOUT ROWID;
          """)
    }
    migrator.registerMigration("repetitions") { database in
      try database.execute(
        sql: """
          CREATE TABLE repetition (run TEXT PRIMARY KEY REFERENCES run (id), number INTEGER NOT NULL) WITHOUT ROWID;
          """)
    }
    return migrator
  }

  /// Writes in one transaction that is on the disk when this returns.
  ///
  /// - Throws: `StoreError`, and what `body` throws.
  func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
    do {
      return try database.write(body)
    } catch let error as DatabaseError {
      throw StoreError(error, path: path + "/atoll.sqlite")
    }
  }

  /// - Throws: `StoreError`, and what `body` throws.
  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    do {
      return try database.read(body)
    } catch let error as DatabaseError {
      throw StoreError(error, path: path + "/atoll.sqlite")
    }
  }

  /// Seconds since 1970.
  static var now: Int { Int(Date.now.timeIntervalSince1970) }
}

extension StoreError {
  init(_ error: DatabaseError, path: String) {
    switch error.resultCode.primaryResultCode {
    case .SQLITE_FULL:
      self.init(.cannotWrite, path: path, "cannot be written: there is no space left on the disk")
    case .SQLITE_READONLY: self.init(.cannotWrite, path: path, "cannot be written: it is read-only")
    case .SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_PERM:
      self.init(
        .cannotWrite, path: path, "cannot be written: \(error.message ?? "the disk reports an error")")
    case .SQLITE_BUSY, .SQLITE_LOCKED: self.init(.busy, path: path, "another process is writing")
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      self.init(.corrupt, path: path, "this is no database, or one that is damaged")
    default: self.init(.cannotRead, path: path, "SQLite reports: \(error.message ?? "\(error.resultCode)")")
    }
  }
}
