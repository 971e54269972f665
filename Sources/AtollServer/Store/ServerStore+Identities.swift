import AtollFederation
public import AtollNumerics
import AtollStore
public import AtollWire
import FoundationEssentials
import GRDB

/// Someone the server knows, by a certificate.
public struct Member: Hashable, Sendable {
  /// The name.
  public let name: String
  /// What it may do.
  public let role: Role
  /// SHA-256 of the certificate.
  public let fingerprint: ContentHash
  /// Seconds since 1970 at which the certificate ends.
  public let notAfter: Int
  /// Whether it is taken no more.
  public let isRevoked: Bool
}

/// What the store has of an invitation.
struct StoredInvitation: Sendable {
  let name: String
  let role: Role
  /// Seconds since 1970.
  let expires: Int
  /// SHA-256 of the key that was certified; nil while it is open.
  let usedBy: String?
}

extension ServerStore {
  /// Keeps an invitation that can be used once.
  ///
  /// - Throws: `WireError` with code `.refused` when somebody has that name.
  func keep(invitation fingerprint: ContentHash, name: String, role: Role, expires: Date, actor: String)
    throws
  {
    try write { database in
      let taken = try Int.fetchOne(
        database, sql: "SELECT count(*) FROM identity WHERE name = ? AND revoked = 0", arguments: [name])
      guard taken == 0 else {
        throw WireError(.refused, "“\(name)” is enrolled already", hint: "another name")
      }
      try database.execute(
        sql: "INSERT INTO invitation VALUES (?, ?, ?, ?, NULL, ?)",
        arguments: [
          fingerprint.hexadecimal, name, role.rawValue, Int(expires.timeIntervalSince1970), Self.now,
        ])
      try Self.audit(database, actor: actor, action: "invited", subject: "\(name) as \(role.rawValue)")
    }
  }

  func invitation(_ fingerprint: ContentHash) throws -> StoredInvitation? {
    try read { database in
      guard
        let row = try Row.fetchOne(
          database, sql: "SELECT * FROM invitation WHERE fingerprint = ?",
          arguments: [fingerprint.hexadecimal]),
        let role = Role(rawValue: row["role"])
      else { return nil }
      return StoredInvitation(name: row["name"], role: role, expires: row["expires"], usedBy: row["usedBy"])
    }
  }

  /// Keeps an identity; the invitation that it comes from is used up in the same transaction.
  func keep(
    _ certificate: IssuedCertificate, name: String, role: Role, key: ContentHash, invitation: ContentHash?
  ) throws {
    try write { database in
      if let invitation {
        try database.execute(
          sql: "UPDATE invitation SET usedBy = ? WHERE fingerprint = ? AND (usedBy IS NULL OR usedBy = ?)",
          arguments: [key.hexadecimal, invitation.hexadecimal, key.hexadecimal])
        guard database.changesCount == 1 else {
          throw WireError(
            .refused, "the invitation has been used already", hint: "a new one from the operator")
        }
      }
      try database.execute(
        sql: "INSERT INTO identity VALUES (?, ?, ?, ?, ?, 0, ?)",
        arguments: [
          certificate.fingerprint.hexadecimal, name, role.rawValue, certificate.der,
          Int(certificate.notAfter.timeIntervalSince1970), Self.now,
        ])
      try Self.audit(database, actor: name, action: "enrolled", subject: "\(name) as \(role.rawValue)")
    }
  }

  /// Who has that certificate; nil for a stranger.
  func member(_ fingerprint: ContentHash) throws -> Member? {
    try read { database in
      try Row.fetchOne(
        database, sql: "SELECT * FROM identity WHERE fingerprint = ?", arguments: [fingerprint.hexadecimal]
      ).flatMap(Self.member)
    }
  }

  /// Everyone, by name.
  func members() throws -> [Member] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM identity ORDER BY name, created").compactMap(Self.member)
    }
  }

  private static func member(_ row: Row) -> Member? {
    guard let role = Role(rawValue: row["role"]), let fingerprint = ContentHash(row["fingerprint"] as String)
    else { return nil }
    return Member(
      name: row["name"], role: role, fingerprint: fingerprint, notAfter: row["notAfter"],
      isRevoked: row["revoked"] != 0)
  }

  /// Ends every certificate of a name.
  ///
  /// - Returns: how many there were.
  func revoke(_ name: String, actor: String) throws -> Int {
    try write { database in
      try database.execute(
        sql: "UPDATE identity SET revoked = 1 WHERE name = ? AND revoked = 0", arguments: [name])
      let count = database.changesCount
      if count > 0 { try Self.audit(database, actor: actor, action: "revoked", subject: name) }
      return count
    }
  }

  /// The names of the participants that may join, in ascending order.
  func enrolledParticipants() throws -> [ParticipantID] {
    let names = try members().filter { $0.role == .participant && !$0.isRevoked }.compactMap {
      ParticipantID($0.name)
    }
    return Set(names).sorted()
  }
}
