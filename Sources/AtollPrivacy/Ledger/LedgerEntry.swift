public import AtollNumerics

/// One charge of a ``PrivacyLedger``: what was given away of whom, what for, and when.
public struct LedgerEntry: Hashable, Sendable, Codable {
  /// Its place in the ledger, from 1. This is the order; times are not.
  public let sequence: Int
  /// Whose privacy was spent.
  public let subject: PrivacySubject
  /// Whose data the event's sensitivities and rates speak of.
  public let unit: PrivacyUnit
  /// Under which relation the event is meant.
  public let relation: NeighboringRelation
  /// What it was for.
  public let activity: PrivacyActivity
  /// What happened to the data.
  public let event: PrivacyEvent
  /// When it was charged by the clock there, in UTC: `2026-05-17T09:30:00Z`. For people only.
  public let time: String

  init(
    sequence: Int, subject: PrivacySubject, unit: PrivacyUnit, relation: NeighboringRelation,
    activity: PrivacyActivity, event: PrivacyEvent, time: String
  ) {
    self.sequence = sequence
    self.subject = subject
    self.unit = unit
    self.relation = relation
    self.activity = activity
    self.event = event
    self.time = time
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    sequence = try container.decode(Int.self, forKey: .sequence)
    subject = try container.decode(PrivacySubject.self, forKey: .subject)
    unit = try container.decode(PrivacyUnit.self, forKey: .unit)
    relation = try container.decode(NeighboringRelation.self, forKey: .relation)
    activity = try container.decode(PrivacyActivity.self, forKey: .activity)
    event = try container.decode(PrivacyEvent.self, forKey: .event)
    time = try container.decode(String.self, forKey: .time)
    try checkName(time, "a time")
  }
}

/// Where a ledger's file ends: what is kept elsewhere, so that a ledger that was rolled back as a whole is noticed.
public struct LedgerHead: Hashable, Sendable, Codable {
  /// Number of the last entry; 0 where there is none.
  public let sequence: Int
  /// SHA-256 of the last line.
  public let hash: ContentHash

  /// The head with that number and hash.
  public init(sequence: Int, hash: ContentHash) {
    self.sequence = sequence
    self.hash = hash
  }
}

extension LedgerHead: LosslessStringConvertible {
  /// `41:sha256:` and 64 hexadecimal digits.
  public var description: String { "\(sequence):\(hash)" }

  /// Reads a ``description``; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1)
    guard parts.count == 2, let sequence = Int(parts[0]), sequence >= 0, let hash = ContentHash(parts[1])
    else {
      return nil
    }
    self.init(sequence: sequence, hash: hash)
  }
}
