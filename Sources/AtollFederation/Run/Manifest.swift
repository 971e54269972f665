public import AtollNumerics

/// What a run is of: the first link of the chain of its records.
public struct RunHeader: Hashable, Codable, Sendable {
  /// Version of Atoll that began the run.
  public let atoll: String
  /// ``FederatedTask/contentHash``.
  public let task: ContentHash
  public let seed: UInt64
  /// SHA-256 of what was read, by file.
  public let data: [String: ContentHash]
  public let participants: [ParticipantID]

  public init(
    atoll: String, task: ContentHash, seed: UInt64, data: [String: ContentHash], participants: [ParticipantID]
  ) {
    self.atoll = atoll
    self.task = task
    self.seed = seed
    self.data = data
    self.participants = participants
  }

  /// SHA-256 of the header as canonical JSON.
  public var hash: ContentHash {
    get throws { ContentHash(of: try CanonicalJSON.encode(self)) }
  }
}

/// The finished record of a run: `manifest.json`.
public struct Manifest: Hashable, Codable, Sendable {
  public let header: RunHeader
  /// Every exchange, each with the SHA-256 of its predecessor; the first with that of the header.
  public let exchanges: [ExchangeRecord]
  /// SHA-256 of the last record: the end of the chain.
  public let head: ContentHash
  /// SHA-256 of `model.safetensors`.
  public let model: ContentHash

  public init(header: RunHeader, exchanges: [ExchangeRecord], model: ContentHash) throws {
    self.header = header
    self.exchanges = exchanges
    self.model = model
    head = try exchanges.last?.hash ?? header.hash
  }

  /// Recomputes the chain.
  ///
  /// - Returns: the number of the first exchange whose record does not follow from its predecessor; the number of
  ///   exchanges where the chain does not end as it should; nil when all holds.
  public func firstBrokenLink() throws -> Int? {
    var link = try header.hash
    for (number, record) in exchanges.enumerated() {
      guard record.previous == link, record.exchange == number else { return number }
      link = try record.hash
    }
    return link == head ? nil : exchanges.count
  }

  /// Who contributed to each exchange, for a run that repeats this one.
  public var contributors: [[Contributor]] { exchanges.map(\.contributors) }
}
