public import AtollNumerics

/// What left a participant, when, and to whom: one line of its receipts.
public struct Receipt: Hashable, Codable, Sendable {
  /// Something that is about to leave.
  public struct Entry: Hashable, Codable, Sendable {
    /// To whom: the server's name.
    public var recipient: String
    /// The run that it belongs to.
    public var run: String
    /// Number of the exchange in its run, from 0.
    public var exchange: Int
    /// The round that is trained with it, from 1; nil where none is.
    public var round: Int?
    /// What it is, in plain words: `the update of round 4: 31 numbers, and the number of training rows`.
    public var what: String
    /// How many bytes.
    public var bytes: Int
    /// SHA-256 of the bytes.
    public var hash: ContentHash

    /// - Parameters:
    ///   - what: in plain words.
    ///   - recipient: to whom.
    ///   - run: the run that it belongs to.
    ///   - exchange: number of the exchange in its run, from 0.
    ///   - round: the round that is trained with it, from 1; nil where none is.
    ///   - bytes: how many bytes.
    ///   - hash: SHA-256 of the bytes.
    public init(
      _ what: String, to recipient: String, run: String, exchange: Int, round: Int? = nil, bytes: Int,
      hash: ContentHash
    ) {
      self.what = what
      self.recipient = recipient
      self.run = run
      self.exchange = exchange
      self.round = round
      self.bytes = bytes
      self.hash = hash
    }
  }

  /// What left.
  public let entry: Entry
  /// Its place in the book, from 1.
  public let number: Int
  /// When it was written, which is before it left, in UTC: `2026-05-17T09:30:00Z`.
  public let time: String
  /// SHA-256 of the line before, without its end; of the book's first line for the first receipt.
  public let previous: ContentHash

  init(_ entry: Entry, number: Int, time: String, previous: ContentHash) {
    self.entry = entry
    self.number = number
    self.time = time
    self.previous = previous
  }

  private enum Key: String, CodingKey {
    case bytes, exchange, number, previous, round, run, sha256, time, to, what
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    entry = Entry(
      try container.decode(String.self, forKey: .what), to: try container.decode(String.self, forKey: .to),
      run: try container.decode(String.self, forKey: .run),
      exchange: try container.decode(Int.self, forKey: .exchange),
      round: try container.decodeIfPresent(Int.self, forKey: .round),
      bytes: try container.decode(Int.self, forKey: .bytes),
      hash: try container.decode(ContentHash.self, forKey: .sha256))
    number = try container.decode(Int.self, forKey: .number)
    time = try container.decode(String.self, forKey: .time)
    previous = try container.decode(ContentHash.self, forKey: .previous)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(entry.what, forKey: .what)
    try container.encode(entry.recipient, forKey: .to)
    try container.encode(entry.run, forKey: .run)
    try container.encode(entry.exchange, forKey: .exchange)
    try container.encodeIfPresent(entry.round, forKey: .round)
    try container.encode(entry.bytes, forKey: .bytes)
    try container.encode(entry.hash, forKey: .sha256)
    try container.encode(number, forKey: .number)
    try container.encode(time, forKey: .time)
    try container.encode(previous, forKey: .previous)
  }
}
