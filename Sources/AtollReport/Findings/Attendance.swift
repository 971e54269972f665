import AtollFederation

/// Whose updates are in the model of which round.
struct Attendance {
  let names: [String]
  private let contributors: [Int: Set<String>]
  /// Rounds of which it is on record who contributed.
  let rounds: Int

  init(_ record: RunRecord) {
    names = record.header.participants.map(\.name)
    var contributors: [Int: Set<String>] = [:]
    var latest: Set<String> = []
    for exchange in record.exchanges {
      // The record of a round is that of its evaluation, where it has one; who trained stands in the one before.
      if exchange.query.hasPrefix("train-") { latest = Set(exchange.contributors.map(\.participant.name)) }
      if let round = exchange.round { contributors[round.round] = latest }
    }
    self.contributors = contributors
    rounds = contributors.count
  }

  func contributed(_ name: String, to round: Int) -> Bool { contributors[round]?.contains(name) ?? false }

  /// In how much of some rounds a participant contributed.
  func share(of name: String, in rounds: ClosedRange<Int>) -> Double {
    Double(rounds.count { contributed(name, to: $0) }) / Double(rounds.count)
  }

  /// Rounds that each missed, for those who missed any.
  var missed: [(name: String, rounds: [Int])] {
    let all = contributors.keys.sorted()
    return names.compactMap { name in
      let missed = all.filter { !contributed(name, to: $0) }
      return missed.isEmpty ? nil : (name, missed)
    }
  }
}
