/// All that was ever given away: charges in the order in which they were made, of which none is taken back.
///
/// ```
/// let entry = try ledger.charge(event, for: round, of: patients, within: budget, at: now)   // before anything leaves
/// release(answer)
/// ```
/// A charge is made before anything is released, and stands whatever becomes of the release: an answer that was not
/// delivered may have been seen. It is made once for an activity, however often that is begun anew (see
/// ``PrivacyActivity`` for what that asks of whoever releases).
///
/// What was spent of a subject is the composition of all its events, per unit and relation. An account that does not know
/// of every activity of its subject answers no question: it would say less than was given away.
public struct PrivacyLedger: Sendable {
  /// The charges, by their sequence numbers.
  public private(set) var entries: [LedgerEntry] = []
  /// Numbers of entries whose time lies before that of the entry before: a clock was set back there.
  public private(set) var clockJumps: [Int] = []
  var accounts: [AccountKey: Account] = [:]
  /// Every activity of a subject, in whichever account.
  private(set) var activities: [PrivacySubject.Identity: Set<PrivacyActivity.Identity>] = [:]
  /// In order of first appearance, by the name that was given last.
  private(set) var order: [PrivacySubject.Identity] = []
  private var names: [PrivacySubject.Identity: PrivacySubject] = [:]

  struct AccountKey: Hashable {
    let subject: PrivacySubject.Identity
    let unit: PrivacyUnit
    let relation: NeighboringRelation
  }

  struct Account: Sendable {
    var tally = EventTally()
    /// The sequence number of each.
    var charged: [PrivacyActivity.Identity: Int] = [:]
    var first = 0
    var last = 0
    var proofs: [PrivacyBudget: BudgetProof] = [:]
  }

  /// A ledger without entries.
  public init() {}

  /// A ledger with the entries of another, each held against the rules.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid`, naming the entry.
  public init(_ entries: some Sequence<LedgerEntry>) throws(PrivacyError) {
    for entry in entries { try record(entry) }
  }

  /// Whose privacy was spent, in order of first appearance, under the name that was used last.
  public var subjects: [PrivacySubject] { order.compactMap { names[$0] } }

  /// Adds an entry that follows from those before.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid`, naming the entry, or `unsupported` where the event has no meaning
  ///   under the relation; the ledger is unchanged then.
  package mutating func record(_ entry: LedgerEntry) throws(PrivacyError) {
    guard entry.sequence == entries.count + 1 else {
      throw PrivacyError(.invalid, "entry \(entry.sequence) stands where \(entries.count + 1) belongs")
    }
    let key = AccountKey(subject: entry.subject.identity, unit: entry.unit, relation: entry.relation)
    var account = accounts.removeValue(forKey: key) ?? Account()
    // In place, not on a copy, but for a failure.
    defer { if account.last > 0 { accounts[key] = account } }
    if let earlier = account.charged[entry.activity.identity] {
      throw PrivacyError(
        .invalid, "entry \(entry.sequence) charges \(entry.activity) again, which entry \(earlier) did")
    }
    try entry.event.check(entry.relation)
    try account.tally.add(entry.event)
    account.charged[entry.activity.identity] = entry.sequence
    if account.first == 0 { account.first = entry.sequence }
    account.last = entry.sequence
    if let last = entries.last, entry.time < last.time { clockJumps.append(entry.sequence) }
    entries.append(entry)
    if names.updateValue(entry.subject, forKey: entry.subject.identity) == nil {
      order.append(entry.subject.identity)
    }
    activities[entry.subject.identity, default: []].insert(entry.activity.identity)
  }

  /// Why an account cannot speak for its subject; nil where it knows of all activities.
  ///
  /// - Parameter next: an activity that it is about to know of.
  func gap(in key: AccountKey, after next: PrivacyActivity.Identity? = nil) -> PrivacyError? {
    let known = accounts[key]?.charged ?? [:]
    let all = activities[key.subject] ?? []
    var missing = all.count - known.count
    if let next, all.contains(next), known[next] == nil { missing -= 1 }
    guard missing > 0 else { return nil }
    let stranger = entries.first {
      $0.subject.identity == key.subject && known[$0.activity.identity] == nil && $0.activity.identity != next
    }
    guard let stranger else { return nil }
    return PrivacyError(
      .unsupported,
      """
      entry \(stranger.sequence), \(stranger.activity), is told per \(stranger.unit) under \(stranger.relation) \
      and not per \(key.unit) under \(key.relation): the two do not add up
      """)
  }
}

extension PrivacyLedger: Equatable {
  public static func == (left: Self, right: Self) -> Bool { left.entries == right.entries }
}

extension PrivacyLedger: Codable {
  public init(from decoder: any Decoder) throws { try self.init([LedgerEntry](from: decoder)) }
  public func encode(to encoder: any Encoder) throws { try entries.encode(to: encoder) }
}
