import AtollClient
import AtollFederation
import AtollNumerics
import AtollWire
import Testing

@testable import AtollServer

extension TestServer {
  /// Runs a task with the four hospitals until it is over.
  ///
  /// - Parameter member: makes each of them, of its identity and where the server is.
  func deploy(
    _ task: FederatedTask, to hospitals: FourHospitals,
    member: @escaping @Sendable (ParticipantID, Identity) throws -> Participant
  ) async throws -> (run: RunID, events: [RunEvent]) {
    try await serve { [self] address in
      var identities: [ParticipantID: Identity] = [:]
      for name in FourHospitals.names {
        identities[name] = try await enroll(name, at: address, in: hospitals.folder)
      }
      let run = try await submit(task)
      let members = identities
      return try await withThrowingTaskGroup(of: [RunEvent]?.self) { group in
        for (name, identity) in members {
          group.addTask {
            let ending = try await member(name, identity).run { _, _, _ in true }
            #expect(ending?.run == run.run)
            return nil
          }
        }
        group.addTask { try await self.watch(run.run) }
        var events: [RunEvent] = []
        for try await told in group { if let told { events = told } }
        return (run.run, events)
      }
    }
  }
}

extension [RunEvent] {
  /// SHA-256 of the model that the run ended with; nil when it did not finish.
  var model: ContentHash? { if case .finished(let end)? = last { end.hash } else { nil } }

  /// Bytes that the server counted from the participants.
  var bytesUp: Int {
    reduce(0) { sum, event in if case .round(let report, _) = event { sum + report.bytesUp } else { sum } }
  }
}
