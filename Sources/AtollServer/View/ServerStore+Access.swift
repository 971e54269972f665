import AtollStore
import Crypto
import FoundationEssentials
import GRDB

/// A secret that lets someone look at the server's pages: a name in public to find it by, and 256 random bits of which
/// the store has the SHA-256 only.
struct AccessToken: Sendable {
  let id: String
  private let secret: String

  init() {
    (id, secret) = (Self.random(9), Self.random(32))
  }

  /// Nil when the text is none.
  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].utf8.count == 12, parts[1].utf8.count == 43,
      text.utf8.allSatisfy({ Self.alphabet.contains($0) || $0 == UInt8(ascii: ".") })
    else { return nil }
    (id, secret) = (String(parts[0]), String(parts[1]))
  }

  /// As it is given away.
  var text: String { "\(id).\(secret)" }

  var digest: Data { Data(SHA256.hash(data: Data(secret.utf8))) }

  /// Takes as long whatever the digest is.
  func has(_ digest: Data) -> Bool {
    let own = self.digest
    guard own.count == digest.count else { return false }
    return zip(own, digest).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  private static func random(_ count: Int) -> String {
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    return Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }
}

/// Who may look at the server's pages.
extension ServerStore {
  private enum Kind {
    /// To be used once, for a session.
    static let link = "link"
    static let session = "session"
  }

  /// A link that opens one session.
  ///
  /// - Parameters:
  ///   - name: who looks on, for the audit log.
  ///   - seconds: how long the link can be used.
  ///   - lasts: how long the session lasts, in seconds.
  func makeLink(for name: String, seconds: Int, lasts: Int) throws -> AccessToken {
    let token = AccessToken()
    try write { database in
      try database.execute(sql: "DELETE FROM access WHERE expires <= ?", arguments: [Self.now])
      try insert(token, Kind.link, name, expires: Self.now + seconds, lasts: lasts, database)
      try Self.audit(database, actor: "server", action: "made a link", subject: "for \(name)")
    }
    return token
  }

  /// Uses a link up.
  ///
  /// - Returns: the session; nil when the link is none, was used or has expired.
  func openSession(with link: AccessToken) throws -> (token: AccessToken, lasts: Int)? {
    try write { database in
      guard let found = try Self.entry(link, Kind.link, database) else { return nil }
      try database.execute(sql: "DELETE FROM access WHERE id = ?", arguments: [link.id])
      let session = AccessToken()
      try insert(
        session, Kind.session, found.name, expires: Self.now + found.lasts, lasts: found.lasts, database)
      try Self.audit(database, actor: found.name, action: "signed in", subject: "to the dashboard")
      return (session, found.lasts)
    }
  }

  /// Who has that session; nil when it is none or has expired.
  func session(_ token: AccessToken) throws -> String? {
    try read { database in try Self.entry(token, Kind.session, database)?.name }
  }

  func closeSession(_ token: AccessToken) throws {
    try write { database in
      guard let found = try Self.entry(token, Kind.session, database) else { return }
      try database.execute(sql: "DELETE FROM access WHERE id = ?", arguments: [token.id])
      try Self.audit(database, actor: found.name, action: "signed out", subject: "of the dashboard")
    }
  }

  private func insert(
    _ token: AccessToken, _ kind: String, _ name: String, expires: Int, lasts: Int, _ database: Database
  ) throws {
    try database.execute(
      sql: "INSERT INTO access VALUES (?, ?, ?, ?, ?, ?)",
      arguments: [token.id, kind, token.digest.base64EncodedString(), name, expires, lasts])
  }

  private static func entry(
    _ token: AccessToken, _ kind: String, _ database: Database
  ) throws -> (name: String, lasts: Int)? {
    guard
      let row = try Row.fetchOne(
        database, sql: "SELECT * FROM access WHERE id = ? AND kind = ? AND expires > ?",
        arguments: [token.id, kind, now]),
      let digest = Data(base64Encoded: row["secret"] as String), token.has(digest)
    else { return nil }
    return (row["name"], row["lasts"])
  }
}
