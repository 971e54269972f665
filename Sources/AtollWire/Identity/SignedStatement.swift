package import AtollNumerics
package import FoundationEssentials
import SwiftASN1
import X509

/// A signature of a member of a federation under bytes, with the certificate that tells whose it is.
package struct SignedStatement: Hashable, Sendable {
  /// ECDSA over SHA-256, in DER.
  package let signature: Data
  /// Of whoever signed, in DER.
  package let certificate: Data

  /// Signs bytes by an identity's key.
  package init(of bytes: Data, by identity: Identity) throws {
    signature = try identity.sign(bytes)
    certificate = identity.certificateDER
  }

  /// What somebody else signed.
  package init(signature: Data, certificate: Data) {
    self.signature = signature
    self.certificate = certificate
  }

  /// Who signed the bytes, as its certificate says.
  ///
  /// - Parameter authority: that of the federation; nil where the certificate is taken at its word.
  /// - Throws: ``WireError`` with code `.untrusted` where the signature is not of these bytes and this certificate, or the
  ///   certificate is not of the federation.
  package func signer(of bytes: Data, authority: Data? = nil) throws(WireError) -> (
    name: String, key: ContentHash
  ) {
    guard let reading = try? CertificateReading(der: certificate) else {
      throw WireError(.untrusted, "the certificate beside the signature is damaged")
    }
    guard reading.hasSigned(bytes, signature: signature) else {
      throw WireError(.untrusted, "the signature is not of this text: one of the two was changed")
    }
    guard let own = try? Certificate(derEncoded: Array(certificate)),
      let name = own.subject.text(.RDNAttributeType.commonName)
    else { throw WireError(.untrusted, "the certificate names nobody") }
    if let authority {
      guard let parent = try? Certificate(derEncoded: Array(authority)),
        parent.publicKey.isValidSignature(own.signature, for: own), own.issuer == parent.subject
      else {
        throw WireError(.untrusted, "the certificate of “\(name)” is not of this federation")
      }
    }
    return (name, reading.keyFingerprint)
  }
}
