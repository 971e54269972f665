import Foundation
import NIOCore
import NIOSSL
import Testing

@testable import AtollWire

@Suite struct `A proxy` {
  @Test func `is read from its address, and never shows its password`() throws {
    let proxy = try #require(Proxy("http://olav:p%40ss@proxy.hospital.example:3128/"))
    #expect((proxy.host, proxy.port) == ("proxy.hospital.example", 3128))
    #expect(proxy.credentials == "olav:p@ss")
    #expect("\(proxy)" == "http://proxy.hospital.example:3128")
    #expect(Proxy("10.0.0.1:8080")?.port == 8080)
    #expect(Proxy("http://[::1]:8080")?.host == "::1")
  }

  @Test(arguments: [
    "", "proxy", "http://proxy", "https://proxy:8080", "socks5://proxy:1080", "proxy:0", "proxy:70000",
    "user@proxy:80", "a:b%0d%0aX@proxy:80", "a:%4@proxy:80",
  ])
  func `is nothing else`(text: String) { #expect(Proxy(text) == nil) }

  @Test(arguments: [
    ("fl.north.example", "", true), ("fl.north.example", "other.example, 10.0.0.1", true),
    ("fl.north.example", "north.example", false), ("fl.north.example", ".north.example", false),
    ("fl.north.example", "fl.north.example:7443", false), ("fl.north.example", "fl.north.example:80", true),
    ("fl.north.example", "*", false), ("notnorth.example", "north.example", true),
    ("10.0.0.1", "10.0.0.1", false),
    ("10.0.0.1", "0.1", true), ("localhost", "", false), ("127.0.0.1", "", false),
  ])
  func `of the environment is for these servers`(host: String, exceptions: String, isUsed: Bool) throws {
    let environment = ["HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": exceptions]
    let server = ServerAddress(host: host)
    #expect(
      try ProxyChoice.environment.proxy(to: server, in: environment) == (isUsed ? Proxy("proxy:3128") : nil))
    #expect(try ProxyChoice.none.proxy(to: server, in: environment) == nil)
    #expect(try ProxyChoice.through(Proxy("other:1")!).proxy(to: server, in: environment) == Proxy("other:1"))
  }

  @Test func `of the environment that is none is said`() {
    #expect(throws: WireError.self) {
      try ProxyChoice.environment.proxy(
        to: ServerAddress(host: "fl.north.example"), in: ["https_proxy": "socks5://secret@proxy:1"])
    }
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\n\r\n", ProxyAnswer.status(200, "OK")),
    ("HTTP/1.1 200\r\nA: b\r\n\r\n", .status(200, "")),
    ("HTTP/1.0 407 Who \u{1B}[31mare you\r\n\r\n", .status(407, "Who [31mare you")),
    ("HTTP/1.1 200 OK\r\n", .incomplete),
    ("SSH-2.0-x\r\n\r\n", .malformed), ("HTTP/1.1 20 OK\r\n\r\n", .malformed),
    ("HTTP/1.1 999 OK\r\n\r\n", .malformed),
    ("HTTP/1.1 +20 OK\r\n\r\n", .malformed), (String(repeating: "x", count: 16 << 10), .malformed),
  ])
  func `answers in these ways`(text: String, expected: ProxyAnswer) {
    var buffer = ByteBuffer(string: text + (expected == .incomplete ? "" : "rest"))
    #expect(ProxyAnswer(&buffer) == expected)
    if case .status = expected { #expect(String(buffer: buffer) == "rest", "what follows is the server's") }
  }
}

/// What is wrong with a server's certificate, in words.
@Suite struct `A server's certificate` {
  private static let names = ["localhost", "10.0.0.1"]

  private func fault(
    calling host: String = "localhost", made now: Date = .now, by other: Authority? = nil
  ) async throws -> WireError? {
    let authority = try Authority(named: "test", now: .now.addingTimeInterval(-900 * Authority.Validity.day))
    let certificate = try (other ?? authority).certify(serverKey: IdentityKey(), names: Self.names, now: now)
    return try await ServerCheck(ServerAddress(host: host), authority: authority.certificate)
      .fault(of: [NIOSSLCertificate(bytes: Array(certificate.der), format: .der)])
  }

  @Test func `is good for its names and addresses`() async throws {
    #expect(try await fault() == nil)
    #expect(try await fault(calling: "10.0.0.1") == nil)
  }

  @Test func `for another name names those that it is for`() async throws {
    for host in ["fl.north.example", "10.0.0.2", "::1"] {
      let error = try #require(try await fault(calling: host))
      #expect(error.code == .untrusted)
      #expect(
        error.message.contains("shows a certificate for localhost, 10.0.0.1, and was called by another name"))
    }
  }

  @Test func `that is not good yet, or no more, is told with both clocks`() async throws {
    let year = 365 * Authority.Validity.day
    let early = try #require(try await fault(made: .now.addingTimeInterval(year)))
    #expect(early.message.contains("is good from") && early.message.contains("this machine's clock says"))
    let late = try #require(try await fault(made: .now.addingTimeInterval(-2 * year)))
    #expect(late.message.contains("was good until") && late.message.contains("this machine's clock says"))
    #expect([early.code, late.code] == [.untrusted, .untrusted])
  }

  @Test func `of another authority, or a member's, is no server's`() async throws {
    let error = try #require(try await fault(by: Authority(named: "test")))
    #expect(error.message.contains("is not of this federation's authority"))
    let authority = try Authority(named: "test")
    let member = try authority.certify(IdentityKey().signingRequest(), named: "localhost", role: .participant)
    let check = try ServerCheck(ServerAddress(host: "localhost"), authority: authority.certificate)
    #expect(try await check.fault(of: [NIOSSLCertificate(bytes: Array(member.der), format: .der)]) != nil)
  }
}

/// Whose task it is.
@Suite struct `A task's signature` {
  @Test func `is an operator's of the federation, or nobody's`() throws {
    let authority = try Authority(named: "test")
    func member(_ role: Role, of authority: Authority) throws -> Identity {
      let key = IdentityKey()
      let certificate = try authority.certify(key.signingRequest(), named: "north", role: role)
      return Identity(
        name: "north", role: role, server: ServerAddress(host: "localhost"), key: key,
        certificate: certificate.der, authority: authority.certificate)
    }
    func signature(_ signer: Identity) throws -> TaskSignature {
      TaskSignature(
        source: "task: x", signature: try signer.sign(Data("task: x".utf8)), signer: signer.certificateDER)
    }
    let reader = try member(.participant, of: authority)
    #expect(try reader.signer(of: signature(member(.operator, of: authority))) == "north")
    #expect(throws: WireError.self) { try reader.signer(of: signature(reader)) }
    let stranger = try member(.operator, of: Authority(named: "test"))
    #expect(throws: WireError.self) { try reader.signer(of: signature(stranger)) }
    var changed = try signature(member(.operator, of: authority))
    changed.source = "task: y"
    #expect(throws: WireError.self) { try reader.signer(of: changed) }
  }
}
