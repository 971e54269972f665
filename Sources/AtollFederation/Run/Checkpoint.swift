public import AtollLearning
public import AtollNumerics
package import AtollPrivacy
public import FoundationEssentials

/// What is true of a run after a commit: all that is needed to go on after a crash.
public struct Checkpoint: Codable, Sendable {
  /// The record of the last commit; nil before the first.
  public var record: ExchangeRecord?
  /// The program, as JSON; models are named by hash.
  public var program: Data
  /// ``FederatedProgram/kind`` of the program, as a check.
  public var kind: String
  /// What participants remember, by hash of the bytes of their ``LocalState``.
  public var states: [ParticipantID: ContentHash]
  /// Bytes moved since the last round was reported.
  package var traffic: Traffic
  /// Time of the run at the commit.
  public var time: Instant
  /// Asynchronous work that is under way.
  package var computing: [Assignment]
  /// Who took part in which round, where noise is correlated over rounds; nil elsewhere, and before the first.
  package var participation: ParticipationBook<ParticipantID>?
  /// The questions of earlier exchanges that are still being answered, by number of the exchange.
  public var questions: [Int: Question]

  /// A question as it travels: models are named by hash.
  public struct Question: Hashable, Codable, Sendable {
    /// Kind of the question.
    public let kind: String
    /// The question, as JSON.
    public let query: Data

    public init(kind: String, query: Data) {
      self.kind = kind
      self.query = query
    }
  }

  package init(
    record: ExchangeRecord?, program: Data, kind: String, states: [ParticipantID: ContentHash] = [:],
    traffic: Traffic = Traffic(), time: Instant = .start, computing: [Assignment] = [],
    questions: [Int: Question] = [:]
  ) {
    self.record = record
    self.program = program
    self.kind = kind
    self.states = states
    self.traffic = traffic
    self.time = time
    self.computing = computing
    self.questions = questions
  }
}

/// Work that a participant does across exchanges.
package struct Assignment: Hashable, Codable, Sendable {
  package let participant: ParticipantID
  package let work: RoundMachine.Work
  /// When the answer arrives, in the simulator's time.
  package let arrival: Instant

  package init(participant: ParticipantID, work: RoundMachine.Work, arrival: Instant) {
    self.participant = participant
    self.work = work
    self.arrival = arrival
  }
}

/// One committed exchange, for good: a line of the manifest.
///
/// Each record carries the SHA-256 of its predecessor, so that none can be changed, removed or put in between unseen.
public struct ExchangeRecord: Hashable, Codable, Sendable {
  /// Number of the exchange, from 0.
  public let exchange: Int
  /// Kind of the question.
  public let query: String
  /// Whose answers are in the sum, in ascending order.
  public let contributors: [Contributor]
  /// SHA-256 of the program after the exchange; with it of its models.
  public let program: ContentHash
  /// The round that the exchange finished; nil where it finished none.
  public let round: RoundReport?
  /// SHA-256 of the record before, as canonical JSON; of the run's header for the first.
  public let previous: ContentHash

  public init(
    exchange: Int, query: String, contributors: [Contributor], program: ContentHash, round: RoundReport?,
    previous: ContentHash
  ) {
    self.exchange = exchange
    self.query = query
    self.contributors = contributors
    self.program = program
    self.round = round
    self.previous = previous
  }

  /// SHA-256 of the record as canonical JSON.
  public var hash: ContentHash {
    get throws { ContentHash(of: try canonicalJSON) }
  }
}

/// JSON with sorted keys and nothing to choose: equal values give equal bytes.
public enum CanonicalJSON {
  /// The value as bytes.
  ///
  /// - Parameters:
  ///   - value: what is encoded.
  ///   - blobs: where models go, which are named by their hash; nil where the value has none.
  public static func encode(_ value: some Encodable, blobs: (any BlobStore)? = nil) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if let blobs { encoder.userInfo[.blobs] = blobs }
    return try encoder.encode(value)
  }

  /// The value that bytes stand for.
  ///
  /// - Parameters:
  ///   - type: what the bytes stand for.
  ///   - bytes: what `encode` gave.
  ///   - blobs: where models are; nil where the value has none.
  ///   - models: the models of one's own that the value may name.
  public static func decode<Value: Decodable>(
    _ type: Value.Type = Value.self, from bytes: Data, blobs: (any BlobStore)? = nil,
    models: ModelRegistry = ModelRegistry()
  ) throws -> Value {
    let decoder = JSONDecoder()
    if let blobs { decoder.userInfo[.blobs] = blobs }
    decoder.userInfo[.models] = models
    return try decoder.decode(type, from: bytes)
  }
}
