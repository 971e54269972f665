/// The participants of a run, each once, in ascending order: made once for all its exchanges.
public struct Roster: Sendable {
  /// The participants, in ascending order.
  public let participants: [ParticipantID]
  private let members: Set<ParticipantID>

  /// - Precondition: no participant is named twice.
  public init(_ participants: [ParticipantID]) {
    self.participants = participants.sorted()
    members = Set(participants)
    precondition(members.count == participants.count, "a participant takes part once")
  }

  /// How many there are.
  public var count: Int { participants.count }

  /// Whether a participant is among them.
  public func contains(_ participant: ParticipantID) -> Bool { members.contains(participant) }
}
