extension PrivacyLedger {
  /// Charges what is about to be released, if the budget allows it.
  ///
  /// Of an activity that is charged already, with the same event, the entry is returned that it has; nothing is charged
  /// then, whatever the budget says: what it releases was paid for.
  ///
  /// - Parameters:
  ///   - event: what happens to the data.
  ///   - activity: what for.
  ///   - subject: whose privacy is spent.
  ///   - budget: what may be spent of it, with all that was; it says whose data are protected, and how they are told
  ///     apart.
  ///   - time: what the clock says, in UTC, for people: `2026-05-17T09:30:00Z`.
  /// - Throws: ``PrivacyError``, and then the ledger is unchanged and nothing may be released: `exhausted` when ε would be
  ///   above the budget; `invalid` when the activity was charged with another event; `unsupported` when no accountant has
  ///   a proof, or when entries of the subject have another unit or relation.
  @discardableResult
  public mutating func charge(
    _ event: PrivacyEvent, for activity: PrivacyActivity, of subject: PrivacySubject,
    within budget: PrivacyBudget,
    at time: String
  ) throws(PrivacyError) -> LedgerEntry {
    let admission = try admit(
      event, for: activity, of: subject, unit: budget.unit, relation: budget.relation, within: budget,
      at: time)
    try record(admission)
    return admission.entry
  }

  /// Charges without a limit: for those who want to know what is given away and do not stop it.
  ///
  /// - Throws: ``PrivacyError``, as ``charge(_:for:of:within:at:)`` does, but not `exhausted`.
  @discardableResult
  public mutating func charge(
    _ event: PrivacyEvent, for activity: PrivacyActivity, of subject: PrivacySubject, unit: PrivacyUnit,
    relation: NeighboringRelation, at time: String
  ) throws(PrivacyError) -> LedgerEntry {
    let admission = try admit(
      event, for: activity, of: subject, unit: unit, relation: relation, within: nil, at: time)
    try record(admission)
    return admission.entry
  }

  /// What a charge would do. Whoever keeps a ledger elsewhere too writes it there before it is recorded here.
  package struct Admission: Sendable {
    /// The entry that the activity has, or is to have.
    package let entry: LedgerEntry
    /// Whether it is to be recorded.
    package let isNew: Bool
    fileprivate var proof: (budget: PrivacyBudget, proof: BudgetProof)?
  }

  /// Records what was admitted and not recorded yet.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid` when something else was recorded meanwhile.
  package mutating func record(_ admission: Admission) throws(PrivacyError) {
    guard admission.isNew else { return }
    let entry = admission.entry
    try record(entry)
    guard let (budget, proof) = admission.proof else { return }
    accounts[AccountKey(subject: entry.subject.identity, unit: entry.unit, relation: entry.relation)]?
      .proofs[budget] = proof
  }

  /// The entry that a charge would make, and whether it is to be recorded. Nothing changes.
  ///
  /// - Throws: ``PrivacyError``, as ``charge(_:for:of:within:at:)`` does.
  package func admit(
    _ event: PrivacyEvent, for activity: PrivacyActivity, of subject: PrivacySubject, unit: PrivacyUnit,
    relation: NeighboringRelation, within budget: PrivacyBudget?, at time: String
  ) throws(PrivacyError) -> Admission {
    try checkName(time, "a time")
    let key = AccountKey(subject: subject.identity, unit: unit, relation: relation)
    if let sequence = accounts[key]?.charged[activity.identity] {
      let entry = entries[sequence - 1]
      guard entry.event == event else {
        throw PrivacyError(
          .invalid,
          "\(activity) was charged with another event, by entry \(sequence): it cannot be another now")
      }
      return Admission(entry: entry, isNew: false)
    }
    let entry = LedgerEntry(
      sequence: entries.count + 1, subject: subject, unit: unit, relation: relation, activity: activity,
      event: event, time: time)
    try event.check(relation)
    let next = try (accounts[key]?.tally ?? EventTally()).adding(event)
    guard let budget else { return Admission(entry: entry, isNew: true) }
    if let gap = gap(in: key, after: activity.identity) { throw gap }
    var proof = accounts[key]?.proofs[budget] ?? BudgetProof()
    guard try proof.fits(next, budget) else { throw try exhausted(activity, next, key, budget) }
    return Admission(entry: entry, isNew: true, proof: (budget, proof))
  }

  /// `round 41 would bring ε to 3.02, the budget is 3.0; ε 2.95 is spent`
  private func exhausted(
    _ activity: PrivacyActivity, _ next: EventTally, _ key: AccountKey, _ budget: PrivacyBudget
  ) throws(PrivacyError) -> PrivacyError {
    func epsilon(_ tally: EventTally) throws(PrivacyError) -> Double {
      try PrivacyAccounting.epsilon(
        of: tally.event(), delta: budget.delta, relation: budget.relation, unit: budget.unit
      ).epsilon
    }
    let after = try epsilon(next)
    let spent = try epsilon(accounts[key]?.tally ?? EventTally())
    // As many digits as it takes to tell the two apart, and never less than is spent.
    var digits = 2
    while digits < 12, ceiling(after, digits) <= budget.epsilon { digits += 1 }
    return PrivacyError(
      .exhausted,
      """
      \(activity.short) would bring ε to \(ceiling(after, digits)), the budget is \(budget.epsilon); \
      ε \(ceiling(spent, digits)) is spent
      """)
  }
}

/// A number rounded up to so many digits after the point.
private func ceiling(_ value: Double, _ digits: Int) -> Double {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  guard value * scale < 0x1p53 else { return value }
  return (value * scale).rounded(.up) / scale
}
