public import AtollFederation
public import AtollLearning

/// The participants of a simulated run and their data, loaded when they are needed.
public protocol Population: Sendable {
  /// Their names, in any order.
  var participants: [ParticipantID] { get }

  /// The rows of one participant. Called from several threads, once for each exchange that the participant is in.
  func data(of participant: ParticipantID) throws -> LocalData

  /// Whether all rows are in memory: then those of the next participant are asked for while one is at work. By default
  /// false, and a thread holds the rows of one participant at a time.
  var isInMemory: Bool { get }
}

extension Population {
  /// Not known to be.
  public var isInMemory: Bool { false }
}

/// Participants whose data are in memory.
public struct MemoryPopulation: Population {
  public let participants: [ParticipantID]
  public var isInMemory: Bool { true }
  private let data: [ParticipantID: LocalData]

  /// Participants and their rows.
  public init(_ data: [ParticipantID: LocalData]) {
    self.data = data
    participants = data.keys.sorted()
  }

  /// Participants with a table each, nothing of it held out.
  public init(_ tables: [ParticipantID: Table]) { self.init(tables.mapValues { LocalData($0) }) }

  /// Participants with examples each, nothing of them held out.
  public init(_ examples: [ParticipantID: Dataset]) { self.init(examples.mapValues { LocalData($0) }) }

  public func data(of participant: ParticipantID) throws -> LocalData {
    guard let data = data[participant] else {
      throw RunFailure(.worker, "there is no participant named \(participant)")
    }
    return data
  }
}
