#if canImport(AtollWire)
  import AtollFederation
  import AtollNumerics
  import Foundation
  import SwiftProtobuf

  @testable import AtollWire

  /// What comes over the network, and what hands on an identity.
  extension Decoder {
    static var wire: [Decoder] {
      [
        Decoder("from-participant", seeds: { try fromParticipant() }) { bytes in
          _ = try FromParticipant(Atoll_V1_FromParticipant(serializedBytes: bytes))
        },
        Decoder("from-server", seeds: { try fromServer() }) { bytes in
          _ = try FromServer(Atoll_V1_FromServer(serializedBytes: bytes))
        },
        Decoder("overview", seeds: { [try overview()] }) { bytes in
          _ = try RunOverview(Atoll_V1_Run(serializedBytes: bytes))
        },
        Decoder("invitation", seeds: { [Data(try invitation().text.utf8)] }) { bytes in
          _ = try Invitation(String(decoding: bytes, as: UTF8.self)).text
        },
        Decoder("certificate", seeds: { [try Authority(named: "test").certificate] }) { bytes in
          let reading = try CertificateReading(der: bytes)
          _ = (reading.notBefore, reading.notAfter, reading.keyFingerprint)
          _ = reading.hasSigned(Data([1]), signature: bytes)
        },
        Decoder("signing-request", seeds: { [try IdentityKey().signingRequest()] }) { bytes in
          _ = keyFingerprint(ofRequest: bytes)
          _ = try authority.certify(bytes, named: "x", role: .participant)
        },
        Decoder(
          "address", seeds: { ["localhost:7443", "[::1]:80", "https://fl.example:9"].map { Data($0.utf8) } }
        ) {
          bytes in
          let text = String(decoding: bytes, as: UTF8.self)
          _ = (ServerAddress(text), RunID(text), ParticipantID(text), ContentHash(text))
        },
      ]
    }

    private static let authority: Authority = {
      do { return try Authority(named: "test") } catch { preconditionFailure("\(error)") }
    }()

    private static var exchange: ExchangeID {
      guard let run = RunID("heart-3") else { preconditionFailure("a lawful name") }
      return ExchangeID(run, 7)
    }

    private static func fromParticipant() throws -> [Data] {
      let hash = ContentHash.ofNothing
      let messages: [FromParticipant] = [
        .hello(
          Hello(software: "atoll 9", pending: [Hello.Pending(exchange, answer: hash)], runs: [exchange.run])),
        .heartbeat, .fetch(hash, offset: 1 << 33),
        .offer(Offer(exchange: exchange, question: hash, answer: hash, size: 3, content: Data([1, 2, 3]))),
        .part(AnswerPart(exchange: exchange, offset: 9, content: Data([4]))),
        .declined(Declined(exchange: exchange, reason: "no", isByPolicy: true)),
      ]
      return try messages.map { try $0.wire.serializedBytes() }
    }

    private static func fromServer() throws -> [Data] {
      let hash = ContentHash.ofNothing
      let messages: [FromServer] = [
        .welcome(Welcome(software: "atoll 9", participant: "st-olav", time: 1_800_000_000)), .heartbeat,
        .task(TaskMessage(run: exchange.run, yaml: "task: x", hash: hash, seed: .max)),
        .question(
          QuestionMessage(
            exchange: exchange, kind: "train-plain", query: Data("{}".utf8), protection: Data("{}".utf8),
            blobs: [QuestionMessage.Blob(hash: hash, size: 1 << 30)], timeLeft: .milliseconds(1500))),
        .blobPart(BlobPart(hash: hash, offset: 5, content: Data([9]))), .send(exchange, offset: 12),
        .settled(Settled(exchange: exchange, answer: hash, isCommitted: true)),
        .refused(Refused(exchange: exchange, code: .outOfRange, reason: "too large")),
        .runEnded(RunEnded(run: exchange.run, status: .cancelled, reason: "")),
        .goodbye(reason: "we close", comeAgain: true),
      ]
      return try messages.map { try $0.wire.serializedBytes() }
    }

    private static func overview() throws -> Data {
      try RunOverview(
        run: exchange.run, task: .ofNothing, status: .running, detail: "waiting", round: 3, rounds: 9,
        participants: ["a", "b"], submittedBy: "operator", submitted: 1_800_000_000
      ).wire.serializedBytes()
    }

    private static func invitation() throws -> Invitation {
      let expires = Date(timeIntervalSince1970: 2_000_000_000)
      let made = try authority.certifyInvitation(named: "st-olav", until: expires)
      return Invitation(
        name: "st-olav", role: .participant, expires: expires, key: made.key,
        certificate: made.certificate.der,
        authority: authority.certificate)
    }
  }
#endif
