/// What is proven to fit into a budget, so that a run of ten thousand rounds is not accounted for ten thousand times.
///
/// What fits, fits without some of its parts too: leaving out releases is post-processing of all of them, whatever the
/// bounds of accountants do. So one proof for more rounds than have been, growing as the run does, answers for all
/// charges up to there, and there are as many proofs as the number of rounds has digits.
///
/// A proof belongs to the tally that it was made for, and to what that grows to. Before one is asked for, Rényi
/// divergences that are kept as sums answer at once, also where each event is another, until the budget is nearly spent.
struct BudgetProof: Sendable {
  private var proven = EventTally()
  /// A number of mechanisms that did not fit, where the mix stayed the same: where to look, not what holds.
  private var refuted = Int.max
  private var divergences = [Double](repeating: 0, count: RenyiAccountant.standard.orders.count)
  /// How much of the tally is in the sums, and the divergences of each mechanism of it once.
  private var counted: [Int] = []
  private var each: [[Double]] = []
  /// False for good after a mechanism without a proof by Rényi divergences.
  private var hasDivergences = true
  /// How often a composition was accounted for as a whole: for tests of how much this spares.
  private(set) var evaluations = 0

  /// Whether a tally that was within the budget is so after one more event.
  ///
  /// - Parameter next: the tally with the event, of which nothing is ever taken away.
  /// - Throws: ``PrivacyError`` when no accountant has a proof.
  mutating func fits(_ next: EventTally, _ budget: PrivacyBudget) throws(PrivacyError) -> Bool {
    if next.isPart(of: proven) || fitsByDivergences(next, budget) { return true }
    guard try evaluate(next, budget) else { return false }
    reachOut(from: next, budget)
    return true
  }

  /// Looks for a proof that holds longer: up to twice as much of the same, else as far as seven halvings tell.
  private mutating func reachOut(from next: EventTally, _ budget: PrivacyBudget) {
    proven = next
    let total = next.total
    guard total < 1 << 40 else { return }
    var (low, high) = (0, refuted > total && refuted < 2 * total ? refuted - total : total + 1)
    for attempt in 0..<8 where high - low > 1 {
      let extra = attempt == 0 && high > total ? total : low + (high - low) / 2
      let candidate = next.grown(by: extra, of: total)
      // What no accountant can tell of so many is no reason to refuse fewer.
      if (try? evaluate(candidate, budget)) == true {
        (low, proven) = (extra, candidate)
        if extra == total { return }
      } else {
        high = extra
        refuted = total + extra
      }
    }
  }

  private mutating func evaluate(_ tally: EventTally, _ budget: PrivacyBudget) throws(PrivacyError) -> Bool {
    evaluations += 1
    return try budget.admits(tally.event())
  }

  private mutating func fitsByDivergences(_ next: EventTally, _ budget: PrivacyBudget) -> Bool {
    guard hasDivergences else { return false }
    let accountant = RenyiAccountant.standard
    var (sums, counts) = (divergences, counted)
    counts += [Int](repeating: 0, count: next.leaves.count - counts.count)
    for leaf in next.leaves[each.count...] {
      guard let once = try? accountant.divergences(of: leaf.event, relation: budget.relation) else {
        hasDivergences = false
        return false
      }
      each.append(once)
    }
    for (place, leaf) in next.leaves.enumerated() where leaf.times > counts[place] {
      for order in sums.indices { sums[order] += Double(leaf.times - counts[place]) * each[place][order] }
      counts[place] = leaf.times
    }
    for (order, divergence) in zip(accountant.orders, sums)
    where RenyiConversion.epsilon(order: order, divergence: divergence, delta: budget.delta) <= budget.epsilon
    {
      (divergences, counted) = (sums, counts)
      return true
    }
    return false
  }
}

extension PrivacyBudget {
  /// Whether some accountant proves that an event is within the budget: as ``PrivacyAccounting`` does, the quick ones
  /// first and without lower bounds.
  ///
  /// - Throws: ``PrivacyError`` when no accountant has a proof.
  func admits(_ event: PrivacyEvent) throws(PrivacyError) -> Bool {
    if let exact = try upper(
      event,
      { e throws(PrivacyError) in
        try GaussianAccountant().epsilon(of: e, delta: delta, relation: relation).upper
      })
    {
      return exact <= epsilon
    }
    var found = false
    for accountant: any PrivacyAccountant in [
      PureAccountant(), ConcentratedAccountant(), RenyiAccountant.standard,
    ] {
      let bound = try upper(event) { e throws(PrivacyError) in
        try accountant.epsilon(of: e, delta: delta, relation: relation).upper
      }
      guard let bound else { continue }
      if bound <= epsilon { return true }
      found = true
    }
    do {
      let losses = try LossDistributionAccountant.standard.distribution(
        of: event, relation: relation, withLowerBound: false)
      return try losses.epsilon(delta: delta).upper <= epsilon
    } catch {
      guard error.code == .unsupported, found else { throw error }
      return false
    }
  }

  private func upper(
    _ event: PrivacyEvent, _ bound: (PrivacyEvent) throws(PrivacyError) -> Double
  ) throws(PrivacyError) -> Double? {
    do {
      return try bound(event)
    } catch {
      guard error.code == .unsupported else { throw error }
      return nil
    }
  }
}
