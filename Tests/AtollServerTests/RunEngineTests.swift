import AtollFederation
import AtollLearning
import AtollNumerics
import AtollStore
import AtollWire
import Foundation
import GRDB
import Testing

@testable import AtollServer

/// The server's driver of a run, event by event.
@Suite struct `A run's engine` {
  /// Runs a body with a rig for a task.
  private func withRig(
    _ federation: String, _ body: (inout any Rig, FourHospitals, FederatedTask) throws -> Void
  ) throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.task(federation: federation)
    func open<P: FederatedProgram<LearnedModel>>(_ program: P) throws -> any Rig {
      try EngineRig(hospitals, task, program: program)
    }
    var rig = try open(task.program())
    try body(&rig, hospitals, task)
  }

  @Test func `ends with the model of the simulation, whoever answers first`() throws {
    try withRig("{strategy: scaffold, rounds: 3}") { rig, hospitals, task in
      rig.arriveAll()
      while let last = rig.asked.keys.max() { try rig.reply(last) }
      #expect(try rig.hash == hospitals.simulated(task))
      #expect(rig.refusals.isEmpty)
    }
  }

  @Test func `goes on after a death at any moment, and counts nothing twice`() throws {
    try withRig("{strategy: scaffold, rounds: 3}") { rig, hospitals, task in
      rig.arriveAll()
      var coins = RandomStream(seed: 5, purpose: .network)
      var deaths = 0
      while let next = rig.asked.keys.min() {
        try rig.reply(next)
        if deaths < 25, coins.uniform() < 0.4 {
          try rig.restart()
          deaths += 1
        }
      }
      #expect(deaths == 25)
      #expect(try rig.hash == hospitals.simulated(task))
      // Each answer that counts was settled as committed exactly once, or again after a death; never as discarded.
      #expect(!rig.settled.contains { !$0.1.isCommitted })
    }
  }

  @Test func `opens when enough are there, and asks those who come later`() throws {
    try withRig("{rounds: 1, quorum: 0.5, deadline: 60s}") { rig, _, _ in
      rig.arrive("ashford", "birk", "corvo")
      // The preparation needs everyone.
      #expect(rig.asked.isEmpty)
      #expect(rig.waiting?.awaited == ["dalen"])
      rig.arrive("dalen")
      #expect(rig.asked.count == 4)
      // Who joins anew is asked anew.
      rig.handleLeft("birk")
      rig.arrive("birk")
      #expect(rig.asked.count == 4)
    }
  }

  @Test func `ends at the deadline, naming who is missing`() throws {
    try withRig("{rounds: 1, deadline: 60s}") { rig, _, _ in
      rig.arrive("ashford", "birk", "corvo")
      rig.pass(.seconds(59))
      #expect(rig.failure == nil)
      rig.pass(.seconds(1))
      #expect(rig.failure?.code == .quorum)
      #expect(rig.failure?.message.contains("missing: dalen") == true)
    }
  }

  @Test func `closes a round at its deadline with the quorum, and discards who comes late`() throws {
    try withRig("{rounds: 2, quorum: 0.75, deadline: 60s}") { rig, hospitals, task in
      rig.arriveAll()
      while let kind = rig.asked.values.first?.kind, !kind.hasPrefix("train") { try rig.replyAllOfThis() }
      let late = try rig.answer(of: "dalen")
      for name in ["ashford", "birk", "corvo"] as [ParticipantID] { try rig.reply(name) }
      rig.pass(.seconds(61))
      // The round is committed without dalen, whose answer comes now.
      rig.offer(late, of: "dalen")
      #expect(rig.refusals["dalen"] == [.late])
      #expect(rig.settled.last?.0 == "dalen" && rig.settled.last?.1.isCommitted == false)
      try rig.replyAll()
      #expect(rig.failure == nil)
      #expect(try rig.hash != hospitals.simulated(task))
    }
  }

  @Test func `refuses by name what it did not ask for`() throws {
    try withRig("{rounds: 1, quorum: 0.5}") { rig, _, _ in
      rig.arriveAll()
      while let kind = rig.asked.values.first?.kind, !kind.hasPrefix("train") { try rig.replyAllOfThis() }
      let good = try rig.answer(of: "ashford")
      // Another question's answer; one of an exchange that is not yet; one that is too long.
      var wrong = good
      wrong.question = .ofNothing
      rig.offer(wrong, of: "ashford")
      wrong = good
      wrong.exchange = ExchangeID(good.exchange.run, good.exchange.exchange + 1)
      rig.offer(wrong, of: "ashford")
      wrong = good
      wrong.size = 1 << 30
      rig.offer(wrong, of: "ashford")
      // Content that is not what was offered.
      wrong = good
      wrong.content = Data(repeating: 0, count: good.size)
      rig.offer(wrong, of: "ashford")
      #expect(rig.refusals["ashford"] == [.replayed, .replayed, .tooLarge, .malformed])
      // It may still answer, once.
      try rig.reply("ashford")
      rig.offer(good, of: "ashford")
      #expect(rig.refusals["ashford"]?.count == 4)
      var other = Data(good.content ?? Data())
      other[20] ^= 1
      wrong = good
      wrong.answer = ContentHash(of: other)
      wrong.content = other
      rig.offer(wrong, of: "ashford")
      #expect(rig.refusals["ashford"]?.last == .duplicate)
      // A stranger, who has nothing to withdraw from either, and numbers that are none.
      rig.decline(
        Declined(exchange: good.exchange, reason: "", isByPolicy: true, withdraws: true), of: "nobody")
      #expect(try rig.store.withdrawals(from: good.exchange.run).isEmpty)
      rig.offer(good, of: "nobody")
      #expect(rig.refusals["nobody"] == [.notInvited])
      var poisoned = Data(try rig.answer(of: "birk").content ?? Data())
      withUnsafeBytes(of: Float.nan.bitPattern.littleEndian) {
        poisoned.replaceSubrange(9..<13, with: Data($0))
      }
      rig.offer(
        Offer(
          exchange: good.exchange, question: good.question, answer: ContentHash(of: poisoned),
          size: poisoned.count, content: poisoned), of: "birk")
      #expect(rig.refusals["birk"] == [.outOfRange])
      // It would not be better the next time: nobody waits for it.
      #expect(rig.waiting?.awaited == ["corvo", "dalen"])
      try rig.reply("corvo")
      try rig.reply("dalen")
      try rig.replyAll()
      #expect(rig.failure == nil && rig.model != nil)
    }
  }

  @Test(arguments: DiskTrouble.allCases)
  func `waits for a disk that takes nothing, and goes on`(trouble: DiskTrouble) throws {
    try withRig("{rounds: 2}") { rig, hospitals, task in
      rig.arriveAll()
      try rig.replyAllOfThis()
      // Until there is a model in what is written.
      while trouble == .noFolder, rig.asked.values.first?.blobs.isEmpty == true { try rig.replyAllOfThis() }
      let offers = try rig.asked.keys.sorted().map { ($0, try rig.answer(of: $0)) }
      try rig.set(trouble, true)
      for (name, offer) in offers { rig.offer(offer, of: name) }
      #expect(rig.waiting?.problem?.contains(trouble.rawValue) == true, "\(rig.waiting?.problem ?? "")")
      #expect(rig.waiting?.words(at: .now).contains("waiting for the server's disk") == true)
      #expect(rig.failure == nil)
      rig.pass(.seconds(2))
      #expect(rig.waiting?.problem != nil)
      // Nobody hears of what is not on the disk.
      let settled = rig.settled.count
      try rig.set(trouble, false)
      #expect(rig.settled.count == settled)
      rig.pass(.seconds(2))
      #expect(rig.waiting?.problem == nil)
      try rig.replyAll()
      #expect(try rig.hash == hospitals.simulated(task))
    }
  }

  @Test func `tells the next question before the commit, and settles after it`() throws {
    try withRig("{rounds: 2}") { rig, _, _ in
      rig.arriveAll()
      try rig.replyAllOfThis()
      let (asked, settled) = (rig.asked.count, rig.settled.count)
      // The commit fails: the question is there, the outcome is not.
      try rig.set(.readOnly, true)
      try rig.replyAllOfThis()
      #expect(rig.asked.count == asked)
      #expect(rig.settled.count == settled)
      // The server dies before the commit: it asks the same again, and the answers that are kept are those.
      try rig.set(.readOnly, false)
      let before = rig.asked.values.first?.exchange.exchange
      try rig.restart()
      #expect(rig.asked.values.first?.exchange.exchange == before.map { $0 - 1 })
    }
  }

  /// The files of the models that are kept.
  private func models(of hospitals: FourHospitals) throws -> [String] {
    let runs = hospitals.folder.path + "/engine/runs"
    let run = try #require(try FileManager.default.contentsOfDirectory(atPath: runs).first)
    let blobs = "\(runs)/\(run)/state/blobs"
    return try FileManager.default.contentsOfDirectory(atPath: blobs).sorted().map { blobs + "/" + $0 }
  }

  @Test func `comes back to the models that are there, and writes none again`() throws {
    try withRig("{strategy: fedadam, rounds: 3}") { rig, hospitals, task in
      rig.arriveAll()
      for _ in 0..<20 where rig.waiting?.round != 3 { try rig.replyAllOfThis() }
      func files() throws -> [String: Int?] {
        let files = try models(of: hospitals).map { path in
          (path, try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int)
        }
        return Dictionary(uniqueKeysWithValues: files)
      }
      let before = try files()
      #expect(before.count >= 3, "a model and two moments")
      try rig.restart()
      #expect(rig.asked.values.first?.blobs.isEmpty == false)
      #expect(try files() == before)
      try rig.replyAll()
      #expect(try rig.hash == hospitals.simulated(task))
    }
  }

  @Test func `does not come back to a model that has changed`() throws {
    try withRig("{strategy: fedadam, rounds: 3}") { rig, hospitals, _ in
      rig.arriveAll()
      for _ in 0..<20 where rig.waiting?.round != 3 { try rig.replyAllOfThis() }
      for path in try models(of: hospitals) {
        let whole = try Data(contentsOf: URL(filePath: path))
        var changed = whole
        changed[whole.count - 4] ^= 1
        for bytes in [changed, whole.dropLast(4)] {
          try bytes.write(to: URL(filePath: path))
          let error = #expect(throws: StoreError.self) { try rig.restart() }
          #expect(error?.code == .corrupt)
        }
        try whole.write(to: URL(filePath: path))
      }
      try rig.restart()
      #expect(rig.failure == nil)
    }
  }

  @Test func `ends when it is cancelled, and settles what comes afterwards`() throws {
    try withRig("{rounds: 2}") { rig, _, _ in
      rig.arriveAll()
      let offer = try rig.answer(of: "birk")
      rig.cancel()
      #expect(rig.failure?.code == .cancelled)
      rig.offer(offer, of: "birk")
      #expect(rig.settled.last?.1.isCommitted == false)
    }
  }
}

/// What may be wrong with a server's disk, by the words that a person reads.
enum DiskTrouble: String, CaseIterable {
  case full = "no space left"
  case readOnly = "read-only"
  case noFolder = "cannot be written"
}

/// A rig for any program.
protocol Rig {
  var store: ServerStore { get }
  var asked: [ParticipantID: QuestionMessage] { get }
  var refusals: [ParticipantID: [RefusalCode]] { get }
  var settled: [(ParticipantID, Settled)] { get }
  var model: LearnedModel? { get }
  var failure: RunFailure? { get }
  var hash: ContentHash? { get throws }
  var waiting: Waiting? { get }
  mutating func arrive(_ participants: ParticipantID...)
  mutating func arriveAll()
  mutating func handleLeft(_ participant: ParticipantID)
  mutating func pass(_ time: Duration)
  mutating func cancel()
  mutating func restart() throws
  mutating func answer(of participant: ParticipantID) throws -> Offer
  mutating func offer(_ offer: Offer, of participant: ParticipantID)
  mutating func decline(_ declined: Declined, of participant: ParticipantID)
  mutating func reply(_ participant: ParticipantID) throws
  mutating func replyAll() throws
  mutating func replyAllOfThis() throws
  func set(_ trouble: DiskTrouble, _ isThere: Bool) throws
}

extension EngineRig: Rig {
  var waiting: Waiting? { engine.waiting { .now + $0.sinceStart } }
  mutating func arriveAll() { for name in FourHospitals.names { arrive(name) } }
  mutating func handleLeft(_ participant: ParticipantID) { handle(.left(participant)) }
  mutating func decline(_ declined: Declined, of participant: ParticipantID) {
    handle(.declined(participant, declined))
  }

  mutating func offer(_ offer: Offer, of participant: ParticipantID) { handle(.offered(participant, offer)) }

  /// Everyone who is asked now answers, and nobody what follows from it.
  mutating func replyAllOfThis() throws { for name in asked.keys.sorted() { try reply(name) } }

  /// Lets the disk take nothing, or everything again.
  func set(_ trouble: DiskTrouble, _ isThere: Bool) throws {
    switch trouble {
    case .full:
      try store.write { database in
        let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        try database.execute(sql: "PRAGMA max_page_count = \(isThere ? pages : 1 << 30)")
      }
    case .readOnly:
      try store.database.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA query_only = \(isThere)")
      }
    case .noFolder:
      let models = "\(store.path)/runs/\(stored.id)/state/blobs"
      let (from, to) = isThere ? (models, models + "-away") : (models + "-away", models)
      try FileManager.default.moveItem(atPath: from, toPath: to)
    }
  }
}
