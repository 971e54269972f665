package import FoundationEssentials
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import NIOCore
import NIOSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A server at its port: gRPC on TLS 1.3, for callers with a certificate of the federation's authority.
package struct WireServer: Sendable {
  private let server: GRPCServer<HTTP2ServerTransport.Posix>
  private let transport: HTTP2ServerTransport.Posix
  private let address: ServerAddress
  let doorkeeper: Doorkeeper

  /// - Parameters:
  ///   - address: where to listen; port 0 takes any that is free.
  ///   - key: the server's key.
  ///   - certificate: that of the server, in DER.
  ///   - authority: that of the federation's authority, in DER.
  package init(
    at address: ServerAddress, key: IdentityKey, certificate: Data, authority: Data,
    service: any FederationService
  ) {
    self.init(
      at: address, key: key, certificate: certificate, authority: authority, service: service,
      limits: Doorkeeper.Limits())
  }

  /// The same with bounds of one's own.
  init(
    at address: ServerAddress, key: IdentityKey, certificate: Data, authority: Data,
    service: any FederationService, limits: Doorkeeper.Limits
  ) {
    self.address = address
    let doorkeeper = Doorkeeper(limits)
    self.doorkeeper = doorkeeper
    let security = HTTP2ServerTransport.Posix.TransportSecurity.mTLS(
      certificateChain: [.bytes(Array(certificate), format: .der)],
      privateKey: .bytes(Array(key.pem.utf8), format: .pem)
    ) {
      $0.trustRoots = .certificates([.bytes(Array(authority), format: .der)])
      // Members are told by their certificate, and have no host names.
      $0.clientCertificateVerification = .noHostnameVerification
      $0.requireALPN = true
    }
    let config = HTTP2ServerTransport.Posix.Config.defaults {
      $0.http2.targetWindowSize = WireLimits.windowBytes
      $0.http2.maxFrameSize = WireLimits.frameBytes
      $0.http2.maxConcurrentStreams = WireLimits.streams
      $0.rpc.maxRequestPayloadSize = WireLimits.messageBytes
      // Who is in and calls nothing goes.
      $0.connection.maxIdleTime = WireLimits.idleConnection
      // Batching costs a millisecond for each message that stands alone, and messages are few.
      $0.connection.flushCoalescing = nil
      $0.channelDebuggingCallbacks.onAcceptTCPConnection = { channel in
        channel.eventLoop.submit {
          let pipeline = channel.pipeline.syncOperations
          let tls = try pipeline.handler(type: NIOSSLServerHandler.self)
          try pipeline.addHandler(Visitor(doorkeeper), position: .after(tls))
        }
      }
    }
    let socket: GRPCNIOTransportCore.SocketAddress =
      address.host.contains(":")
      ? .ipv6(host: address.host, port: address.port) : .ipv4(host: address.host, port: address.port)
    transport = HTTP2ServerTransport.Posix(address: socket, transportSecurity: security, config: config)
    server = GRPCServer(
      transport: transport,
      services: [
        EnrolmentService(service: service), ParticipationService(service: service),
        ControlService(service: service),
      ])
  }

  /// Serves until it is stopped.
  ///
  /// - Throws: ``WireError`` with code `.tryLater` when the port is taken.
  package func run() async throws {
    raiseFileLimit()
    do {
      try await server.serve()
    } catch let error as RuntimeError {
      throw cannotListen(error.cause ?? error)
    } catch let error as IOError {
      throw cannotListen(error)
    }
  }

  private func cannotListen(_ error: any Error) -> WireError {
    let isTaken = (error as? IOError)?.errnoCode == EADDRINUSE
    return WireError(
      .tryLater, "\(address) cannot be listened at: \(isTaken ? "another program has the port" : "\(error)")",
      hint: "--listen with another port")
  }

  /// The port that is listened at, once it is.
  package var port: Int {
    get async throws {
      let address = try await transport.listeningAddress
      return address.ipv4?.port ?? address.ipv6?.port ?? 0
    }
  }

  /// Ends the service: no new calls; those that go on are given a little time by whoever runs it.
  package func stop() { server.beginGracefulShutdown() }
}

/// A connection takes a file's number, and systems give a process few unless it asks.
private func raiseFileLimit() {
  var limit = rlimit()
  #if canImport(Glibc)
    let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  #else
    let files = RLIMIT_NOFILE
  #endif
  guard getrlimit(files, &limit) == 0 else { return }
  limit.rlim_cur = min(limit.rlim_max, rlim_t(WireLimits.files))
  // Where it is refused, fewer can connect at a time.
  _ = setrlimit(files, &limit)
}
