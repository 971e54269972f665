import AtollFederation
import AtollLearning
import AtollNumerics
import AtollStore
import Testing

@testable import AtollServer

/// Both sides of the protocol with their real stores, through faults drawn by a seed.
@Suite struct `Whatever fails` {
  @Test(arguments: 0..<24)
  func `the model has the same bytes, and nothing is lost or counted twice`(seed: Int) throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.task(
      federation: "{strategy: scaffold, rounds: 2, quorum: 1.0}", model: "logistic")
    var data: [ParticipantID: LocalData] = [:]
    for name in FourHospitals.names {
      data[name] = try LocalData(csv: hospitals.table(of: name), for: task, participant: name)
    }
    let expected = try hospitals.simulated(task)
    func check<P: FederatedProgram<LearnedModel>>(_ program: P) throws {
      var simulation = try FaultSimulation(
        hospitals, task, program: program, data: data, seed: UInt64(seed), faults: 40)
      try simulation.run()
      #expect(simulation.failure == nil)
      #expect(try simulation.hash == expected)
      #expect(try simulation.violations().isEmpty)
      let counts = simulation.counts
      #expect(counts.breaks > 0 && counts.deaths > 0 && counts.serverDeaths > 0)
    }
    try check(task.program())
  }
}
