/// Who took part when, held against a ``ParticipationRule``: what a server asks before it forms a cohort and before
/// it adds a contribution.
///
/// It is committed with the round. A contribution that was never published does not count, one that may have been does.
public struct ParticipationBook<Participant: Hashable & Comparable & Codable & Sendable>: Hashable, Sendable {
  /// What one participant did so far.
  private struct Entry: Hashable, Codable {
    let participant: Participant
    var times: Int
    var last: Int
  }

  /// What is allowed.
  public let rule: ParticipationRule
  private var entries: [Participant: Entry] = [:]

  /// Nobody took part yet.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid` for a rule without rounds.
  public init(_ rule: ParticipationRule) throws(PrivacyError) {
    let (first, second) =
      switch rule {
      case .oncePerEpoch(let rounds, let epochs): (rounds, epochs)
      case .separated(let distance, let times): (distance, times)
      }
    guard (1...1 << 40).contains(first), (1...1 << 40).contains(second) else {
      throw PrivacyError(
        .invalid, "numbers of a rule of participation are 1 to 2^40, not \(first) and \(second)")
    }
    self.rule = rule
  }

  /// How often a participant took part.
  public func times(_ participant: Participant) -> Int { entries[participant]?.times ?? 0 }

  /// Those of a population that may take part in a round.
  public func eligible(_ population: some Sequence<Participant>, in round: Int) -> [Participant] {
    population.filter { refusal(of: $0, in: round) == nil }
  }

  /// Writes down who takes part in a round: all of them or, where one may not, none.
  ///
  /// - Throws: ``PrivacyError`` with code `exhausted`, naming the participant and why.
  public mutating func admit(
    _ cohort: some Sequence<Participant>, to round: Int
  ) throws(PrivacyError) {
    var changed = self
    for participant in cohort {
      if let reason = changed.refusal(of: participant, in: round) {
        throw PrivacyError(.exhausted, "\(participant) may not take part in round \(round): \(reason)")
      }
      changed.entries[participant] = Entry(
        participant: participant, times: times(participant) + 1, last: round)
    }
    self = changed
  }

  private func refusal(of participant: Participant, in round: Int) -> String? {
    guard round >= 0 else { return "rounds are counted from 0" }
    // Nobody before the first round: as if so long ago that nothing speaks against it.
    let entry = entries[participant]
    return rule.refusal(round: round, last: entry?.last ?? -1 << 40, times: entry?.times ?? 0)
  }
}

extension ParticipationBook: Codable {
  private enum CodingKeys: CodingKey { case rule, participants }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(values.decode(ParticipationRule.self, forKey: .rule))
    for entry in try values.decode([Entry].self, forKey: .participants) {
      guard entry.times > 0, entry.last >= 0, entries.updateValue(entry, forKey: entry.participant) == nil
      else {
        throw PrivacyError(.invalid, "a participant is in the book once, with the rounds it took part in")
      }
    }
  }

  /// Participants in their order: the same bytes for the same book.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rule, forKey: .rule)
    try container.encode(entries.values.sorted { $0.participant < $1.participant }, forKey: .participants)
  }
}
