import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import Foundation
import Synchronization
import Testing

@testable import AtollServer

/// A server's disk that is full at each write of a run, one after the other.
@Suite struct `A full disk` {
  @Test func `stands in the way of no run, whichever write it strikes`() throws {
    let expected = try Climbing(fullAt: 0..<0)
    #expect(expected.outcome != nil && expected.problems == 0)
    // Questions, commits, and the models that commits name.
    #expect(expected.writes > 2 * Climbing.rounds)
    var stood = 0
    for first in 0..<expected.writes {
      let run = try Climbing(fullAt: first..<first + 2)
      #expect(run.failure == nil, "full at write \(first)")
      #expect(run.outcome == expected.outcome, "full at write \(first)")
      #expect(run.problems <= 2, "full at write \(first)")
      stood += run.problems
    }
    // A model that cannot be written is written with its commit; the run stands still where that fails.
    #expect(stood >= expected.writes / 2)
  }

  @Test func `does not hide that nobody comes`() throws {
    let run = try Climbing(fullAt: 0..<2, leaving: true)
    #expect(run.failure?.code == .quorum)
  }
}

/// A run from its begin to its end, on a disk that has no room for some of its writes.
private struct Climbing {
  static let rounds = 3
  private static let names: [ParticipantID] = ["ash", "birk"]
  private(set) var outcome: [Int64]?
  private(set) var failure: RunFailure?
  /// How often the run stood still for want of room.
  private(set) var problems = 0
  /// Writes that were tried.
  var writes: Int { shelf.room.tried }
  private let shelf: NarrowShelf
  private var engine: RunEngine<Ladder>
  private var now = Instant.start
  private var asked: [(ParticipantID, QuestionMessage)] = []
  private var memories: [ParticipantID: LocalState] = [:]

  /// - Parameter leaving: whether everyone has gone when there is room again.
  init(fullAt writes: Range<Int>, leaving: Bool = false) throws {
    let room = Room(fullAt: writes)
    shelf = NarrowShelf(room: room)
    let task = FaultWorld.task
    let header = RunHeader(
      atoll: "test", task: task.contentHash, seed: task.federation.seed, data: [:], participants: Self.names)
    let stored = StoredRun(
      id: FaultWorld.run, task: task.yaml, header: header, status: .running, reason: "",
      submittedBy: "operator", submitted: 0,
      submission: TaskSignature(source: task.yaml, signature: Data(), signer: Data()))
    let ledger = SimulatedLedger(
      ledger: Ledger(), life: Life(), plan: FaultPlan(seed: 0, kinds: []), mutant: nil)
    engine = try RunEngine(
      stored, task: task,
      program: Ladder(rounds: Self.rounds, quorum: 1, deadline: 60_000, fraction: 1),
      store: NarrowStore(room: room, ledger: ledger), folder: shelf)
    take(engine.begin(at: now))
    for name in Self.names { take(engine.handle(.arrived(name), at: now)) }
    if leaving { for name in Self.names { take(engine.handle(.left(name), at: now)) } }
    while !engine.isOver { try step(leaving) }
  }

  private mutating func step(_ leaving: Bool) throws {
    let stands = engine.waiting({ .now + $0.sinceStart })?.problem != nil
    // Whoever holds an answer waits until it hears of the commit.
    guard !leaving, !stands, let (name, question) = asked.popLast() else {
      if stands { problems += 1 }
      now = now + (leaving ? .seconds(60) : RunEngine<Ladder>.retryDelay)
      return take(engine.handle(.timePassed, at: now))
    }
    let workers = WorkerRegistry(Climber())
    let query = try workers.decode(
      Checkpoint.Question(kind: question.kind, query: question.query), blobs: shelf)
    var context = LocalContext(
      participant: name, data: .ofNobody, exchange: question.exchange.exchange,
      seed: FaultWorld.task.federation.seed, state: memories[name] ?? LocalState(), workbench: Workbench())
    let reply = try workers.answerer(of: query, on: context.workbench)(&context)
    memories[name] = context.state
    let bytes = try EncodedAnswer.encode(reply, to: query, protection: .none)
    let offer = Offer(
      exchange: question.exchange, question: question.hash, answer: ContentHash(of: bytes),
      size: bytes.count, content: bytes)
    take(engine.handle(.offered(name, offer), at: now))
  }

  private mutating func take(_ effects: [RunEngine<Ladder>.Effect]) {
    for effect in effects {
      switch effect {
      case .say(let name, .question(let question)):
        asked.removeAll { $0.0 == name }
        asked.append((name, question))
      case .write: take(engine.handle(.timePassed, at: now))
      case .finished(let sums, _): outcome = sums
      case .failed(let reason): failure = reason
      case .say, .receive, .count, .closed, .told: break
      }
    }
  }
}

/// Counts writes, and has no room for some of them.
private final class Room: Sendable {
  private let full: Range<Int>
  private let count = Mutex(0)

  init(fullAt writes: Range<Int>) { full = writes }

  var tried: Int { count.withLock { $0 } }

  func enter() throws {
    let number = count.withLock { count in
      defer { count += 1 }
      return count
    }
    if full.contains(number) {
      throw StoreError(.cannotWrite, path: "disk", "cannot be written: there is no space left on the disk")
    }
  }
}

private final class NarrowShelf: ModelShelf {
  let room: Room
  private let blobs = MemoryRunStore(keepsRecords: false)

  init(room: Room) { self.room = room }

  func put(_ bytes: Data) throws -> ContentHash {
    try room.enter()
    return blobs.put(bytes)
  }

  func get(_ hash: ContentHash) throws -> Data { try blobs.get(hash) }

  func synchronize() throws { try room.enter() }

  func keep(_ hashes: Set<ContentHash>) {}
}

private struct NarrowStore: CommitStore {
  let room: Room
  let ledger: SimulatedLedger

  func checkpoint(of run: RunID) throws -> Checkpoint? { try ledger.checkpoint(of: run) }
  func records(of run: RunID) throws -> [ExchangeRecord] { try ledger.records(of: run) }
  func contribution(of participant: ParticipantID, to exchange: ExchangeID) throws -> ContentHash? {
    try ledger.contribution(of: participant, to: exchange)
  }

  func commit(_ commit: ServerStore.Commit, to run: RunID) throws {
    try room.enter()
    try ledger.commit(commit, to: run)
  }

  func keepSecret(_ bytes: Data, of run: RunID) throws {
    try room.enter()
    try ledger.keepSecret(bytes, of: run)
  }

  func secret(of run: RunID) throws -> Data? { try ledger.secret(of: run) }

  func withdraw(_ participant: ParticipantID, from run: RunID) throws {
    try room.enter()
    try ledger.withdraw(participant, from: run)
  }

  func withdrawals(from run: RunID) throws -> Set<ParticipantID> { try ledger.withdrawals(from: run) }
}
