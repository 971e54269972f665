import AtollFederation
import AtollNumerics
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

@testable import AtollServer
@testable import AtollWire

/// What strangers, and members who do not behave, can hold at the port.
@Suite(.serialized, .timeLimit(.minutes(2))) struct `At the port` {
  /// Runs a server with these bounds while `body` does something.
  private func withPort(
    _ limits: Doorkeeper.Limits,
    _ body: @escaping @Sendable (Int, Doorkeeper, Identity) async throws -> Void
  ) async throws {
    let folder = try TestFolder()
    let state = try ServerState(in: folder.path + "/server", creating: true)
    let coordinator = try Coordinator(state)
    let key = IdentityKey()
    let certificate = try state.authority.certify(serverKey: key, names: ["localhost", "127.0.0.1"])
    let wire = WireServer(
      at: ServerAddress(host: "127.0.0.1", port: 0), key: key, certificate: certificate.der,
      authority: state.authority.certificate, service: coordinator, limits: limits)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await wire.run()
        return false
      }
      group.addTask {
        let port = try await wire.port
        let identity = try state.operatorIdentity(at: ServerAddress(host: "localhost", port: port))
        try await body(port, wire.doorkeeper, identity)
        return true
      }
      while let isBody = try await group.next(), !isBody {}
      wire.stop()
      group.cancelAll()
    }
  }

  @Test func `whoever does not finish the handshake is turned away in time`() async throws {
    var limits = Doorkeeper.Limits()
    limits.patience = .milliseconds(300)
    try await withPort(limits) { port, _, identity in
      for bytes in [[], [0x16, 3, 1], Array("GET / HTTP/1.1\r\n\r\n".utf8)] as [[UInt8]] {
        let peer = try await Peer(port)
        try await peer.send(bytes)
        #expect(await peer.isClosed(within: .seconds(5)))
      }
      #expect(try await WireClient(identity).runs().isEmpty)
    }
  }

  @Test func `a member who does not begin to speak is turned away in time`() async throws {
    var limits = Doorkeeper.Limits()
    limits.patience = .milliseconds(300)
    try await withPort(limits) { port, doorkeeper, identity in
      for bytes in ["", "PRI * HTTP/2.0\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let peer = try await Peer(port, as: identity)
        try await peer.send(Array(bytes.utf8))
        #expect(await peer.isClosed(within: .seconds(5)))
      }
      #expect(try await WireClient(identity).runs().isEmpty)
      #expect(doorkeeper.members <= 1)
    }
  }

  @Test func `the stranger who has waited longest makes room`() async throws {
    var limits = Doorkeeper.Limits()
    limits.strangers = 8
    limits.patience = .seconds(60)
    try await withPort(limits) { port, doorkeeper, identity in
      var peers: [Peer] = []
      for _ in 0..<20 { peers.append(try await Peer(port)) }
      for peer in peers.prefix(12) { #expect(await peer.isClosed(within: .seconds(5))) }
      #expect(doorkeeper.turnedAway == 12)
      // A member comes in between.
      #expect(try await WireClient(identity).runs().isEmpty)
      for peer in peers { await peer.close() }
    }
  }

  @Test func `a stranger's certificate and garbage do not come in`() async throws {
    try await withPort(Doorkeeper.Limits()) { port, doorkeeper, identity in
      let other = try Authority(named: "another federation")
      let key = IdentityKey()
      let certificate = try other.certify(key.signingRequest(), named: "operator", role: .operator)
      let thief = Identity(
        name: "operator", role: .operator, server: identity.server, key: key, certificate: certificate.der,
        authority: identity.authority)
      await #expect(throws: WireError.self) { try await WireClient(thief).runs() }
      var coins = RandomStream(seed: 1, purpose: .sample)
      for _ in 0..<50 {
        let peer = try await Peer(port)
        try await peer.send((0..<200).map { _ in UInt8(coins.below(256)) })
        #expect(await peer.isClosed(within: .seconds(15)))
      }
      // HTTP/2 that is none, from a member.
      for _ in 0..<20 {
        let peer = try await Peer(port, as: identity)
        try await peer.send(
          Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + (0..<200).map { _ in UInt8(coins.below(256)) })
        #expect(await peer.isClosed(within: .seconds(15)))
      }
      #expect(try await WireClient(identity).runs().isEmpty)
      #expect(doorkeeper.members <= 1)
    }
  }
}

/// A peer that does as it likes.
private final class Peer: Sendable {
  private let channel: any Channel

  /// - Parameter identity: nil for who speaks no TLS.
  init(_ port: Int, as identity: Identity? = nil) async throws {
    channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard let identity else { return }
          var configuration = TLSConfiguration.makeClientConfiguration()
          configuration.certificateVerification = .none
          configuration.applicationProtocols = ["h2"]
          configuration.certificateChain = [
            .certificate(try NIOSSLCertificate(bytes: Array(identity.certificate), format: .der))
          ]
          configuration.privateKey = .privateKey(
            try NIOSSLPrivateKey(bytes: Array(identity.key.pem.utf8), format: .pem))
          try channel.pipeline.syncOperations.addHandler(
            NIOSSLClientHandler(context: NIOSSLContext(configuration: configuration), serverHostname: nil))
        }
      }.connect(host: "127.0.0.1", port: port).get()
  }

  func send(_ bytes: [UInt8]) async throws {
    guard !bytes.isEmpty else { return }
    // Where the server has closed already, that is what is to be seen.
    try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
  }

  func close() async { try? await channel.close().get() }

  /// Whether the server ends the connection.
  func isClosed(within time: Duration) async -> Bool {
    await withTaskGroup(of: Bool.self) { group in
      group.addTask { [channel] in
        // Broken is as good as ended.
        try? await channel.closeFuture.get()
        return true
      }
      group.addTask {
        // Cancelled when it is closed.
        try? await Task.sleep(for: time)
        return false
      }
      defer { group.cancelAll() }
      let isClosed = await group.next() ?? false
      if !isClosed { await close() }
      return isClosed
    }
  }
}
