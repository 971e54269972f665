public import AtollServer
public import AtollWire
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A server's pages: runs, participants, the audit log, and what monitoring asks for.
///
/// Over TLS with a certificate of the federation's authority, but on loopback, where it is plain HTTP.
public struct Dashboard: Sendable {
  /// How pages are served.
  public struct Options: Sendable {
    /// Where to listen; port 0 takes one that is free.
    public var listen: ServerAddress
    /// Whether another port is taken where that one is not free.
    public var takesAnyPort: Bool
    /// Names and addresses under which it is reached, for its certificate.
    public var names: [String]
    /// A token with which the figures may be collected without signing in.
    public var metricsToken: String?
    /// What runs, for the figures.
    public var build: BuildInfo

    public init(
      listen: ServerAddress, takesAnyPort: Bool = false, names: [String] = [], metricsToken: String? = nil,
      build: BuildInfo
    ) {
      self.listen = listen
      self.takesAnyPort = takesAnyPort
      self.names = names
      self.metricsToken = metricsToken
      self.build = build
    }
  }

  private let view: ServerView
  private let options: Options

  /// Pages of a server; they are there once ``run(started:)`` is called.
  public init(_ view: ServerView, _ options: Options) {
    self.view = view
    self.options = options
    _ = ProcessFigures.start
  }

  /// Serves until the task is cancelled.
  ///
  /// - Parameter started: told the address once it listens: `http://127.0.0.1:7480`.
  /// - Throws: `WireError` with code `.tryLater` when the address cannot be listened at.
  public func run(started: @escaping @Sendable (String) -> Void) async throws {
    do {
      try await serve(at: options.listen, started)
    } catch let error as IOError where options.takesAnyPort && error.errnoCode == EADDRINUSE {
      try await listening { try await serve(at: ServerAddress(host: options.listen.host, port: 0), started) }
    } catch let error as IOError {
      throw cannotListen(error)
    }
  }

  private func listening(_ body: () async throws -> Void) async throws {
    do { try await body() } catch let error as IOError { throw cannotListen(error) }
  }

  private func cannotListen(_ error: IOError) -> WireError {
    let isTaken = error.errnoCode == EADDRINUSE
    return WireError(
      .tryLater,
      "\(options.listen) cannot be listened at: \(isTaken ? "another program has the port" : "\(error)")",
      hint: "--dashboard with another port, or --dashboard none")
  }

  private func serve(at address: ServerAddress, _ started: @escaping @Sendable (String) -> Void) async throws
  {
    let isSecure = !address.isLoopback
    let site = Site(view, build: options.build, metricsToken: options.metricsToken, isSecure: isSecure)
    let quiet = Logger(label: "atoll.dashboard") { _ in SwiftLogNoOpLogHandler() }
    var limits = HTTP1Channel.Configuration.DecoderConfiguration()
    limits.maxHeaderFieldSize = DashboardLimits.headerBytes
    limits.maxHeaderListSize = 2 * DashboardLimits.headerBytes
    limits.maxHeaderFieldCount = DashboardLimits.headers
    let plain = HTTPServerBuilder.http1(
      configuration: HTTP1Channel.Configuration(
        idleTimeout: .seconds(Int64(DashboardLimits.idle)), httpDecoderConfiguration: limits))
    let application = Application(
      responder: CallbackResponder<Visitor> { request, visitor in await site.respond(to: request, visitor) },
      server: isSecure ? try .tls(plain, tlsConfiguration: certificate()) : plain,
      configuration: ApplicationConfiguration(
        address: .hostname(address.host, port: address.port),
        availableConnectionsDelegate: MaximumAvailableConnections(DashboardLimits.connections, logger: quiet)),
      onServerRunning: { channel in
        let port = channel.localAddress?.port ?? address.port
        site.listens(at: port)
        let host = address.isWildcard ? options.names.first ?? "localhost" : address.host
        started((isSecure ? "https://" : "http://") + "\(ServerAddress(host: host, port: port))")
      }, logger: quiet)
    try await application.run()
  }

  private func certificate() throws -> TLSConfiguration {
    let made = try view.pageCertificate(for: options.names.isEmpty ? ["localhost"] : options.names)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: [
        .certificate(try NIOSSLCertificate(bytes: Array(made.certificate), format: .der))
      ],
      privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(made.keyPEM.utf8), format: .pem)))
    configuration.minimumTLSVersion = .tlsv13
    return configuration
  }
}
