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
}
