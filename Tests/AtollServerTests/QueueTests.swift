import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import Foundation
import Testing

@testable import AtollServer

/// So many runs go on at a time; the others wait for their turn, also over a restart.
@Suite(.timeLimit(.minutes(3))) struct `The queue of runs` {
  /// The status of each run, in the order of submission.
  private func statuses(_ server: TestServer) async throws -> [RunStatus] {
    try await server.operatorClient.runs().reversed().map(\.status)
  }

  @Test func `starts them in the order of submission, when one ends`() async throws {
    let hospitals = try FourHospitals()
    let task = try hospitals.task(federation: "{rounds: 1, deadline: 1h}")
    let server = TestServer(in: hospitals.folder, runsAtOnce: 1)
    let first = try await server.serve { address -> [RunOverview] in
      for name in FourHospitals.names {
        _ = try await server.enroll(name, at: address, in: hospitals.folder)
      }
      var runs: [RunOverview] = []
      for _ in 0..<3 { runs.append(try await server.submit(task)) }
      return runs
    }
    #expect(first.map(\.status) == [.running, .queued, .queued])
    #expect(first[1].detail.contains("waits for its turn"))
    try await server.serve { _ in
      // As before the restart.
      #expect(try await statuses(server) == [.running, .queued, .queued])
      // One that waits can be cancelled; its place is free.
      #expect(try await server.operatorClient.cancel(first[1].run).status == .cancelled)
      _ = try await server.operatorClient.cancel(first[0].run)
      let deadline = ContinuousClock.now + .seconds(20)
      while try await statuses(server) != [.cancelled, .cancelled, .running] {
        try #require(.now < deadline, "the third run does not start")
        try await Task.sleep(for: .milliseconds(20))
      }
    }
  }

  @Test func `files of old runs go, the records stay`() throws {
    let folder = try TestFolder()
    let state = try ServerState(in: folder.path + "/server", creating: true)
    let hospitals = try FourHospitals()
    let task = try hospitals.task()
    var runs: [RunID] = []
    for _ in 0..<3 {
      let run = try state.store.begin(
        task,
        header: RunHeader(
          atoll: "test", task: task.contentHash, seed: 0, data: [:], participants: FourHospitals.names),
        Submission(source: "", signature: Data(), signer: Data(), submittedBy: "operator"))
      _ = try RunFolder(run.id, in: state.store)
      runs.append(run.id)
      let failed = RunEvent.Failed(rounds: 0, reason: "a test", hint: nil, participant: nil, time: "")
      try state.store.end(run.id, .failed, reason: "a test", event: .failed(failed), actor: "test")
    }
    _ = try Coordinator(state, limits: RunLimits(atOnce: 1, kept: 2))
    #expect(
      runs.map { FileManager.default.fileExists(atPath: "\(folder.path)/server/runs/\($0)") }
        == [false, true, true])
    // What was under way in runs that are over goes in any case.
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/server/runs/\(runs[2])/state"))
    #expect(try state.store.runs().map(\.id) == runs.reversed())
  }
}
