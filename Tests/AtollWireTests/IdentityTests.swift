import AtollNumerics
import Foundation
import Testing

@testable import AtollWire

@Suite struct `An identity` {
  @Test func `is made by a key that stays, and a certificate of the authority`() throws {
    // [Server] makes the authority, once.
    let authority = try Authority(named: "North")
    let again = try Authority(certificate: authority.certificate, key: authority.keyPEM)
    #expect(again.fingerprint == authority.fingerprint)
    // [Participant] makes a key and asks.
    let key = IdentityKey()
    let request = try key.signingRequest()
    // [Server -> Participant] certifies it.
    let issued = try authority.certify(request, named: "st-olav", role: .participant)
    let reading = try CertificateReading(der: issued.der)
    #expect(reading.belongs(to: key))
    #expect(!reading.belongs(to: IdentityKey()))
    #expect(reading.notBefore < .now && reading.notAfter > .now)
    // A signature by the key is known by the certificate.
    let text = Data("task: x".utf8)
    let signature = try key.sign(text)
    #expect(reading.hasSigned(text, signature: signature))
    #expect(!reading.hasSigned(Data("task: y".utf8), signature: signature))
    #expect(!reading.hasSigned(text, signature: Data([1, 2, 3])))
  }

  @Test func `is not certified for a request that another key signed, or for noise`() throws {
    let authority = try Authority(named: "North")
    var request = try IdentityKey().signingRequest()
    request[request.count - 5] ^= 1
    for wrong in [request, Data(), Data(repeating: 0x30, count: 400), Data(count: 1 << 20)] {
      let error = #expect(throws: WireError.self) {
        _ = try authority.certify(wrong, named: "x", role: .viewer)
      }
      #expect(error?.code == .refused)
    }
  }

  @Test func `is kept in a folder whose key only its owner may read`() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/atoll-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let authority = try Authority(named: "North")
    let key = IdentityKey()
    let issued = try authority.certify(key.signingRequest(), named: "st-olav", role: .operator)
    let identity = Identity(
      name: "st-olav", role: .operator, server: ServerAddress(host: "::1", port: 9), key: key,
      certificate: issued.der, authority: authority.certificate)
    try identity.write(to: folder)
    let read = try Identity(contentsOf: folder)
    #expect(read.name == "st-olav" && read.role == .operator && read.server == identity.server)
    #expect(read.certificateDER == issued.der)
    #expect(read.federation == authority.fingerprint)
    let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/key.pem")
    #expect((attributes[.posixPermissions] as? Int) == 0o600)
    // A certificate of another key is found out.
    let other = try authority.certify(IdentityKey().signingRequest(), named: "x", role: .operator)
    try PEM.text(of: other.der).write(
      toFile: folder + "/certificate.pem", atomically: true, encoding: .utf8)
    #expect(throws: WireError.self) { try Identity(contentsOf: folder) }
  }

  @Test func `comes of an invitation that reads back, whatever stands around it`() throws {
    let authority = try Authority(named: "North")
    let expires = Date(timeIntervalSince1970: 1_900_000_000)
    let made = try authority.certifyInvitation(named: "st-olav", until: expires)
    let invitation = Invitation(
      name: "st-olav", role: .viewer, expires: expires, key: made.key, certificate: made.certificate.der,
      authority: authority.certificate)
    let read = try Invitation("From: the operator\r\n\r\n" + invitation.text + "\nregards\n")
    #expect(read.name == "st-olav" && read.role == .viewer && read.expires == expires)
    #expect(read.federation == authority.fingerprint)
    #expect(read.certificate == made.certificate.der)
    for wrong in ["", "-----BEGIN ATOLL INVITATION-----\nQUJD\n-----END ATOLL INVITATION-----\n"] {
      let error = #expect(throws: WireError.self) { try Invitation(wrong) }
      #expect(error?.code == .invalid)
    }
    // A time that no calendar has is not passed on to what reckons with it.
    let late = Invitation(
      name: "st-olav", role: .viewer, expires: Date(timeIntervalSince1970: 253_402_300_800), key: made.key,
      certificate: made.certificate.der, authority: authority.certificate)
    #expect(throws: WireError.self) { try Invitation(late.text) }
  }
}
