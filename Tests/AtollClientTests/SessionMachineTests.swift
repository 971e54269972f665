import AtollFederation
import AtollNumerics
import AtollWire
import Foundation
import Testing

@testable import AtollClient

/// What a participant does, event by event, without a server.
@Suite struct `A participant's session` {
  private static let run = RunID("heart-1")!
  private static let model = ContentHash(of: Array("model".utf8))
  private let task = TaskMessage(run: run, yaml: "…", hash: model, seed: 7)

  private func question(_ exchange: Int, _ text: String = "{}") -> QuestionMessage {
    QuestionMessage(
      exchange: ExchangeID(Self.run, exchange), kind: "train-plain", query: Data(text.utf8),
      protection: Data("{}".utf8), blobs: [QuestionMessage.Blob(hash: Self.model, size: 5)],
      timeLeft: .seconds(60))
  }

  private func answer(_ exchange: Int, to question: QuestionMessage) -> ParticipantStore.Pending {
    ParticipantStore.Pending(
      exchange: ExchangeID(Self.run, exchange), task: Self.model, question: question.hash,
      answer: ContentHash(of: Array("answer \(exchange)".utf8)), size: 100_000, kind: "train-plain")
  }

  private func machine(
    pending: [ParticipantStore.Pending] = [], committed: [RunID: Int] = [:]
  ) throws -> SessionMachine {
    var machine = SessionMachine(
      software: "test", server: ServerAddress(host: "localhost"), pending: pending, committed: committed)
    _ = try machine.handle(.opened)
    _ = try machine.handle(.received(.task(task)))
    return machine
  }

  @Test func `asks its owner first, fetches what it lacks, computes, and keeps before it offers`() throws {
    var machine = try machine()
    let asked = question(0)
    #expect(try machine.handle(.received(.question(asked))).names == ["tell", "consult"])
    #expect(
      try machine.handle(.allowed(asked.exchange, missing: [Self.model])).names == ["keepModels", "fetch"])
    #expect(try machine.handle(.modelArrived(Self.model)).names == ["compute"])
    #expect(machine.wants(asked.exchange))
    let own = answer(0, to: asked)
    #expect(try machine.handle(.computed(own)).names == ["tell", "offer"])
    #expect(!machine.wants(asked.exchange))
    #expect(try machine.handle(.received(.send(asked.exchange, offset: 10))).names == ["send"])
    let settled = Settled(exchange: asked.exchange, answer: own.answer, isCommitted: true)
    #expect(try machine.handle(.received(.settled(settled))).names == ["commit", "tell"])
    #expect(machine.pending.isEmpty)
    // Said once more, it changes nothing.
    #expect(try machine.handle(.received(.settled(settled))).names == [])
  }

  @Test func `says no with its owner's reason, and computes nothing`() throws {
    var machine = try machine()
    let asked = question(0)
    _ = try machine.handle(.received(.question(asked)))
    let effects = try machine.handle(
      .failed(asked.exchange, reason: "rule 3", told: "rule 3", byPolicy: true))
    #expect(effects.names == ["say declined", "tell"])
    #expect(try machine.handle(.allowed(asked.exchange, missing: [])).names == [])
  }

  @Test func `says that its owner has withdrawn, and drops what has not left`() throws {
    let first = question(0)
    let unsent = answer(0, to: first)
    // Between two streams: the server is told when it asks next.
    var machine = SessionMachine(
      software: "test", server: ServerAddress(host: "localhost"), pending: [unsent], committed: [:])
    #expect(try machine.handle(.withdrawn(first.exchange)).names == ["discard"])
    guard case .say(.hello(let hello))? = try machine.handle(.opened).first else {
      Issue.record("a stream begins with hello")
      return
    }
    #expect(hello.pending.isEmpty)
    _ = try machine.handle(.received(.task(task)))
    #expect(try machine.handle(.received(.question(first))).names == ["tell", "consult"])
    let effects = try machine.handle(
      .failed(first.exchange, reason: "gone", told: "gone", byPolicy: true, withdraws: true))
    guard case .say(.declined(let declined))? = effects.first else {
      Issue.record("the server is told")
      return
    }
    #expect(declined.withdraws && declined.isByPolicy)
    // While it is asked.
    let next = question(1)
    _ = try machine.handle(.received(.question(next)))
    _ = try machine.handle(.allowed(next.exchange, missing: []))
    _ = try machine.handle(.computed(answer(1, to: next)))
    #expect(try machine.handle(.withdrawn(next.exchange)).names == ["discard", "say declined"])
    #expect(machine.pending.isEmpty)
    #expect(try machine.handle(.withdrawn(next.exchange)).names == [])
  }

  @Test func `offers again after a break, and computes nothing twice`() throws {
    var machine = try machine()
    let asked = question(0)
    _ = try machine.handle(.received(.question(asked)))
    _ = try machine.handle(.allowed(asked.exchange, missing: []))
    // The connection breaks while it computes; the answer comes before the new connection.
    _ = try machine.handle(.closed)
    #expect(try machine.handle(.computed(answer(0, to: asked))).names == ["tell"])
    guard case .say(.hello(let hello))? = try machine.handle(.opened).first else {
      Issue.record("a stream begins with hello")
      return
    }
    #expect(hello.pending.map(\.exchange) == [asked.exchange])
    _ = try machine.handle(.received(.task(task)))
    #expect(try machine.handle(.received(.question(asked))).names == ["tell", "offer"])
  }

  @Test func `goes on computing over a break`() throws {
    var machine = try machine()
    let asked = question(0)
    _ = try machine.handle(.received(.question(asked)))
    _ = try machine.handle(.allowed(asked.exchange, missing: []))
    _ = try machine.handle(.closed)
    _ = try machine.handle(.opened)
    _ = try machine.handle(.received(.task(task)))
    #expect(try machine.handle(.received(.question(asked))).names == [])
    #expect(machine.wants(asked.exchange))
  }

  @Test func `settles what is old before it computes what is new`() throws {
    let first = question(0)
    let old = answer(0, to: first)
    var machine = try machine(pending: [old])
    let next = question(1)
    // Its models are fetched meanwhile, but what is remembered hangs on the outcome of the old answer.
    #expect(try machine.handle(.received(.question(next))).names == ["tell", "offer", "consult"])
    #expect(
      try machine.handle(.allowed(next.exchange, missing: [Self.model])).names == ["keepModels", "fetch"])
    #expect(try machine.handle(.modelArrived(Self.model)).names == [])
    #expect(!machine.wants(next.exchange))
    let settled = Settled(exchange: first.exchange, answer: old.answer, isCommitted: false)
    #expect(try machine.handle(.received(.settled(settled))).names == ["discard", "tell", "compute"])
    #expect(machine.wants(next.exchange))
  }

  @Test func `goes back with the server to a question before one that came to nothing`() throws {
    var machine = try machine()
    let first = question(0)
    _ = try machine.handle(.received(.question(first)))
    _ = try machine.handle(.allowed(first.exchange, missing: []))
    let own = answer(0, to: first)
    _ = try machine.handle(.computed(own))
    // The server tells the next question before the commit, and dies before it.
    #expect(try machine.handle(.received(.question(question(1)))).names == ["tell", "consult"])
    #expect(try machine.handle(.allowed(question(1).exchange, missing: [])).names == ["keepModels"])
    _ = try machine.handle(.closed)
    _ = try machine.handle(.opened)
    _ = try machine.handle(.received(.task(task)))
    #expect(try machine.handle(.received(.question(first))).names == ["tell", "offer"])
    let settled = Settled(exchange: first.exchange, answer: own.answer, isCommitted: true)
    #expect(try machine.handle(.received(.settled(settled))).names == ["commit", "tell"])
    #expect(try machine.handle(.received(.question(question(1)))).names == ["tell", "consult"])
    #expect(
      try machine.handle(.allowed(question(1).exchange, missing: [])).names == ["keepModels", "compute"])
  }

  @Test func `takes a question that is repeated while it is fetched for the same`() throws {
    var machine = try machine()
    let asked = question(0)
    _ = try machine.handle(.received(.question(asked)))
    _ = try machine.handle(.allowed(asked.exchange, missing: [Self.model]))
    #expect(try machine.handle(.received(.question(asked))).names == [])
    #expect(try machine.handle(.modelArrived(Self.model)).names == ["compute"])
  }

  @Test func `drops an answer to a question that is not asked any more`() throws {
    let old = answer(0, to: question(0, "{\"old\":true}"))
    var machine = try machine(pending: [old])
    #expect(try machine.handle(.received(.question(question(0)))).names == ["discard", "tell", "consult"])
  }

  @Test func `does not answer again what was committed`() throws {
    var machine = try machine(committed: [Self.run: 4])
    #expect(try machine.handle(.received(.question(question(4)))).names == ["say declined", "tell"])
    #expect(try machine.handle(.received(.question(question(5)))).names == ["tell", "consult"])
  }

  @Test func `stops computing when the server has moved on`() throws {
    var machine = try machine()
    let first = question(0)
    _ = try machine.handle(.received(.question(first)))
    _ = try machine.handle(.allowed(first.exchange, missing: []))
    _ = try machine.handle(.received(.question(question(1))))
    #expect(!machine.wants(first.exchange))
  }

  @Test func `ends a stream in which the server breaks the protocol`() throws {
    var fresh = SessionMachine(
      software: "test", server: ServerAddress(host: "localhost"), pending: [], committed: [:])
    _ = try fresh.handle(.opened)
    #expect(throws: WireError.self) { try fresh.handle(.received(.question(question(0)))) }
    var machine = try machine()
    _ = try machine.handle(.received(.question(question(3))))
    #expect(throws: WireError.self) { try machine.handle(.received(.question(question(2)))) }
    let own = answer(3, to: question(3))
    _ = try machine.handle(.computed(own))
    #expect(throws: WireError.self) {
      try machine.handle(.received(.send(own.exchange, offset: own.size + 1)))
    }
  }
}

extension [SessionMachine.Effect] {
  /// What the effects are called.
  fileprivate var names: [String] {
    map { effect in
      switch effect {
      case .say(.declined): "say declined"
      case .say: "say"
      case .consult: "consult"
      case .fetch: "fetch"
      case .compute: "compute"
      case .offer: "offer"
      case .send: "send"
      case .commit: "commit"
      case .discard: "discard"
      case .forget: "forget"
      case .keepModels: "keepModels"
      case .tell: "tell"
      case .leave: "leave"
      }
    }
  }
}
