import AtollFederation
import AtollNumerics
import AtollStore
public import AtollWire
import FoundationEssentials

/// What a server keeps in its folder, for whoever works on that machine: `atoll serve` and `atoll invite`.
public struct ServerState: Sendable {
  let store: ServerStore
  let authority: Authority

  /// How long an invitation can be used, where nothing else is said.
  public static let invitationDays = 7

  /// Opens a server's folder.
  ///
  /// - Parameters:
  ///   - path: the folder.
  ///   - creating: whether a folder without a server becomes one; else it is an error.
  /// - Throws: `StoreError`, `WireError`.
  public init(in path: String, creating: Bool) throws {
    let files = FileManager.default
    if !creating, !files.fileExists(atPath: path + "/atoll.sqlite") {
      throw StoreError(.notFound, path: path, "there is no server's state here; atoll serve --state makes it")
    }
    store = try ServerStore(in: path)
    authority = try Self.authority(in: path + "/authority")
  }

  private static func authority(in folder: String) throws -> Authority {
    let files = FileManager.default
    if let key = files.contents(atPath: folder + "/key.pem"),
      let text = files.contents(atPath: folder + "/certificate.pem"),
      let certificate = PEM.certificate(in: String(decoding: text, as: UTF8.self))
    {
      return try Authority(certificate: certificate, key: String(decoding: key, as: UTF8.self))
    }
    let authority = try Authority(named: "Atoll federation")
    try authority.write(to: folder)
    return authority
  }

  /// An invitation for one enrolment.
  ///
  /// - Parameters:
  ///   - name: the name that the new identity has.
  ///   - role: what it may do.
  ///   - days: how long the invitation can be used.
  /// - Throws: `WireError` with code `.refused` when somebody has that name.
  public func invite(_ name: String, as role: Role, days: Int = invitationDays) throws -> Invitation {
    guard ParticipantID(name) != nil else {
      throw WireError(
        .invalid, "“\(name)” cannot be a name: 1 to 128 bytes without slashes and control characters")
    }
    let expires = Date.now.addingTimeInterval(Double(days) * Authority.Validity.day)
    // The certificate outlives the invitation a little, so that the server can say what is wrong.
    let made = try authority.certifyInvitation(
      named: name, until: expires.addingTimeInterval(7 * Authority.Validity.day))
    try store.keep(
      invitation: made.certificate.fingerprint, name: name, role: role, expires: expires, actor: "server")
    return Invitation(
      name: name, role: role, expires: expires, key: made.key, certificate: made.certificate.der,
      authority: authority.certificate)
  }

  /// Everyone the server knows, by name; one entry for each certificate.
  ///
  /// - Throws: `StoreError`.
  public func members() throws -> [Member] { try store.members() }

  /// Ends every certificate of a name: whoever shows one is turned away, also who is connected, with its next answer.
  ///
  /// - Throws: `WireError` with code `.refused` when nobody has that name; `StoreError`.
  public func revoke(_ name: String) throws {
    guard try store.revoke(name, actor: "server") > 0 else {
      throw WireError(.refused, "nobody here is called “\(name)”, or not any more", hint: "atoll members")
    }
  }

  /// The identity of the operator that a first start makes, at the server's present address.
  func operatorIdentity(at address: ServerAddress) throws -> Identity {
    let folder = store.path + "/operator"
    if Identity.exists(in: folder) {
      let identity = try Identity(contentsOf: folder)
      guard identity.server != address else { return identity }
      let moved = identity.moved(to: address)
      try moved.write(to: folder)
      return moved
    }
    let key = try Identity.key(in: folder) ?? IdentityKey()
    try Identity.write(key: key, to: folder)
    let request = try key.signingRequest()
    let certificate = try authority.certify(request, named: "operator", role: .operator)
    try store.keep(
      certificate, name: "operator", role: .operator, key: keyFingerprint(ofRequest: request) ?? .ofNothing,
      invitation: nil)
    let identity = Identity(
      name: "operator", role: .operator, server: address, key: key, certificate: certificate.der,
      authority: authority.certificate)
    try identity.write(to: folder)
    return identity
  }
}
