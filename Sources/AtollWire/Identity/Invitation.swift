public import AtollNumerics
public import FoundationEssentials

/// What a person needs to enrol once: a certificate and a key that are good for nothing else, and the authority by which
/// the server is known.
///
/// It is a secret until it is used, and worth nothing afterwards. On the wire it makes strangers stop at the TLS
/// handshake: even who enrols shows a certificate of the federation.
public struct Invitation: Sendable {
  /// The name that the new identity will have.
  public let name: String
  /// What it will be allowed.
  public let role: Role
  /// When the invitation ends.
  public let expires: Date
  let key: IdentityKey
  let certificate: Data
  let authority: Data

  package init(
    name: String, role: Role, expires: Date, key: IdentityKey, certificate: Data, authority: Data
  ) {
    self.name = name
    self.role = role
    self.expires = expires
    self.key = key
    self.certificate = certificate
    self.authority = authority
  }

  /// SHA-256 of the authority's certificate, which the server's operator can read out over the telephone.
  public var federation: ContentHash { ContentHash(of: authority) }

  /// The authority's certificate, in DER.
  package var authorityDER: Data { authority }

  private struct Contents: Codable {
    var version = 1
    var name: String
    var role: Role
    /// Seconds since 1970.
    var expires: Int
    var key: String
    var certificate: Data
    var authority: Data
  }

  /// Times from outside that can be said in a calendar: up to the end of the year 9999.
  private static let times = 0...253_402_300_799

  private static let begin = "-----BEGIN ATOLL INVITATION-----"
  private static let end = "-----END ATOLL INVITATION-----"

  /// As a file, with lines for people before it.
  public var text: String {
    let contents = Contents(
      name: name, role: role, expires: Int(expires.timeIntervalSince1970), key: key.pem,
      certificate: certificate, authority: authority)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Safe because strings, numbers and bytes are all that is in it.
    let bytes = (try? encoder.encode(contents)) ?? Data()
    return """
      Invitation to a federation of Atoll: a secret, good for one enrolment.
      name        \(name)
      role        \(role.rawValue)
      expires     \(expires.formatted(.iso8601))
      federation  \(federation)
      \(Self.begin)
      \(PEM.lines(of: bytes))
      \(Self.end)

      """
  }

  /// Reads ``text``.
  ///
  /// - Throws: ``WireError`` with code `.invalid`.
  public init(_ text: String) throws(WireError) {
    guard text.utf8.count <= 64 << 10, let bytes = PEM.block(in: text, Self.begin, Self.end),
      let contents = try? JSONDecoder().decode(Contents.self, from: bytes), contents.version == 1,
      Self.times.contains(contents.expires), let key = try? IdentityKey(pem: contents.key),
      let certificate = try? CertificateReading(der: contents.certificate), certificate.belongs(to: key),
      (try? CertificateReading(der: contents.authority)) != nil
    else { throw WireError(.invalid, "not an invitation, or one that is damaged") }
    self.init(
      name: contents.name, role: contents.role,
      expires: Date(timeIntervalSince1970: Double(contents.expires)), key: key,
      certificate: contents.certificate, authority: contents.authority)
  }
}
