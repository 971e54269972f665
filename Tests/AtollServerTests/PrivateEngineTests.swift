import AtollFederation
import AtollNumerics
import AtollPrivacy
import AtollStore
import AtollWire
import Foundation
import Testing

@testable import AtollServer

/// The server's driver of a run that promises privacy.
@Suite struct `A private run's engine` {
  private static let noise = """
    protection: {clip: 1.0}
    privacy: {unit: participant, noise-multiplier: 1.0, exact: [evaluation, preprocessing]}
    """

  private func withRig(
    _ federation: String, _ more: String = noise,
    _ body: (inout any Rig, StoredRun) throws -> Void
  ) throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.task(federation: federation, more: more)
    func open<P: FederatedProgram<LearnedModel>>(_ program: P) throws -> (any Rig, StoredRun) {
      let rig = try EngineRig(hospitals, task, program: program)
      return (rig, rig.stored)
    }
    var (rig, stored) = try open(task.program())
    try body(&rig, stored)
  }

  private func reachTraining(_ rig: inout any Rig) throws {
    rig.arriveAll()
    while let kind = rig.asked.values.first?.kind, !kind.hasPrefix("train") { try rig.replyAllOfThis() }
  }

  @Test func `no question that holds noise travels ahead of its commit`() throws {
    for (more, travels) in [(Self.noise, false), ("protection: {clip: 1.0}", true)] {
      try withRig("{rounds: 2}", more) { rig, _ in
        try reachTraining(&rig)
        let trained = try #require(rig.asked.values.first?.exchange.exchange)
        try rig.set(.readOnly, true)
        try rig.replyAllOfThis()
        // The disk takes nothing: what follows is known, and told only where after a crash it would be the same again.
        #expect(rig.asked.values.contains { $0.exchange.exchange > trained } == travels)
        try rig.set(.readOnly, false)
        rig.pass(.seconds(3))
        try rig.replyAll()
        #expect(rig.model?.rounds == 2)
      }
    }
  }

  @Test func `a secret cohort outlives a kill, shows nowhere, and is erased with the commit`() throws {
    try withRig("{rounds: 3, cohort: {poisson: 0.5}}") { rig, stored in
      rig.arriveAll()
      var seen = 0
      while rig.model == nil, rig.failure == nil {
        guard let kind = rig.asked.values.first?.kind else { break }
        if kind.hasPrefix("train") {
          let asked = Set(rig.asked.keys)
          let kept = try #require(try rig.store.secret(of: stored.id))
          let cohort = try CanonicalJSON.decode(SecretCohort.self, from: kept)
          #expect(Set(cohort.participants) == asked)
          let waiting = try #require(rig.waiting)
          #expect(waiting.cohort.isEmpty && waiting.answered.isEmpty && waiting.awaited.isEmpty)
          #expect(waiting.words(at: .now).contains("a secret sample of participants"))
          // What participants are told does not give away how many they are.
          #expect(Set(rig.asked.values.map(\.required)) == [2])
          try rig.restart()
          #expect(Set(rig.asked.keys) == asked)
          seen += 1
        }
        try rig.replyAllOfThis()
      }
      // Of four coins all may fall on tails, and the round passes without a question.
      #expect(seen <= 3 && rig.model?.rounds == 3)
      #expect(try rig.store.secret(of: stored.id) == nil)
      let trained = try rig.store.records(of: stored.id).filter { $0.query.hasPrefix("train") }
      #expect(trained.count == 3)
      #expect(trained.allSatisfy { $0.contributors.isEmpty })
    }
  }

  @Test func `the budget ends the run with the model of the last round that was within`() throws {
    let more = """
      protection: {clip: 1.0}
      privacy: {unit: participant, epsilon: 8, noise-multiplier: 1.0, exact: [evaluation, preprocessing]}
      """
    try withRig("{rounds: 9}", more) { rig, _ in
      rig.arriveAll()
      try rig.replyAll()
      #expect(rig.failure == nil)
      let plan = PrivacyPlan(unit: .participant, epsilon: 8, noiseMultiplier: 1)
      let within = try (1...9).last { try plan.guarantee(rounds: $0).epsilon <= 8 }
      let rounds = try #require(within)
      #expect(rig.model?.rounds == rounds)
      #expect(rounds < 9)
    }
  }

  // MARK: Correlated noise

  private static let correlated = [
    """
    protection: {clip: 1.0}
    privacy: {noise-multiplier: 2.0, mechanism: tree, exact: [evaluation, preprocessing]}
    """,
    """
    protection: {clip: 1.0}
    privacy: {noise-multiplier: 2.0, mechanism: {kind: banded, bands: 2}, exact: [evaluation, preprocessing]}
    """,
  ]

  /// The memory that is on the disk, and who took part.
  private func kept(
    _ rig: any Rig, _ stored: StoredRun
  ) throws -> (memory: NoiseMemory?, book: ParticipationBook<ParticipantID>?) {
    let memory = try rig.store.secret(of: stored.id).map { try NoiseMemory(secretBytes: $0) }
    return (memory, try rig.store.checkpoint(of: stored.id)?.participation)
  }

  @Test(arguments: correlated)
  func `the memory of noise is committed with its sum, outlives every kill, and goes with the last round`(
    _ more: String
  ) throws {
    try withRig("{rounds: 5, cohort: 2}", more) { rig, stored in
      rig.arriveAll()
      var trained = 0
      var turns: [ParticipantID: [Int]] = [:]
      while rig.model == nil, rig.failure == nil {
        guard let kind = rig.asked.values.first?.kind else { break }
        let asked = Set(rig.asked.keys)
        let before = try kept(rig, stored)
        #expect(before.memory?.round == (trained == 0 || trained == 5 ? nil : trained))
        if kind.hasPrefix("train") {
          #expect(asked.count == 2)
          // Killed with the question under way: the same ones are asked, with the memory from before.
          try rig.restart()
          #expect(Set(rig.asked.keys) == asked)
          #expect(try kept(rig, stored) == before)
          // Killed when the noise was drawn and could not be written: nothing of it stays, nobody has seen it.
          try rig.set(.readOnly, true)
          try rig.replyAllOfThis()
          #expect(rig.asked.isEmpty)
          #expect(try kept(rig, stored) == before)
          try rig.set(.readOnly, false)
          try rig.restart()
          // Answers that were kept at the participants come by themselves.
          if try kept(rig, stored).book == before.book { try rig.replyAllOfThis() }
          let after = try kept(rig, stored)
          for name in asked {
            turns[name, default: []].append(trained)
            #expect(after.book?.times(name) == turns[name]?.count)
          }
          trained += 1
          #expect(after.memory?.round == (trained == 5 ? nil : trained))
        } else {
          try rig.replyAllOfThis()
        }
      }
      #expect(rig.failure == nil && rig.model?.rounds == 5)
      #expect(trained == 5 && turns.count == 4)
      #expect(turns.values.allSatisfy { zip($0, $0.dropFirst()).allSatisfy { $1 - $0 >= 2 } })
      #expect(try rig.store.secret(of: stored.id) == nil)
      // Whose turn it was is on record, and what public coins say.
      let records = try rig.store.records(of: stored.id).filter { $0.query.hasPrefix("train") }
      for (round, record) in records.enumerated() {
        let cohort = Audience.turn(.count(2), round: round).cohort(
          of: FourHospitals.names, seed: 7, exchange: record.exchange)
        #expect(record.contributors.map(\.participant) == cohort)
      }
    }
  }

  @Test func `a disk that is full for a while gets the noise that was drawn, once`() throws {
    try withRig("{rounds: 2, cohort: 2}", Self.correlated[0]) { rig, stored in
      try reachTraining(&rig)
      try rig.set(.readOnly, true)
      try rig.replyAllOfThis()
      rig.pass(.seconds(3))
      #expect(try kept(rig, stored).memory == nil)
      try rig.set(.readOnly, false)
      rig.pass(.seconds(3))
      #expect(try kept(rig, stored).memory?.round == 1)
      try rig.replyAll()
      #expect(rig.failure == nil && rig.model?.rounds == 2)
      #expect(try rig.store.secret(of: stored.id) == nil)
    }
  }

  @Test func `a run that ends leaves no memory behind`() throws {
    try withRig("{rounds: 4, cohort: 2}", Self.correlated[0]) { rig, stored in
      try reachTraining(&rig)
      try rig.replyAllOfThis()
      #expect(try kept(rig, stored).memory?.round == 1)
      let event = RunEvent.failed(
        RunEvent.Failed(rounds: 1, reason: "cancelled", hint: nil, participant: nil, time: "now"))
      try rig.store.end(stored.id, .cancelled, reason: "cancelled", event: event, actor: "operator")
      #expect(try rig.store.secret(of: stored.id) == nil)
    }
  }

  @Test func `a backup has no memory of noise, and what is restored of it does not go on`() throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.task(federation: "{rounds: 4, cohort: 2}", more: Self.correlated[0])
    func check<P: FederatedProgram<LearnedModel>>(_ program: P) throws {
      let path = hospitals.folder.path
      var rig = try EngineRig(hospitals, task, program: program, state: "engine")
      _ = try ServerState(in: path + "/engine", creating: true)
      for rounds in [0, 1] {
        if rounds == 0 { rig.arriveAll() }
        while let kind = rig.asked.values.first?.kind, !kind.hasPrefix("train") { try rig.replyAllOfThis() }
        if rounds == 1 { try rig.replyAllOfThis() }
        let memory = try rig.store.secret(of: rig.stored.id)
        #expect((memory != nil) == (rounds == 1))
        _ = try Backup(of: path + "/engine", to: "\(path)/copy\(rounds)")
        let bytes = try Data(contentsOf: URL(filePath: "\(path)/copy\(rounds)/state/atoll.sqlite"))
        if let memory { #expect(bytes.range(of: memory.suffix(64)) == nil) }
        // The server itself goes on.
        #expect(try rig.store.secret(of: rig.stored.id) == memory)
        _ = try Backup(restoring: "\(path)/copy\(rounds)", to: "\(path)/restored\(rounds)")
        let store = try ServerStore(in: "\(path)/restored\(rounds)")
        let run = try #require(try store.run(rig.stored.id))
        var again = try EngineRig(hospitals, task, program: program, stored: run, store: store)
        again.arriveAll()
        try again.replyAll()
        #expect(again.failure?.code == .resume)
        #expect(again.failure?.message.contains("is in no backup") == true, "\(again.failure as Any)")
      }
    }
    try check(task.program())
  }
}
