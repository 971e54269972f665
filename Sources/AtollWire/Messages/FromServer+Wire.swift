import AtollFederation
import AtollNumerics
import AtollPrivacy
import FoundationEssentials
import SwiftProtobuf

extension FromServer {
  /// Reads a message.
  ///
  /// - Throws: ``WireError`` with code `.protocolViolation`.
  init(_ wire: Atoll_V1_FromServer) throws(WireError) {
    try Incoming.check(protocolVersion: wire.protocol)
    switch wire.message {
    case .welcome(let welcome):
      guard let participant = ParticipantID(welcome.participant) else {
        throw Incoming.violation("a participant's name is malformed")
      }
      self = .welcome(
        Welcome(
          software: try Incoming.text(welcome.software, atMost: WireLimits.nameBytes, "a program's name"),
          participant: participant, time: Int(welcome.time),
          ledgerHead: try Incoming.head(welcome.ledgerHead),
          serverLedgerHead: try Incoming.head(welcome.serverLedgerHead)))
    case .heartbeat: self = .heartbeat
    case .task(let task):
      self = .task(
        TaskMessage(
          run: try Incoming.run(task.run),
          yaml: try Incoming.text(task.yaml, atMost: WireLimits.taskBytes, "a task"),
          hash: try Incoming.hash(task.sha256), seed: task.seed, signature: try TaskSignature(task)))
    case .question(let question): self = .question(try QuestionMessage(question))
    case .blobPart(let part):
      self = .blobPart(
        BlobPart(
          hash: try Incoming.hash(part.sha256),
          offset: try Incoming.count(part.offset, atMost: WireLimits.blobBytes, "an offset"),
          content: try Incoming.bytes(part.content, atMost: WireLimits.partBytes, "a part")))
    case .send(let send):
      self = .send(
        try Incoming.exchange(send.run, send.exchange),
        offset: try Incoming.count(send.offset, atMost: WireLimits.blobBytes, "an offset"))
    case .settled(let settled):
      guard settled.outcome == .committed || settled.outcome == .discarded else {
        throw Incoming.violation("an outcome is not known here")
      }
      self = .settled(
        Settled(
          exchange: try Incoming.exchange(settled.run, settled.exchange),
          answer: try Incoming.hash(settled.sha256), isCommitted: settled.outcome == .committed))
    case .refused(let refused):
      guard let code = RefusalCode(rawValue: refused.code) else {
        throw Incoming.violation("a refusal has a code that is not known here")
      }
      self = .refused(
        Refused(
          exchange: try Incoming.exchange(refused.run, refused.exchange), code: code,
          reason: try Incoming.text(refused.reason, atMost: WireLimits.reasonBytes, "a reason")))
    case .runEnded(let ended):
      guard let status = RunStatus(rawValue: ended.status), status.isOver else {
        throw Incoming.violation("a run has ended with “\(ended.status.prefix(40))”")
      }
      self = .runEnded(
        RunEnded(
          run: try Incoming.run(ended.run), status: status,
          reason: try Incoming.text(ended.reason, atMost: WireLimits.reasonBytes, "a reason")))
    case .goodbye(let goodbye):
      self = .goodbye(
        reason: try Incoming.text(goodbye.reason, atMost: WireLimits.reasonBytes, "a reason"),
        comeAgain: goodbye.comeAgain)
    case nil: throw Incoming.violation("it is empty, or of a kind that is not known here")
    }
  }

  /// The message as it travels.
  var wire: Atoll_V1_FromServer {
    .with { wire in
      wire.protocol = WireLimits.protocolVersion
      switch self {
      case .welcome(let welcome):
        wire.welcome = .with {
          $0.software = welcome.software
          $0.participant = welcome.participant.name
          $0.time = Int64(welcome.time)
          $0.ledgerHead = welcome.ledgerHead?.description ?? ""
          $0.serverLedgerHead = welcome.serverLedgerHead?.description ?? ""
        }
      case .heartbeat: wire.heartbeat = Atoll_V1_Heartbeat()
      case .task(let task):
        wire.task = .with {
          $0.run = task.run.name
          $0.yaml = task.yaml
          $0.sha256 = task.hash.bytes
          $0.seed = task.seed
          guard let signature = task.signature else { return }
          $0.source = signature.source
          $0.signature = signature.signature
          $0.signer = signature.signer
        }
      case .question(let question): wire.question = question.wire
      case .blobPart(let part):
        wire.blobPart = .with {
          $0.sha256 = part.hash.bytes
          $0.offset = UInt64(part.offset)
          $0.content = part.content
        }
      case .send(let exchange, let offset):
        wire.send = .with {
          $0.run = exchange.run.name
          $0.exchange = UInt64(exchange.exchange)
          $0.offset = UInt64(offset)
        }
      case .settled(let settled):
        wire.settled = .with {
          $0.run = settled.exchange.run.name
          $0.exchange = UInt64(settled.exchange.exchange)
          $0.sha256 = settled.answer.bytes
          $0.outcome = settled.isCommitted ? .committed : .discarded
        }
      case .refused(let refused):
        wire.refused = .with {
          $0.run = refused.exchange.run.name
          $0.exchange = UInt64(refused.exchange.exchange)
          $0.code = refused.code.rawValue
          $0.reason = refused.reason.reason
        }
      case .runEnded(let ended):
        wire.runEnded = .with {
          $0.run = ended.run.name
          $0.status = ended.status.rawValue
          $0.reason = ended.reason.reason
        }
      case .goodbye(let reason, let comeAgain):
        wire.goodbye = .with {
          $0.reason = reason.reason
          $0.comeAgain = comeAgain
        }
      }
    }
  }
}

extension QuestionMessage {
  init(_ wire: Atoll_V1_Question) throws(WireError) {
    guard wire.blobs.count <= WireLimits.blobsInQuestion else {
      throw Incoming.violation("a question names \(wire.blobs.count) models")
    }
    var blobs: [Blob] = []
    for blob in wire.blobs {
      blobs.append(
        Blob(
          hash: try Incoming.hash(blob.sha256),
          size: try Incoming.count(blob.size, atMost: WireLimits.blobBytes, "a model")))
    }
    self.init(
      exchange: try Incoming.exchange(wire.run, wire.exchange),
      kind: try Incoming.text(wire.kind, atMost: WireLimits.nameBytes, "a kind of question"),
      query: try Incoming.bytes(wire.query, atMost: WireLimits.queryBytes, "a question"),
      protection: try Incoming.bytes(wire.protection, atMost: WireLimits.inlineAnswerBytes, "a protection"),
      blobs: blobs,
      timeLeft: .milliseconds(try Incoming.count(wire.milliseconds, atMost: 1 << 40, "a time")),
      required: try Incoming.count(wire.required, atMost: 1 << 32, "a number of answers"))
    guard hash == (try Incoming.hash(wire.sha256)) else {
      throw Incoming.violation("a question has not the SHA-256 that it names")
    }
  }

  var wire: Atoll_V1_Question {
    .with { wire in
      wire.run = exchange.run.name
      wire.exchange = UInt64(exchange.exchange)
      wire.kind = kind
      wire.query = query
      wire.sha256 = hash.bytes
      wire.protection = protection
      wire.blobs = blobs.map { blob in
        .with {
          $0.sha256 = blob.hash.bytes
          $0.size = UInt64(blob.size)
        }
      }
      wire.milliseconds = UInt64(max(0, timeLeft / .milliseconds(1)))
      wire.required = UInt64(required)
    }
  }
}

extension TaskSignature {
  /// Nil where nobody signed.
  fileprivate init?(_ wire: Atoll_V1_Task) throws(WireError) {
    guard !wire.signature.isEmpty else { return nil }
    self.init(
      source: try Incoming.text(wire.source, atMost: WireLimits.taskBytes, "a signed task"),
      signature: try Incoming.bytes(wire.signature, atMost: WireLimits.certificateBytes, "a signature"),
      signer: try Incoming.bytes(wire.signer, atMost: WireLimits.certificateBytes, "a certificate"))
  }
}
