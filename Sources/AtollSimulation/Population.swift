public import AtollFederation

/// The participants of a simulated run and their data, loaded when they are needed.
public protocol Population: Sendable {
  var participants: [ParticipantID] { get }

  /// The rows of one participant. Called from several threads, once for each exchange that the participant is in.
  func data(of participant: ParticipantID) throws -> LocalData
}

/// Participants whose data are in memory.
public struct MemoryPopulation: Population {
  public let participants: [ParticipantID]
  private let data: [ParticipantID: LocalData]

  public init(_ data: [ParticipantID: LocalData]) {
    self.data = data
    participants = data.keys.sorted()
  }

  public func data(of participant: ParticipantID) throws -> LocalData {
    guard let data = data[participant] else {
      throw RunFailure(.worker, "there is no participant named \(participant)")
    }
    return data
  }
}
