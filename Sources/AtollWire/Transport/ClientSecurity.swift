import FoundationEssentials
import NIOCore
import NIOSSL
import NIOTLS

/// What stands between a new connection and the first byte of gRPC: the proxy's tunnel where there is one, then TLS 1.3
/// with certificates on both sides, each with a deadline and words for what goes wrong.
struct ClientSecurity: Sendable {
  private let server: ServerAddress
  private let proxy: Proxy?
  private let check: ServerCheck
  private let context: NIOSSLContext
  private let fault: ConnectionFault

  /// - Throws: ``WireError`` with code `.invalid` when a key or a certificate is damaged.
  init(
    to server: ServerAddress, through proxy: Proxy?, key: IdentityKey, certificate: Data, authority: Data,
    fault: ConnectionFault
  ) throws {
    self.server = server
    self.proxy = proxy
    self.fault = fault
    check = try ServerCheck(server, authority: authority)
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv13
    configuration.applicationProtocols = ["h2"]
    do {
      configuration.certificateChain = [
        .certificate(try NIOSSLCertificate(bytes: Array(certificate), format: .der))
      ]
      configuration.privateKey = .privateKey(
        try NIOSSLPrivateKey(bytes: Array(key.pem.utf8), format: .pem))
      configuration.trustRoots = .certificates([
        try NIOSSLCertificate(bytes: Array(authority), format: .der)
      ])
      configuration.certificateVerification = .fullVerification
      context = try NIOSSLContext(configuration: configuration)
    } catch {
      throw WireError(.invalid, "the identity's key or certificate cannot be used: \(error)")
    }
  }

  /// Puts its handlers before all others. To be called on the channel's event loop.
  func protect(_ channel: any Channel) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      let (check, fault) = (check, fault)
      let tls = try NIOSSLClientHandler(
        context: context, serverHostname: IPAddress(server.host) == nil ? server.host : nil,
        customVerificationCallbackWithMetadata: { presented, promise in
          promise.completeWithTask {
            guard let found = await check.fault(of: presented) else {
              return .certificateVerified(VerificationMetadata(nil))
            }
            fault.note(found)
            return .failed
          }
        })
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(HandshakeDeadline(server, fault), position: .first)
      try pipeline.addHandler(tls, position: .first)
      if let proxy {
        try pipeline.addHandler(ProxyTunnel(to: server, through: proxy, fault), position: .first)
      }
    }
  }
}

/// Ends a connection whose TLS handshake takes too long: a peer that accepts and then says nothing.
private final class HandshakeDeadline: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let server: ServerAddress
  private let fault: ConnectionFault
  private var deadline: Scheduled<Void>?

  init(_ server: ServerAddress, _ fault: ConnectionFault) {
    self.server = server
    self.fault = fault
  }

  // The channel may be connected through a proxy first, which has a deadline of its own before this one.
  func handlerAdded(context: ChannelHandlerContext) {
    deadline = fault.closing(
      context.channel, after: WireLimits.callTimeout, saying: "\(server) did not complete the TLS handshake")
  }

  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted? = event as? TLSUserEvent { deadline?.cancel() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    context.fireChannelInactive()
  }
}
