import AtollFederation
import AtollNumerics
import FoundationEssentials
import SwiftProtobuf

extension RunOverview {
  init(_ wire: Atoll_V1_Run) throws(WireError) {
    guard let status = RunStatus(rawValue: wire.status) else {
      throw Incoming.violation("a run's status is not known here")
    }
    var participants: [ParticipantID] = []
    for name in wire.participants {
      guard let participant = ParticipantID(name) else {
        throw Incoming.violation("a participant's name is malformed")
      }
      participants.append(participant)
    }
    self.init(
      run: try Incoming.run(wire.run), task: try Incoming.hash(wire.task), status: status,
      detail: wire.detail, round: Int(wire.round), rounds: Int(wire.rounds), participants: participants,
      submittedBy: wire.submittedBy, submitted: Int(wire.submitted))
  }

  var wire: Atoll_V1_Run {
    .with {
      $0.run = run.name
      $0.task = task.bytes
      $0.status = status.rawValue
      $0.detail = detail.reason
      $0.round = UInt32(clamping: round)
      $0.rounds = UInt32(clamping: rounds)
      $0.participants = participants.map(\.name)
      $0.submittedBy = submittedBy
      $0.submitted = Int64(submitted)
    }
  }
}
