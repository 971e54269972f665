import AtollNumerics
import AtollPrivacy
import FoundationEssentials
import SwiftProtobuf

extension FromParticipant {
  /// Reads a message.
  ///
  /// - Throws: ``WireError`` with code `.protocolViolation`.
  init(_ wire: Atoll_V1_FromParticipant) throws(WireError) {
    try Incoming.check(protocolVersion: wire.protocol)
    switch wire.message {
    case .hello(let hello):
      guard hello.pending.count <= WireLimits.pendingAnswers else {
        throw Incoming.violation("\(hello.pending.count) answers are pending")
      }
      var pending: [Hello.Pending] = []
      for item in hello.pending {
        pending.append(
          Hello.Pending(
            try Incoming.exchange(item.run, item.exchange), answer: try Incoming.hash(item.sha256)))
      }
      guard hello.runs.count <= WireLimits.runs else {
        throw Incoming.violation("\(hello.runs.count) runs are open")
      }
      var runs: [RunID] = []
      for run in hello.runs { runs.append(try Incoming.run(run)) }
      let software = try Incoming.text(hello.software, atMost: WireLimits.nameBytes, "a program's name")
      self = .hello(Hello(software: software, pending: pending, runs: runs))
    case .heartbeat: self = .heartbeat
    case .fetch(let fetch):
      self = .fetch(
        try Incoming.hash(fetch.sha256),
        offset: try Incoming.count(fetch.offset, atMost: WireLimits.blobBytes, "an offset"))
    case .offer(let offer):
      let size = try Incoming.count(offer.size, atMost: WireLimits.blobBytes, "an answer")
      let content = try Incoming.bytes(
        offer.content, atMost: WireLimits.inlineAnswerBytes, "an offer's content")
      guard content.isEmpty || content.count == size else {
        throw Incoming.violation("an offer has \(content.count) bytes of \(size)")
      }
      self = .offer(
        Offer(
          exchange: try Incoming.exchange(offer.run, offer.exchange),
          question: try Incoming.hash(offer.question), answer: try Incoming.hash(offer.sha256), size: size,
          content: content.isEmpty && size > 0 ? nil : content,
          ledgerHead: try Incoming.head(offer.ledgerHead)))
    case .answerPart(let part):
      self = .part(
        AnswerPart(
          exchange: try Incoming.exchange(part.run, part.exchange),
          offset: try Incoming.count(part.offset, atMost: WireLimits.blobBytes, "an offset"),
          content: try Incoming.bytes(part.content, atMost: WireLimits.partBytes, "a part")))
    case .declined(let declined):
      self = .declined(
        Declined(
          exchange: try Incoming.exchange(declined.run, declined.exchange),
          reason: try Incoming.text(declined.reason, atMost: WireLimits.reasonBytes, "a reason"),
          isByPolicy: declined.byPolicy, withdraws: declined.withdraws))
    case nil: throw Incoming.violation("it is empty, or of a kind that is not known here")
    }
  }

  /// The message as it travels.
  var wire: Atoll_V1_FromParticipant {
    .with { wire in
      wire.protocol = WireLimits.protocolVersion
      switch self {
      case .hello(let hello):
        wire.hello = .with {
          $0.software = hello.software
          $0.runs = hello.runs.map(\.name)
          $0.pending = hello.pending.map { pending in
            .with {
              $0.run = pending.exchange.run.name
              $0.exchange = UInt64(pending.exchange.exchange)
              $0.sha256 = pending.answer.bytes
            }
          }
        }
      case .heartbeat: wire.heartbeat = Atoll_V1_Heartbeat()
      case .fetch(let hash, let offset):
        wire.fetch = .with {
          $0.sha256 = hash.bytes
          $0.offset = UInt64(offset)
        }
      case .offer(let offer):
        wire.offer = .with {
          $0.run = offer.exchange.run.name
          $0.exchange = UInt64(offer.exchange.exchange)
          $0.question = offer.question.bytes
          $0.sha256 = offer.answer.bytes
          $0.size = UInt64(offer.size)
          $0.content = offer.content ?? Data()
          $0.ledgerHead = offer.ledgerHead?.description ?? ""
        }
      case .part(let part):
        wire.answerPart = .with {
          $0.run = part.exchange.run.name
          $0.exchange = UInt64(part.exchange.exchange)
          $0.offset = UInt64(part.offset)
          $0.content = part.content
        }
      case .declined(let declined):
        wire.declined = .with {
          $0.run = declined.exchange.run.name
          $0.exchange = UInt64(declined.exchange.exchange)
          $0.reason = declined.reason.reason
          $0.byPolicy = declined.isByPolicy
          $0.withdraws = declined.withdraws
        }
      }
    }
  }
}
