public import AtollWire
import FoundationEssentials

/// How a data owner, an operator or a viewer comes into a federation.
public enum Enrolment {
  /// Makes a key here, has it certified by the server, and writes the identity's folder.
  ///
  /// Done again after it broke off, with the same invitation and folder, it goes on where it was: the key is made once.
  ///
  /// - Parameters:
  ///   - invitation: the operator's.
  ///   - server: where the server is reached.
  ///   - folder: the identity's; new, or of an enrolment that broke off.
  ///   - proxy: how it is reached.
  /// - Throws: `WireError`.
  @discardableResult
  public static func enroll(
    _ invitation: Invitation, at server: ServerAddress, folder: String, proxy: ProxyChoice = .environment
  ) async throws -> Identity {
    guard !Identity.exists(in: folder) else {
      throw WireError(.invalid, "\(folder): there is an identity here already", hint: "another --identity")
    }
    guard invitation.expires > .now else {
      throw WireError(
        .refused, "the invitation for \(invitation.name) has expired", hint: "a new one from the operator")
    }
    let key = try Identity.key(in: folder) ?? IdentityKey()
    // Before it is certified, so that what is lost on the way can be asked for again.
    try Identity.write(key: key, to: folder)
    let issued = try await WireClient(invitation, at: server, proxy: proxy).enroll(key.signingRequest())
    guard issued.authority == invitation.authorityDER,
      try CertificateReading(der: issued.certificate).belongs(to: key)
    else { throw WireError(.untrusted, "the server's certificate is not for this key or this federation") }
    let identity = Identity(
      name: invitation.name, role: invitation.role, server: server, key: key,
      certificate: issued.certificate, authority: issued.authority)
    try identity.write(to: folder)
    return identity
  }
}
