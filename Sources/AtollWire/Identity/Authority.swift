package import AtollNumerics
import Crypto
package import FoundationEssentials
import SwiftASN1
import X509

/// A federation's own authority: the key that makes certificates for its server and for everyone who takes part.
///
/// ECDSA on P-256 throughout, which every TLS library knows. Who a certificate stands for is decided by the server's
/// list of identities, by the certificate's SHA-256; the names in it are for people.
package struct Authority: Sendable {
  /// The authority's own certificate, in DER.
  package let certificate: Data
  private let parsed: Certificate
  private let key: P256.Signing.PrivateKey

  /// How long certificates are good.
  package enum Validity {
    package static let authority = 20 * 365 * day
    package static let server = 397 * day
    package static let member = 365 * day
    package static let day = 86_400.0
    /// Clocks differ a little: a new certificate is good from a little earlier on.
    package static let tolerance = 300.0
  }

  /// A new authority.
  package init(named name: String, now: Date = .now) throws {
    let key = P256.Signing.PrivateKey()
    let subject = try DistinguishedName {
      CommonName(name)
      OrganizationName("Atoll federation")
    }
    let certificate = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
      notValidBefore: now.addingTimeInterval(-Validity.tolerance),
      notValidAfter: now.addingTimeInterval(Validity.authority), issuer: subject, subject: subject,
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
        Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        SubjectKeyIdentifier(hash: .init(key.publicKey))
      }, issuerPrivateKey: .init(key))
    try self.init(certificate: certificate, key: key)
  }

  /// The authority that was kept.
  ///
  /// - Parameters:
  ///   - certificate: in DER.
  ///   - key: in PEM.
  /// - Throws: ``WireError`` with code `.invalid` when they do not go together.
  package init(certificate: Data, key: String) throws {
    do {
      try self.init(
        certificate: Certificate(derEncoded: Array(certificate)),
        key: P256.Signing.PrivateKey(pemRepresentation: key))
    } catch let error as WireError {
      throw error
    } catch {
      throw WireError(.invalid, "the authority's key or certificate is damaged")
    }
  }

  private init(certificate: Certificate, key: P256.Signing.PrivateKey) throws {
    guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else {
      throw WireError(.invalid, "the authority's key is not that of its certificate")
    }
    parsed = certificate
    self.key = key
    self.certificate = try certificate.der
  }

  /// The private key, in PEM.
  package var keyPEM: String { key.pemRepresentation }

  /// What tells this federation from every other.
  package var fingerprint: ContentHash { ContentHash(of: certificate) }

  /// A certificate for a server that is reached under these names and addresses.
  package func certify(
    serverKey: IdentityKey, names: [String], now: Date = .now
  ) throws -> IssuedCertificate {
    try issue(
      named: names.first ?? "server", unit: "server", key: .init(serverKey.key.publicKey), usage: .serverAuth,
      names: names.map(GeneralName.init(host:)), until: now.addingTimeInterval(Validity.server), now: now)
  }

  /// A certificate for a member of the federation.
  ///
  /// - Parameter request: PKCS #10 in DER. Its signature shows that the sender holds the key; its subject is ignored.
  /// - Throws: ``WireError`` with code `.refused` when it is not such a request.
  package func certify(
    _ request: Data, named name: String, role: Role, now: Date = .now
  ) throws -> IssuedCertificate {
    guard request.count <= WireLimits.certificateBytes,
      let request = try? CertificateSigningRequest(derEncoded: Array(request)),
      request.publicKey.isValidSignature(request.signature, for: request)
    else {
      throw WireError(.refused, "the signing request is malformed, or not signed by its own key")
    }
    guard P256.Signing.PublicKey(request.publicKey) != nil else {
      throw WireError(.refused, "the signing request has a key of another kind than P-256")
    }
    return try issue(
      named: name, unit: role.rawValue, key: request.publicKey, usage: .clientAuth, names: [],
      until: now.addingTimeInterval(Validity.member), now: now)
  }

  /// A key and a certificate that serve to enrol once.
  package func certifyInvitation(
    named name: String, until: Date, now: Date = .now
  ) throws -> (key: IdentityKey, certificate: IssuedCertificate) {
    let key = IdentityKey()
    let certificate = try issue(
      named: name, unit: "invitation", key: .init(key.key.publicKey), usage: .clientAuth, names: [],
      until: until, now: now)
    return (key, certificate)
  }

  private func issue(
    named name: String, unit: String, key: Certificate.PublicKey, usage: ExtendedKeyUsage.Usage,
    names: [GeneralName], until: Date, now: Date
  ) throws -> IssuedCertificate {
    // X.520 allows 64 characters.
    let subject = try DistinguishedName {
      CommonName(String(name.prefix(64)))
      OrganizationalUnitName(unit)
    }
    let certificate = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: key,
      notValidBefore: now.addingTimeInterval(-Validity.tolerance), notValidAfter: until,
      issuer: parsed.subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        try ExtendedKeyUsage([usage])
        SubjectKeyIdentifier(hash: key)
        if !names.isEmpty { SubjectAlternativeNames(names) }
      }, issuerPrivateKey: .init(self.key))
    return IssuedCertificate(der: try certificate.der, notAfter: until)
  }
}

/// A certificate as it was made.
package struct IssuedCertificate: Sendable {
  /// In DER.
  package let der: Data
  package let notAfter: Date

  /// SHA-256 of the certificate: by it a server knows who calls.
  package var fingerprint: ContentHash { ContentHash(of: der) }
}

/// A private key of P-256 that never leaves the machine where it was made.
package struct IdentityKey: Sendable {
  let key: P256.Signing.PrivateKey

  /// A new key.
  package init() { key = P256.Signing.PrivateKey() }

  /// - Throws: ``WireError`` with code `.invalid`.
  package init(pem: String) throws {
    do {
      key = try P256.Signing.PrivateKey(pemRepresentation: pem)
    } catch {
      throw WireError(.invalid, "the private key is damaged")
    }
  }

  /// In PEM.
  package var pem: String { key.pemRepresentation }

  /// A signing request for this key: PKCS #10 in DER.
  package func signingRequest() throws -> Data {
    let request = try CertificateSigningRequest(
      version: .v1, subject: DistinguishedName { CommonName("atoll") }, privateKey: .init(key),
      attributes: CertificateSigningRequest.Attributes(), signatureAlgorithm: .ecdsaWithSHA256)
    var serializer = DER.Serializer()
    try serializer.serialize(request)
    return Data(serializer.serializedBytes)
  }

  /// ECDSA over SHA-256, in DER.
  package func sign(_ bytes: some DataProtocol) throws -> Data {
    try key.signature(for: bytes).derRepresentation
  }
}

/// What is read from a certificate.
package struct CertificateReading: Sendable {
  private let certificate: Certificate

  /// - Throws: ``WireError`` with code `.invalid`.
  package init(der: Data) throws {
    guard der.count <= WireLimits.certificateBytes, let read = try? Certificate(derEncoded: Array(der)) else {
      throw WireError(.invalid, "the certificate is damaged")
    }
    certificate = read
  }

  package var notBefore: Date { certificate.notValidBefore }
  package var notAfter: Date { certificate.notValidAfter }

  /// SHA-256 of the public key.
  package var keyFingerprint: ContentHash {
    ContentHash(of: Array(certificate.publicKey.subjectPublicKeyInfoBytes))
  }

  /// Whether this key belongs to it.
  package func belongs(to key: IdentityKey) -> Bool {
    certificate.publicKey == Certificate.PublicKey(key.key.publicKey)
  }

  /// Whether the owner signed those bytes.
  package func hasSigned(_ bytes: some DataProtocol, signature: Data) -> Bool {
    guard let key = P256.Signing.PublicKey(certificate.publicKey),
      let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature)
    else { return false }
    return key.isValidSignature(signature, for: bytes)
  }
}

/// SHA-256 of the public key in a signing request; nil when it is none.
package func keyFingerprint(ofRequest request: Data) -> ContentHash? {
  guard request.count <= WireLimits.certificateBytes,
    let request = try? CertificateSigningRequest(derEncoded: Array(request))
  else { return nil }
  return ContentHash(of: Array(request.publicKey.subjectPublicKeyInfoBytes))
}

extension Certificate {
  var der: Data {
    get throws {
      var serializer = DER.Serializer()
      try serializer.serialize(self)
      return Data(serializer.serializedBytes)
    }
  }
}

extension GeneralName {
  /// An address as such, anything else as a name.
  init(host: String) {
    if let address = IPAddress(host) {
      self = .ipAddress(ASN1OctetString(contentBytes: address.bytes[...]))
    } else {
      self = .dnsName(host)
    }
  }
}

extension Authority {
  /// Keeps the authority in a folder that only its owner may enter.
  package func write(to folder: String) throws {
    try PrivateFile.makeFolder(folder)
    try PrivateFile.write(keyPEM.utf8, to: folder + "/key.pem")
    try PrivateFile.write(PEM.text(of: certificate).utf8, to: folder + "/certificate.pem")
  }
}
