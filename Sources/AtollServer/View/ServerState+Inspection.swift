import AtollStore
import AtollWire
package import FoundationEssentials
import GRDB

/// What can be looked at in a server's folder, whether the server runs or not.
extension ServerState {
  /// What SQLite finds wrong with the database; empty when it is whole.
  ///
  /// - Throws: `StoreError`.
  package func databaseFaults() throws -> [String] {
    try store.read { database in
      try String.fetchAll(database, sql: "PRAGMA quick_check(10)").filter { $0 != "ok" }
    }
  }

  /// The number of the first entry of the audit log that does not follow from the one before; nil when all do.
  ///
  /// - Throws: `StoreError`.
  package func firstBrokenAuditEntry() throws -> Int? { try store.firstBrokenAuditEntry() }

  /// When something was written last, in seconds since 1970.
  ///
  /// - Throws: `StoreError`.
  package func lastAuditTime() throws -> Int? {
    try store.read { database in try Int.fetchOne(database, sql: "SELECT max(time) FROM audit") }
  }

  /// The last instant at which the authority's certificate is good.
  ///
  /// - Throws: `WireError`.
  package func authorityEnds() throws -> Date { try CertificateReading(der: authority.certificate).notAfter }
}
