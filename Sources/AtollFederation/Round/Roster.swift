/// The participants of a run, each once, in ascending order: made once for all its exchanges.
public struct Roster: Sendable {
  public let participants: [ParticipantID]
  private let members: Set<ParticipantID>

  /// - Precondition: no participant is named twice.
  public init(_ participants: [ParticipantID]) {
    self.participants = participants.sorted()
    members = Set(participants)
    precondition(members.count == participants.count, "a participant takes part once")
  }

  public var count: Int { participants.count }

  public func contains(_ participant: ParticipantID) -> Bool { members.contains(participant) }
}
