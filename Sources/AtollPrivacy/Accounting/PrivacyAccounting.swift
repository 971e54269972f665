import Synchronization

/// The tightest statement that some accountant can prove.
public enum PrivacyAccounting {
  /// Which accountant to ask.
  public enum Method: String, Hashable, Sendable, Codable, CaseIterable {
    /// All that have a proof, and the smallest figure.
    case tightest
    /// ``GaussianAccountant``
    case gaussian
    /// ``LossDistributionAccountant``
    case pld
    /// ``RenyiAccountant``
    case rdp
    /// ``ConcentratedAccountant``
    case zcdp
    /// ``PureAccountant``
    case pure

    /// The accountants, the one that is exact where it has a proof first.
    public var accountants: [any PrivacyAccountant] {
      switch self {
      case .tightest: [Method.gaussian, .pld, .rdp, .zcdp, .pure].flatMap(\.accountants)
      case .gaussian: [GaussianAccountant()]
      case .pld: [LossDistributionAccountant.standard]
      case .rdp: [RenyiAccountant.standard]
      case .zcdp: [ConcentratedAccountant()]
      case .pure: [PureAccountant()]
      }
    }
  }

  /// The guarantee of an event at δ.
  ///
  /// - Parameters:
  ///   - event: What happened to the data.
  ///   - delta: δ, at least 0 and below 1; at 0 only bounded losses give a finite ε.
  ///   - relation: Which data sets are told apart.
  ///   - unit: Whose data the event's sensitivities and rates speak of.
  ///   - method: Which accountant; all by default.
  /// - Throws: ``PrivacyError``: `unsupported`, naming event and relation, when no accountant asked has a proof.
  public static func epsilon(
    of event: PrivacyEvent, delta: Double, relation: NeighboringRelation = .addOrRemoveOne,
    unit: PrivacyUnit = .record, method: Method = .tightest
  ) throws(PrivacyError) -> PrivacyGuarantee {
    try checkDelta(delta)
    let question = Question(event: event, delta: delta, relation: relation, unit: unit, method: method)
    if let known = answers.withLock({ $0[question] }) { return known }
    let (bounds, name) = try tightest(method, event, relation) { accountant throws(PrivacyError) in
      try accountant.epsilon(of: event, delta: delta, relation: relation)
    }
    let guarantee = PrivacyGuarantee(
      epsilon: bounds.upper, epsilonLower: bounds.lower, delta: delta, relation: relation, unit: unit,
      accountant: name, assumptions: event.assumptions)
    answers.withLock { answers in
      if answers.count >= mostAnswers { answers.removeAll() }
      answers[question] = guarantee
    }
    return guarantee
  }

  private struct Question: Hashable {
    let event: PrivacyEvent
    let delta: Double
    let relation: NeighboringRelation
    let unit: PrivacyUnit
    let method: Method
  }

  /// What was found lately. The same is asked when a task is read, for each round of a run, and for each of many trainings of
  /// one task, and finding it may take a second.
  private static let answers = Mutex<[Question: PrivacyGuarantee]>([:])
  private static let mostAnswers = 1024

  /// The guarantee of an event at ε: as ``epsilon(of:delta:relation:unit:method:)``, the other way round.
  ///
  /// - Throws: ``PrivacyError``: `unsupported`, or `invalid` when ε is negative.
  public static func delta(
    of event: PrivacyEvent, epsilon: Double, relation: NeighboringRelation = .addOrRemoveOne,
    unit: PrivacyUnit = .record, method: Method = .tightest
  ) throws(PrivacyError) -> PrivacyGuarantee {
    try checkEpsilon(epsilon)
    let (bounds, name) = try tightest(method, event, relation) { accountant throws(PrivacyError) in
      try accountant.delta(of: event, epsilon: epsilon, relation: relation)
    }
    return PrivacyGuarantee(
      epsilon: epsilon, epsilonLower: nil, delta: bounds.upper, relation: relation, unit: unit,
      accountant: name,
      assumptions: event.assumptions)
  }

  private static func tightest(
    _ method: Method, _ event: PrivacyEvent, _ relation: NeighboringRelation,
    _ ask: (any PrivacyAccountant) throws(PrivacyError) -> PrivacyBounds
  ) throws(PrivacyError) -> (PrivacyBounds, String) {
    try event.check(relation)
    var (upper, name) = (Double.infinity, "")
    var lower: Double?
    var refusal: PrivacyError?
    for accountant in method.accountants {
      do {
        let bounds = try ask(accountant)
        if name.isEmpty || bounds.upper < upper { (upper, name) = (bounds.upper, accountant.name) }
        // A lower bound holds beside whichever upper bound is the least.
        lower = [lower, bounds.lower].compactMap { $0 }.max()
        // Nothing is tighter than what is exact.
        if accountant is GaussianAccountant { break }
      } catch {
        guard error.code == .unsupported else { throw error }
        refusal = error
      }
    }
    guard !name.isEmpty else {
      throw refusal ?? PrivacyError(.unsupported, "no accountant has a proof for \(event.kind.name)")
    }
    return (PrivacyBounds(upper: upper, lower: lower.map { min($0, upper) }), name)
  }
}
