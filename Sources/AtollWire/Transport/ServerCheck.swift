import FoundationEssentials
import NIOSSL
import SwiftASN1
import X509

/// Judges the certificate that a server shows, and says in words what is wrong with it.
struct ServerCheck: Sendable {
  private let server: ServerAddress
  private let authority: Certificate

  /// - Throws: ``WireError`` with code `.invalid` when the authority's certificate is damaged.
  init(_ server: ServerAddress, authority: Data) throws(WireError) {
    guard let read = try? Certificate(derEncoded: Array(authority)) else {
      throw WireError(.invalid, "the authority's certificate is damaged")
    }
    self.server = server
    self.authority = read
  }

  /// What is wrong; nil when the server is the one that was called.
  func fault(of presented: [NIOSSLCertificate]) async -> WireError? {
    guard let first = presented.first, let der = try? first.toDERBytes(),
      der.count <= WireLimits.certificateBytes,
      let leaf = try? Certificate(derEncoded: der)
    else { return untrusted("shows no certificate that can be read") }
    let address = IPAddress(server.host)
    var verifier = Verifier(rootCertificates: CertificateStore([authority])) {
      RFC5280Policy()
      ServerIdentityPolicy(
        serverHostname: address == nil ? server.host : nil, serverIP: address == nil ? nil : server.host)
    }
    let verdict = await verifier.validate(leaf: leaf, intermediates: CertificateStore())
    guard case .validCertificate = verdict else { return explanation(of: leaf) }
    guard let usage = try? leaf.extensions.extendedKeyUsage, usage.contains(.serverAuth) else {
      return untrusted("shows a certificate that is not a server's")
    }
    return nil
  }

  /// In the order in which a person would look.
  private func explanation(of leaf: Certificate) -> WireError {
    guard authority.publicKey.isValidSignature(leaf.signature, for: leaf) else {
      return untrusted("shows a certificate that is not of this federation's authority")
    }
    if let fault = Self.clockFault(leaf, shownBy: "\(server) shows a certificate that") { return fault }
    let names = (try? leaf.extensions.subjectAlternativeNames).map { $0.compactMap(\.host) } ?? []
    return untrusted(
      "shows a certificate for \(names.isEmpty ? "no name" : names.joined(separator: ", ")), and was called by another name"
    )
  }

  private func untrusted(_ what: String) -> WireError { WireError(.untrusted, "\(server) \(what)") }

  /// Whether a certificate is good now, by this machine's clock.
  ///
  /// - Parameter subject: begins the sentence.
  static func clockFault(_ certificate: Certificate, shownBy subject: String, now: Date = .now) -> WireError?
  {
    let clock = "this machine's clock says \(now.formatted(.iso8601))"
    if now < certificate.notValidBefore {
      return WireError(
        .untrusted,
        "\(subject) is good from \(certificate.notValidBefore.formatted(.iso8601)) on by the server's clock, and \(clock): one of the two is wrong",
        hint: "the right time on this machine")
    }
    if now > certificate.notValidAfter {
      return WireError(
        .untrusted,
        "\(subject) was good until \(certificate.notValidAfter.formatted(.iso8601)) by the server's clock, and \(clock): it has expired, or one of the two is wrong"
      )
    }
    return nil
  }
}

extension GeneralName {
  /// A name or an address of a host, as it is written.
  fileprivate var host: String? {
    switch self {
    case .dnsName(let name): name
    case .ipAddress(let bytes) where bytes.bytes.count == 4:
      bytes.bytes.map { "\($0)" }.joined(separator: ".")
    case .ipAddress: "an IPv6 address"
    default: nil
    }
  }
}
