import AtollNumerics
package import FoundationEssentials
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import SwiftASN1
import SwiftProtobuf
import X509

/// The way to a server, for one identity.
package struct WireClient: Sendable {
  package let server: ServerAddress
  private let key: IdentityKey
  private let certificate: Data
  private let authority: Data
  private let proxy: ProxyChoice

  /// - Parameters:
  ///   - identity: who calls.
  ///   - server: nil for the identity's own.
  ///   - proxy: how it is reached.
  package init(_ identity: Identity, at server: ServerAddress? = nil, proxy: ProxyChoice = .environment) {
    self.server = server ?? identity.server
    self.proxy = proxy
    (key, certificate, authority) = (identity.key, identity.certificate, identity.authority)
  }

  /// For who has only an invitation.
  package init(_ invitation: Invitation, at server: ServerAddress, proxy: ProxyChoice = .environment) {
    self.server = server
    self.proxy = proxy
    (key, certificate, authority) = (invitation.key, invitation.certificate, invitation.authority)
  }

  // MARK: Calls

  /// A certificate for a key.
  ///
  /// - Throws: ``WireError``.
  package func enroll(_ signingRequest: Data) async throws -> (certificate: Data, authority: Data) {
    let answer = try await calling { client in
      try await Atoll_V1_Enrolment.Client(wrapping: client).enroll(
        .with {
          $0.protocol = WireLimits.protocolVersion
          $0.signingRequest = signingRequest
        }, options: Self.options)
    }
    return (answer.certificate, answer.authority)
  }

  /// A new certificate for the same name.
  ///
  /// - Throws: ``WireError``.
  package func renew(_ signingRequest: Data) async throws -> (certificate: Data, authority: Data) {
    let answer = try await calling { client in
      try await Atoll_V1_Participation.Client(wrapping: client).renew(
        .with {
          $0.protocol = WireLimits.protocolVersion
          $0.signingRequest = signingRequest
        }, options: Self.options)
    }
    return (answer.certificate, answer.authority)
  }

  /// - Throws: ``WireError``.
  package func submit(task yaml: String, signature: Data) async throws -> RunOverview {
    try await calling { client in
      try await RunOverview(
        Atoll_V1_Control.Client(wrapping: client).submit(
          .with {
            $0.protocol = WireLimits.protocolVersion
            $0.yaml = yaml
            $0.signature = signature
          }, options: Self.options))
    }
  }

  /// - Throws: ``WireError``.
  package func runs() async throws -> [RunOverview] {
    try await calling { client in
      try await Atoll_V1_Control.Client(wrapping: client).listRuns(
        .with { $0.protocol = WireLimits.protocolVersion }, options: Self.options
      ).runs.map { wire in try RunOverview(wire) }
    }
  }

  /// Whether the server knows who calls, for those who may ask nothing else: it refuses them by name.
  ///
  /// - Returns: the server's clock, in seconds since 1970; nil where it does not tell.
  /// - Throws: ``WireError``.
  package func greet() async throws -> Int? {
    try await calling { client in
      do {
        _ = try await Atoll_V1_Control.Client(wrapping: client).listRuns(
          .with { $0.protocol = WireLimits.protocolVersion }, options: Self.options)
        return nil
      } catch let error as RPCError where error.isRefusal {
        return error.time
      }
    }
  }

  /// - Throws: ``WireError``.
  package func cancel(_ run: RunID) async throws -> RunOverview {
    try await calling { client in
      try await RunOverview(
        Atoll_V1_Control.Client(wrapping: client).cancel(Self.request(run), options: Self.options))
    }
  }

  /// Tells every event of a run, until it is over.
  ///
  /// - Throws: ``WireError``.
  package func watch(_ run: RunID, tell: @escaping @Sendable (Data) async throws -> Void) async throws {
    try await calling { client in
      try await Atoll_V1_Control.Client(wrapping: client).watch(
        Self.request(run), options: Self.streamOptions
      ) { response in
        for try await event in response.messages { try await tell(event.json) }
      }
    }
  }

  /// Hands over a file of a run, piece by piece.
  ///
  /// - Throws: ``WireError``.
  package func fetch(
    _ file: RunFile, of run: RunID,
    take: @escaping @Sendable (_ size: Int, _ offset: Int, _ content: Data) async throws -> Void
  ) async throws {
    try await calling { client in
      let request = Atoll_V1_FileRequest.with {
        $0.protocol = WireLimits.protocolVersion
        $0.run = run.name
        $0.name = file.rawValue
      }
      try await Atoll_V1_Control.Client(wrapping: client).fetch(
        request, options: Self.streamOptions
      ) { response in
        for try await part in response.messages {
          try await take(
            Incoming.count(part.size, atMost: WireLimits.blobBytes, "a file"),
            Incoming.count(part.offset, atMost: WireLimits.blobBytes, "an offset"),
            Incoming.bytes(part.content, atMost: WireLimits.partBytes, "a part"))
        }
      }
    }
  }

  /// Joins as a participant, until the stream ends.
  ///
  /// - Throws: ``WireError`` when it breaks, or is refused.
  package func join<L: Link<FromServer, FromParticipant>>(_ link: L) async throws {
    try await calling { [server] client in
      let life = SignOfLife()
      try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
          try await Self.carry(link, life, on: client)
          return true
        }
        group.addTask {
          try await Task.sleep(for: WireLimits.callTimeout)
          guard life.wasHeard else {
            throw WireError(
              .unreachable,
              "\(server) did not answer within \(Int(WireLimits.callTimeout / .seconds(1))) s")
          }
          return false
        }
        defer { group.cancelAll() }
        for try await isOver in group where isOver { return }
      }
    }
  }

  private static func carry<L: Link<FromServer, FromParticipant>>(
    _ link: L, _ life: SignOfLife, on client: GRPCClient<HTTP2ClientTransport.Posix>
  ) async throws {
    try await Atoll_V1_Participation.Client(wrapping: client).join(options: streamOptions) { writer in
      while let message = try await link.next() { try await writer.write(message.wire) }
    } onResponse: { response in
      try await AtollWire.carry(
        link, life: life,
        receive: {
          for try await message in response.messages {
            life.note()
            try await link.receive(FromServer(message))
          }
        }, send: nil)
    }
  }

  // MARK: Connection

  private static func request(_ run: RunID) -> Atoll_V1_RunRequest {
    .with {
      $0.protocol = WireLimits.protocolVersion
      $0.run = run.name
    }
  }

  private static var options: CallOptions {
    var options = streamOptions
    options.timeout = WireLimits.callTimeout
    return options
  }

  private static var streamOptions: CallOptions {
    var options = CallOptions.defaults
    options.waitForReady = false
    // Despite its name this one bounds what the client receives.
    options.maxRequestMessageBytes = WireLimits.messageBytes
    options.maxResponseMessageBytes = WireLimits.messageBytes
    return options
  }

  private func calling<Answer: Sendable>(
    _ body: @Sendable @escaping (GRPCClient<HTTP2ClientTransport.Posix>) async throws -> Answer
  ) async throws -> Answer {
    if let own = try? Certificate(derEncoded: Array(certificate)),
      let fault = ServerCheck.clockFault(own, shownBy: "the own certificate")
    {
      throw fault
    }
    let fault = ConnectionFault()
    let proxy = try proxy.proxy(to: server)
    do {
      let transport = try transport(through: proxy, fault)
      return try await withGRPCClient(transport: transport) { client in try await body(client) }
    } catch let error as RPCError {
      throw fault.known(to: server, through: proxy) ?? WireError(error, server: server)
    }
  }

  private func transport(
    through proxy: Proxy?, _ fault: ConnectionFault
  ) throws -> HTTP2ClientTransport.Posix {
    let security = try ClientSecurity(
      to: server, through: proxy, key: key, certificate: certificate, authority: authority, fault: fault)
    let config = HTTP2ClientTransport.Posix.Config.defaults {
      $0.http2.targetWindowSize = WireLimits.windowBytes
      $0.http2.maxFrameSize = WireLimits.frameBytes
      $0.http2.authority = server.description
      $0.connection.flushCoalescing = nil
      $0.channelDebuggingCallbacks.onCreateTCPConnection = { security.protect($0) }
    }
    let (host, port) = proxy.map { ($0.host, $0.port) } ?? (server.host, server.port)
    return try HTTP2ClientTransport.Posix(
      target: .dns(host: host, port: port), transportSecurity: .customSecure, config: config)
  }
}
