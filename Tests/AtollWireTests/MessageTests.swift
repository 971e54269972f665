import AtollFederation
import AtollNumerics
import AtollPrivacy
import Foundation
import SwiftProtobuf
import Testing

@testable import AtollWire

private let hash = ContentHash(of: Array("a model".utf8))
private let exchange = ExchangeID(RunID("heart-3")!, 7)

/// What travels reads back as it was; what is not as the contract says is refused by name.
@Suite struct `Messages` {
  static let fromParticipants: [FromParticipant] = [
    .hello(
      Hello(software: "atoll 9", pending: [Hello.Pending(exchange, answer: hash)])), .heartbeat,
    .fetch(hash, offset: 1 << 33),
    .offer(Offer(exchange: exchange, question: hash, answer: hash, size: 3, content: Data([1, 2, 3]))),
    .offer(
      Offer(
        exchange: exchange, question: hash, answer: hash, size: 4_800_000,
        ledgerHead: LedgerHead(sequence: 41, hash: hash))),
    .part(AnswerPart(exchange: exchange, offset: 1 << 20, content: Data(repeating: 7, count: 99))),
    .declined(Declined(exchange: exchange, reason: "no", isByPolicy: true)),
  ]

  @Test(arguments: fromParticipants)
  func `of a participant read back as they were`(message: FromParticipant) throws {
    let bytes: [UInt8] = try message.wire.serializedBytes()
    #expect(try FromParticipant(Atoll_V1_FromParticipant(serializedBytes: bytes)) == message)
  }

  static let fromServer: [FromServer] = [
    .welcome(Welcome(software: "atoll 9", participant: "st-olav", time: 1_800_000_000)), .heartbeat,
    .welcome(
      Welcome(
        software: "atoll 9", participant: "st-olav", time: 0,
        ledgerHead: LedgerHead(sequence: 41, hash: hash),
        serverLedgerHead: LedgerHead(sequence: 0, hash: hash))),
    .task(TaskMessage(run: exchange.run, yaml: "task: x", hash: hash, seed: .max)),
    .task(
      TaskMessage(
        run: exchange.run, yaml: "task: x", hash: hash, seed: .max,
        signature: TaskSignature(source: "task: x", signature: Data([1]), signer: Data([2])))),
    .question(
      QuestionMessage(
        exchange: exchange, kind: "train-plain", query: Data("{}".utf8), protection: Data("{}".utf8),
        blobs: [QuestionMessage.Blob(hash: hash, size: 1 << 30)], timeLeft: .milliseconds(1500),
        required: 3)),
    .blobPart(BlobPart(hash: hash, offset: 5, content: Data([9]))), .send(exchange, offset: 12),
    .settled(Settled(exchange: exchange, answer: hash, isCommitted: true)),
    .settled(Settled(exchange: exchange, answer: hash, isCommitted: false)),
    .refused(Refused(exchange: exchange, code: .outOfRange, reason: "too large")),
    .runEnded(RunEnded(run: exchange.run, status: .cancelled, reason: "")),
    .goodbye(reason: "we close", comeAgain: true),
  ]

  @Test(arguments: fromServer)
  func `of a server read back as they were`(message: FromServer) throws {
    let bytes: [UInt8] = try message.wire.serializedBytes()
    #expect(try FromServer(Atoll_V1_FromServer(serializedBytes: bytes)) == message)
  }

  static let malformed: [(String, @Sendable (inout Atoll_V1_FromParticipant) -> Void)] = [
    ("another version", { $0.protocol = 2 }), ("nothing in it", { $0.message = nil }),
    ("a short hash", { $0.fetch = .with { $0.sha256 = Data(repeating: 0, count: 31) } }),
    (
      "an offset past every limit",
      {
        $0.fetch = .with {
          $0.sha256 = Data(repeating: 0, count: 32)
          $0.offset = .max
        }
      }
    ),
    ("a run that names a folder above", { $0.offer = .with { $0.run = "../server" } }),
    (
      "the head of a ledger that is none",
      {
        $0.offer = .with {
          $0.run = "heart-3"
          $0.question = Data(repeating: 0, count: 32)
          $0.sha256 = Data(repeating: 0, count: 32)
          $0.ledgerHead = "-1:sha256:00"
        }
      }
    ),
    (
      "a part that is too long",
      {
        $0.answerPart = .with {
          $0.run = "heart-3"
          $0.content = Data(count: WireLimits.partBytes + 1)
        }
      }
    ),
    (
      "content of another length than it says",
      {
        $0.offer = .with {
          $0.run = "heart-3"
          $0.question = Data(repeating: 0, count: 32)
          $0.sha256 = Data(repeating: 0, count: 32)
          $0.size = 9
          $0.content = Data([1])
        }
      }
    ),
    (
      "a reason that is too long",
      {
        $0.declined = .with {
          $0.run = "heart-3"
          $0.reason = String(repeating: "x", count: WireLimits.reasonBytes + 1)
        }
      }
    ),
  ]

  @Test(arguments: malformed.map(\.0))
  func `that are not as the contract says are refused`(what: String) throws {
    var wire = FromParticipant.heartbeat.wire
    try #require(Self.malformed.first { $0.0 == what }).1(&wire)
    let error = #expect(throws: WireError.self) { try FromParticipant(wire) }
    #expect(error?.code == .protocolViolation)
  }

  @Test func `a question that was changed on the way is refused`() throws {
    var wire = Self.fromServer[3].wire
    wire.question.query.append(0x20)
    #expect(throws: WireError.self) { try FromServer(wire) }
  }

  @Test func `reasons are cut to what may travel, between characters`() {
    let long = String(repeating: "é", count: 3000)
    #expect(long.reason.utf8.count <= WireLimits.reasonBytes)
    #expect(long.reason.hasSuffix("é…"))
    #expect("short".reason == "short")
  }
}

@Suite struct `Names and addresses` {
  @Test(arguments: [
    ("https://fl.north.example:7443", "fl.north.example", 7443),
    ("fl.north.example", "fl.north.example", 7443),
    ("127.0.0.1:9", "127.0.0.1", 9), ("https://[::1]:80/", "::1", 80), ("[::1]", "::1", 7443),
  ])
  func `are read`(text: String, host: String, port: Int) throws {
    let address = try #require(ServerAddress(text))
    #expect(address.host == host)
    #expect(address.port == port)
    #expect(ServerAddress(address.url) == address)
  }

  @Test(arguments: ["", "https://", "a b", "host:", "host:x", "host:99999", "::1", "[::1", "a/b", "host:+9"])
  func `that are none are refused`(text: String) { #expect(ServerAddress(text) == nil) }

  @Test(arguments: ["", "..", ".hidden", "a/b", "a b", "å", String(repeating: "a", count: 201)])
  func `of runs never leave their folder`(text: String) { #expect(RunID(text) == nil) }
}
