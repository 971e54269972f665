import FoundationEssentials
import SwiftASN1
import X509

extension Identity {
  /// The operator who signed a task.
  ///
  /// - Throws: ``WireError`` with code `.untrusted` unless the certificate is an operator's, of this federation, and the
  ///   signature is its key's.
  package func signer(of signature: TaskSignature) throws(WireError) -> String {
    let forged = WireError(
      .untrusted, "the server's task is not signed by an operator of this federation")
    guard let authority = try? Certificate(derEncoded: Array(authority)),
      let signer = try? Certificate(derEncoded: Array(signature.signer)),
      authority.publicKey.isValidSignature(signer.signature, for: signer),
      signer.issuer == authority.subject,
      signer.subject.text(.RDNAttributeType.organizationalUnitName) == Role.operator.rawValue,
      let name = signer.subject.text(.RDNAttributeType.commonName),
      (try? CertificateReading(der: signature.signer))?.hasSigned(
        Data(signature.source.utf8), signature: signature.signature) == true
    else { throw forged }
    return name
  }
}

extension DistinguishedName {
  /// The first text of this kind.
  func text(_ kind: ASN1ObjectIdentifier) -> String? {
    for names in self {
      for attribute in names where attribute.type == kind { return String(attribute.value) }
    }
    return nil
  }
}
