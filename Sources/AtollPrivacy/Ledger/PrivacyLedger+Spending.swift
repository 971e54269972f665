extension PrivacyLedger {
  /// What was charged of a subject in one unit under one relation.
  public struct Statement: Hashable, Sendable {
    /// Whose privacy was spent.
    public let subject: PrivacySubject
    /// Whose data are spoken of.
    public let unit: PrivacyUnit
    /// Which data sets are told apart.
    public let relation: NeighboringRelation
    /// How many entries it has.
    public let count: Int
    /// The first and the last of them.
    public let first, last: LedgerEntry
    /// Why it says less than was given away of the subject; nil where it knows of everything.
    public let gap: PrivacyError?
  }

  /// What was charged of a subject, for each unit and relation that entries of it have.
  public func statements(of subject: PrivacySubject) -> [Statement] {
    accounts.filter { $0.key.subject == subject.identity && $0.value.last > 0 }
      .sorted { $0.value.first < $1.value.first }
      .map { key, account in
        Statement(
          subject: subject, unit: key.unit, relation: key.relation, count: account.charged.count,
          first: entries[account.first - 1], last: entries[account.last - 1], gap: gap(in: key))
      }
  }

  /// The composition of all events of a subject.
  ///
  /// - Throws: ``PrivacyError`` with code `unsupported` when entries of the subject have another unit or relation.
  public func event(
    of subject: PrivacySubject, unit: PrivacyUnit, relation: NeighboringRelation
  ) throws(PrivacyError) -> PrivacyEvent {
    let key = AccountKey(subject: subject.identity, unit: unit, relation: relation)
    if let gap = gap(in: key) { throw gap }
    return try accounts[key]?.tally.event() ?? .nothing
  }

  /// What was spent of a subject, as a guarantee at δ by the tightest accountant.
  ///
  /// - Throws: ``PrivacyError``: `unsupported` when entries of the subject have another unit or relation, or when no
  ///   accountant has a proof; `invalid` when δ is not in [0, 1).
  public func spending(
    of subject: PrivacySubject, delta: Double, unit: PrivacyUnit, relation: NeighboringRelation
  ) throws(PrivacyError) -> PrivacyGuarantee {
    try PrivacyAccounting.epsilon(
      of: event(of: subject, unit: unit, relation: relation), delta: delta, relation: relation, unit: unit)
  }

  /// What the budget has above the ε that was spent, 0 where there is nothing.
  ///
  /// Not what an event may have by itself: what is given away together is less than the sum. ``rounds(of:for:within:)``
  /// tells how much fits.
  ///
  /// - Throws: ``PrivacyError``, as ``spending(of:delta:unit:relation:)`` does.
  public func remaining(of subject: PrivacySubject, within budget: PrivacyBudget) throws(PrivacyError)
    -> Double
  {
    let spent = try spending(of: subject, delta: budget.delta, unit: budget.unit, relation: budget.relation)
    return max(0, budget.epsilon - spent.epsilon)
  }

  /// How often an event still fits into the budget of a subject, at most 2^32 times: a run of that many rounds comes to
  /// its end, and one more would be refused.
  ///
  /// - Throws: ``PrivacyError``, as ``spending(of:delta:unit:relation:)`` does.
  public func rounds(
    of event: PrivacyEvent, for subject: PrivacySubject, within budget: PrivacyBudget
  ) throws(PrivacyError) -> Int {
    let key = AccountKey(subject: subject.identity, unit: budget.unit, relation: budget.relation)
    if let gap = gap(in: key) { throw gap }
    try event.check(budget.relation)
    let tally = accounts[key]?.tally ?? EventTally()
    func fits(_ times: Int) throws(PrivacyError) -> Bool {
      try budget.admits(tally.adding(event, times: times).event())
    }
    guard try fits(1) else { return 0 }
    let most = 1 << 32
    var (low, high) = (1, 2)
    while try fits(high) {
      low = high
      if high == most { return most }
      high *= 2
    }
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if try fits(middle) { low = middle } else { high = middle }
    }
    return low
  }
}
