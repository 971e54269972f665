/// How often each mechanism happened: what a composition comes to, however many charges it was made by.
struct EventTally: Sendable {
  /// In order of first appearance; places are never given away again.
  private(set) var leaves: [PrivacyEvent.Leaf] = []
  private var places: [PrivacyEvent: Int] = [:]

  /// - Throws: ``PrivacyError`` with code `invalid` when something happened more than 2^53 times; nothing is added then.
  mutating func add(_ event: PrivacyEvent, times: Int = 1) throws(PrivacyError) {
    var added = try event.leaves()
    for index in added.indices {
      let (count, overflow) = added[index].times.multipliedReportingOverflow(by: times)
      let before = places[added[index].event].map { leaves[$0].times } ?? 0
      guard !overflow, count <= 1 << 53, before + count <= 1 << 53 else {
        throw PrivacyError(.invalid, "an event is repeated more than 2^53 times")
      }
      added[index].times = count
    }
    for leaf in added {
      if let place = places[leaf.event] {
        leaves[place].times += leaf.times
      } else {
        places[leaf.event] = leaves.count
        leaves.append(leaf)
      }
    }
  }

  /// The tally after an event that happens so many times.
  func adding(_ event: PrivacyEvent, times: Int = 1) throws(PrivacyError) -> EventTally {
    var result = self
    try result.add(event, times: times)
    return result
  }

  /// How often anything happened.
  var total: Int { leaves.reduce(0) { min(1 << 53, $0 + $1.times) } }

  /// Each mechanism more often by extra/total of its times, rounded up.
  func grown(by extra: Int, of total: Int) -> EventTally {
    var result = self
    for place in result.leaves.indices {
      let times = result.leaves[place].times
      let more = (Double(times) * Double(extra) / Double(max(1, total))).rounded(.up)
      result.leaves[place].times = times + Int(min(more, 0x1p40))
    }
    return result
  }

  /// Whether this is part of another tally, of which it is an earlier or a later state.
  func isPart(of other: EventTally) -> Bool {
    guard leaves.count <= other.leaves.count else { return false }
    return zip(leaves, other.leaves).allSatisfy { $0.times <= $1.times }
  }

  /// The composition as one event.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid` where it has too many parts.
  func event() throws(PrivacyError) -> PrivacyEvent {
    var parts: [PrivacyEvent] = []
    let nodes = leaves.reduce(1) { $0 + $1.event.nodes + ($1.times > 1 ? 1 : 0) }
    for leaf in nodes > PrivacyEvent.maximumNodes ? try merged() : leaves {
      parts.append(leaf.times == 1 ? leaf.event : try PrivacyEvent(.repeated(leaf.event, times: leaf.times)))
    }
    return parts.count == 1 ? parts[0] : try PrivacyEvent(.composed(parts))
  }

  /// All normal noise as that of one release, which gives away exactly as much: for compositions of too many parts.
  private func merged() throws(PrivacyError) -> [PrivacyEvent.Leaf] {
    var (rest, precision, count) = ([PrivacyEvent.Leaf](), 0.0, 0)
    for leaf in leaves {
      guard let each = leaf.event.gaussianPrecision else {
        rest.append(leaf)
        continue
      }
      precision += each * Double(leaf.times)
      count += 1
    }
    guard count > 0 else { return rest }
    // Rounding must not make it more noise than there was.
    let noise = 1 / precision.squareRoot() * (1 - Double(count + 8) * 0x1p-52)
    rest.append(PrivacyEvent.Leaf(event: try PrivacyEvent(.gaussian(noiseMultiplier: noise)), times: 1))
    return rest
  }
}
