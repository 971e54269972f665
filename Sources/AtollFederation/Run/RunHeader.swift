public import AtollNumerics

/// What a run is of: the first link of the chain of its records.
public struct RunHeader: Hashable, Codable, Sendable {
  /// Version of Atoll that began the run.
  public let atoll: String
  /// ``FederatedTask/contentHash``.
  public let task: ContentHash
  /// The run's seed.
  public let seed: UInt64
  /// SHA-256 of what was read, by file.
  public let data: [String: ContentHash]
  /// Who takes part, in ascending order.
  public let participants: [ParticipantID]
  /// The command line of the program that trained, where it was not Atoll.
  public let trainer: String?

  /// The version of this program.
  package static let currentVersion = "0.1.0"

  public init(
    atoll: String, task: ContentHash, seed: UInt64, data: [String: ContentHash],
    participants: [ParticipantID],
    trainer: String? = nil
  ) {
    self.atoll = atoll
    self.task = task
    self.seed = seed
    self.data = data
    self.participants = participants
    self.trainer = trainer
  }

  /// SHA-256 of the header as canonical JSON.
  public var hash: ContentHash {
    get throws { ContentHash(of: try CanonicalJSON.encode(self)) }
  }
}
