import AtollNumerics
import FoundationEssentials
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import SwiftProtobuf
import X509

/// Who calls; strangers do not come so far.
private func caller(_ context: ServerContext) throws -> Caller {
  guard let transport = context.transportSpecific as? HTTP2ServerTransport.Posix.Context,
    let certificate = try transport.peerCertificate?.der
  else { throw RPCError(WireError(.untrusted, "the caller shows no certificate")) }
  return Caller(
    fingerprint: ContentHash(of: certificate), certificate: certificate, address: context.remotePeer)
}

/// Runs a call, with our errors as gRPC's.
private func answering<Answer>(
  _ context: ServerContext, protocolVersion: UInt32?, _ body: (Caller) async throws -> Answer
) async throws -> Answer {
  do {
    if let protocolVersion { try Incoming.check(protocolVersion: protocolVersion) }
    return try await body(caller(context))
  } catch let error as WireError {
    throw RPCError(error)
  }
}

struct EnrolmentService: Atoll_V1_Enrolment.SimpleServiceProtocol {
  let service: any FederationService

  func enroll(
    request: Atoll_V1_EnrolmentRequest, context: ServerContext
  ) async throws -> Atoll_V1_Certificate {
    try await answering(context, protocolVersion: request.protocol) { caller in
      Atoll_V1_Certificate(try await service.enroll(request.signingRequest, caller: caller))
    }
  }
}

extension Atoll_V1_Certificate {
  fileprivate init(_ issued: (certificate: Data, authority: Data)) {
    self.init()
    self.protocol = WireLimits.protocolVersion
    certificate = issued.certificate
    authority = issued.authority
  }
}

struct ParticipationService: Atoll_V1_Participation.SimpleServiceProtocol {
  let service: any FederationService

  func join(
    request: RPCAsyncSequence<Atoll_V1_FromParticipant, any Error>,
    response: RPCWriter<Atoll_V1_FromServer>, context: ServerContext
  ) async throws {
    try await answering(context, protocolVersion: nil) { caller in
      let link = try await service.join(caller)
      defer { service.left(link, caller: caller) }
      try await serve(link, request, response)
    }
  }

  func renew(
    request: Atoll_V1_EnrolmentRequest, context: ServerContext
  ) async throws -> Atoll_V1_Certificate {
    try await answering(context, protocolVersion: request.protocol) { caller in
      Atoll_V1_Certificate(try await service.renew(request.signingRequest, caller: caller))
    }
  }

  private func serve<L: Link<FromParticipant, FromServer>>(
    _ link: L, _ request: RPCAsyncSequence<Atoll_V1_FromParticipant, any Error>,
    _ response: RPCWriter<Atoll_V1_FromServer>
  ) async throws {
    let life = SignOfLife()
    try await carry(link, life: life) {
      for try await message in request {
        life.note()
        try await link.receive(FromParticipant(message))
      }
    } send: {
      while let message = try await link.next() { try await response.write(message.wire) }
    }
  }
}

struct ControlService: Atoll_V1_Control.SimpleServiceProtocol {
  let service: any FederationService

  func submit(request: Atoll_V1_SubmitRequest, context: ServerContext) async throws -> Atoll_V1_Run {
    try await answering(context, protocolVersion: request.protocol) { caller in
      let yaml = try Incoming.text(request.yaml, atMost: WireLimits.taskBytes, "a task")
      return try await service.submit(task: yaml, signature: request.signature, caller: caller).wire
    }
  }

  func listRuns(request: Atoll_V1_ListRunsRequest, context: ServerContext) async throws -> Atoll_V1_Runs {
    try await answering(context, protocolVersion: request.protocol) { caller in
      let runs = try await service.runs(caller: caller)
      return .with { $0.runs = runs.map(\.wire) }
    }
  }

  func watch(
    request: Atoll_V1_RunRequest, response: RPCWriter<Atoll_V1_RunEvent>, context: ServerContext
  ) async throws {
    try await answering(context, protocolVersion: request.protocol) { caller in
      try await service.watch(Incoming.run(request.run), caller: caller) { event in
        try await response.write(.with { $0.json = event })
      }
    }
  }

  func cancel(request: Atoll_V1_RunRequest, context: ServerContext) async throws -> Atoll_V1_Run {
    try await answering(context, protocolVersion: request.protocol) { caller in
      try await service.cancel(Incoming.run(request.run), caller: caller).wire
    }
  }

  func fetch(
    request: Atoll_V1_FileRequest, response: RPCWriter<Atoll_V1_FilePart>, context: ServerContext
  ) async throws {
    try await answering(context, protocolVersion: request.protocol) { caller in
      guard let file = RunFile(rawValue: request.name) else {
        throw WireError(.refused, "a run has no file of that name")
      }
      try await service.fetch(file, of: Incoming.run(request.run), caller: caller) { size, offset, content in
        try await response.write(
          .with {
            $0.size = UInt64(size)
            $0.offset = UInt64(offset)
            $0.content = content
          })
      }
    }
  }
}
