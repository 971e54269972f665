public import AtollNumerics
public import FoundationEssentials

/// A role's key and certificate, and the authority and the server that they are for.
///
/// A folder holds it in four files: `key.pem`, readable by its owner only and made where it is used, `certificate.pem`,
/// `authority.pem` and `identity.json`.
public struct Identity: Sendable {
  /// The name in the federation.
  public let name: String
  /// What it may do.
  public let role: Role
  /// Where the server is reached.
  public let server: ServerAddress
  let key: IdentityKey
  /// In DER.
  let certificate: Data
  /// In DER.
  let authority: Data

  package init(
    name: String, role: Role, server: ServerAddress, key: IdentityKey, certificate: Data, authority: Data
  ) {
    self.name = name
    self.role = role
    self.server = server
    self.key = key
    self.certificate = certificate
    self.authority = authority
  }

  /// SHA-256 of the authority's certificate: what tells a federation from every other.
  public var federation: ContentHash { ContentHash(of: authority) }

  /// The last instant at which the certificate is good.
  public var notAfter: Date {
    get throws { try CertificateReading(der: certificate).notAfter }
  }

  /// The certificate, in DER.
  package var certificateDER: Data { certificate }
  /// That of the federation's authority, in DER.
  package var authorityDER: Data { authority }

  /// Signs by the identity's key: ECDSA over SHA-256, in DER.
  package func sign(_ bytes: some DataProtocol) throws -> Data { try key.sign(bytes) }

  /// The same with a server that moved.
  package func moved(to server: ServerAddress) -> Identity {
    Identity(
      name: name, role: role, server: server, key: key, certificate: certificate, authority: authority)
  }

  /// A request for a new certificate of the same key: PKCS #10 in DER.
  package func signingRequest() throws -> Data { try key.signingRequest() }

  /// The same with a new certificate.
  ///
  /// - Throws: ``WireError`` with code `.invalid` when it is not of this key.
  package func renewed(by certificate: Data) throws -> Identity {
    guard try CertificateReading(der: certificate).belongs(to: key) else {
      throw WireError(.invalid, "the server's new certificate is not of this identity's key")
    }
    return Identity(
      name: name, role: role, server: server, key: key, certificate: certificate, authority: authority)
  }

  private struct Description: Codable {
    var name: String
    var role: Role
    var server: String
  }
}

// MARK: Folder

extension Identity {
  /// Reads an identity's folder.
  ///
  /// - Throws: ``WireError`` with code `.invalid` when something is missing or damaged.
  public init(contentsOf folder: String) throws {
    func read(_ name: String) throws -> Data {
      guard let bytes = FileManager.default.contents(atPath: folder + "/" + name) else {
        throw WireError(
          .invalid, "\(folder): there is no identity here (\(name) is missing)",
          hint: "atoll enroll URL --invitation FILE --identity \(folder)")
      }
      return bytes
    }
    func certificate(_ name: String) throws -> Data {
      guard let der = PEM.certificate(in: String(decoding: try read(name), as: UTF8.self)) else {
        throw WireError(.invalid, "\(folder)/\(name): not a certificate in PEM")
      }
      return der
    }
    guard let description = try? JSONDecoder().decode(Description.self, from: read("identity.json")),
      let server = ServerAddress(description.server)
    else {
      _ = try read("identity.json")
      throw WireError(.invalid, "\(folder)/identity.json: not what Atoll writes there")
    }
    try self.init(
      name: description.name, role: description.role, server: server,
      key: IdentityKey(pem: String(decoding: read("key.pem"), as: UTF8.self)),
      certificate: certificate("certificate.pem"), authority: certificate("authority.pem"))
    guard try CertificateReading(der: self.certificate).belongs(to: key) else {
      throw WireError(.invalid, "\(folder): the certificate is not that of the key")
    }
  }

  /// Writes the folder; its key first, so that a certificate never lacks it.
  package func write(to folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try Identity.write(key: key, to: folder)
    try PrivateFile.write(PEM.text(of: certificate).utf8, to: folder + "/certificate.pem")
    try PrivateFile.write(PEM.text(of: authority).utf8, to: folder + "/authority.pem")
    let description = Description(name: name, role: role, server: server.url)
    try PrivateFile.write(encoder.encode(description), to: folder + "/identity.json")
  }

  /// Writes a key alone, before its certificate is asked for.
  package static func write(key: IdentityKey, to folder: String) throws {
    try PrivateFile.makeFolder(folder)
    try PrivateFile.write(key.pem.utf8, to: folder + "/key.pem")
  }

  /// The key of a folder that may lack its certificate; nil where there is none.
  package static func key(in folder: String) throws -> IdentityKey? {
    guard let bytes = FileManager.default.contents(atPath: folder + "/key.pem") else { return nil }
    return try IdentityKey(pem: String(decoding: bytes, as: UTF8.self))
  }

  /// Whether a folder has a whole identity.
  package static func exists(in folder: String) -> Bool {
    FileManager.default.fileExists(atPath: folder + "/identity.json")
  }
}

/// Certificates in text (RFC 7468).
package enum PEM {
  private static let begin = "-----BEGIN CERTIFICATE-----"
  private static let end = "-----END CERTIFICATE-----"

  /// The text of a certificate in DER.
  package static func text(of der: Data) -> String {
    "\(begin)\n\(lines(of: der))\n\(end)\n"
  }

  /// Base64 in lines of 64 characters.
  static func lines(of bytes: Data) -> String {
    let text = Array(bytes.base64EncodedString().utf8)
    return stride(from: 0, to: text.count, by: 64).map { start in
      String(decoding: text[start..<min(start + 64, text.count)], as: UTF8.self)
    }.joined(separator: "\n")
  }

  /// The first certificate of a text; nil when there is none.
  package static func certificate(in text: String) -> Data? { block(in: text, begin, end) }

  /// The bytes between two lines; nil when there are none.
  static func block(in text: String, _ begin: String, _ end: String) -> Data? {
    let lines = text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }
    guard let first = lines.firstIndex(where: { $0.hasPrefix(begin) }),
      let last = lines[first...].firstIndex(where: { $0.hasPrefix(end) })
    else { return nil }
    return Data(base64Encoded: lines[(first + 1)..<last].joined())
  }
}
