import AtollNumerics

/// Tries to disprove that a mechanism is (ε, δ)-differentially private, by running it on two neighbouring inputs.
///
/// Half of the runs choose an event that seems to be too likely on one input for how unlikely it is on the other; the other
/// half count it, and exact bounds of its two probabilities (``ClopperPearson``) decide. As the event is fixed before it is
/// counted, the choice, however it is made, costs no confidence: a right mechanism is called wrong with probability
/// 1 − ``confidence`` at most. In the manner of Z. Ding, Y. Wang, G. Wang, D. Zhang & D. Kifer, "Detecting violations of
/// differential privacy", CCS 2018, arXiv:1805.10277 (StatDP), and of B. Bichsel, S. Steffen, I. Bogunovic & M. Vechev,
/// "DP-Sniper: black-box discovery of differential privacy violations using classifiers", S&P 2021. Deviation: instead of a
/// classifier, likelihood ratios in bins of features that are fixed (elements, their differences and lowest bits, a normal
/// likelihood ratio).
///
/// > Warning: not to be disproved is no proof. Violations that are rarer than a few in the number of runs stay unseen, and so
/// > do those between inputs that were not tried.
public struct StochasticTester: Hashable, Sendable {
  /// ε that is claimed, in nats.
  public let epsilon: Double
  /// δ that is claimed.
  public let delta: Double
  /// How often the mechanism is run on each input.
  public let runs: Int
  /// The probability with which a claim that holds is not called wrong, at least.
  public let confidence: Double

  /// - Parameters:
  ///   - epsilon: ε that is claimed, in nats.
  ///   - delta: δ that is claimed.
  ///   - runs: how often the mechanism is run on each input.
  ///   - confidence: the probability with which a claim that holds is not called wrong.
  /// - Throws: ``PrivacyError`` with code `invalid` for an ε or δ that is none, fewer than 4 runs, or a confidence that is not
  ///   between 0 and 1.
  public init(
    epsilon: Double, delta: Double, runs: Int = 100_000, confidence: Double = 0.999_999
  ) throws(PrivacyError) {
    try checkEpsilon(epsilon)
    try checkDelta(delta)
    guard epsilon.isFinite, runs >= 4, confidence > 0, confidence < 1 else {
      throw PrivacyError(
        .invalid, "a test wants a finite ε, 4 runs at least and a confidence between 0 and 1")
    }
    self.epsilon = epsilon
    self.delta = delta
    self.runs = runs
    self.confidence = confidence
  }

  /// Tests what accountants say of an event: the smallest ε that they prove at δ.
  ///
  /// - Parameters:
  ///   - event: what the mechanism is said to do to the data.
  ///   - delta: δ, for which ε is asked. Of a large one, such as 0.05, fewer runs tell more: what counts then are outputs that
  ///     are not rare, and a noise multiplier that is a tenth too small shows in some ten thousand runs.
  ///   - relation: which of two inputs are neighbours.
  ///   - runs: how often the mechanism is run on each input.
  ///   - confidence: the probability with which a claim that holds is not called wrong.
  /// - Throws: ``PrivacyError``: `unsupported` where no accountant has a proof; `invalid` as ``init(epsilon:delta:runs:confidence:)``,
  ///   also where ε is infinite.
  public init(
    of event: PrivacyEvent, delta: Double, relation: NeighboringRelation, runs: Int = 100_000,
    confidence: Double = 0.999_999
  ) throws(PrivacyError) {
    let promise = try PrivacyAccounting.epsilon(of: event, delta: delta, relation: relation)
    try self.init(epsilon: promise.epsilon, delta: delta, runs: runs, confidence: confidence)
  }

  /// What was found.
  public struct Finding: Hashable, Sendable, CustomStringConvertible {
    /// What the event was told by.
    public let feature: String
    /// How often it happened on the input on which it is likely, of ``runs``.
    public let often: Int
    /// How often it happened on the other, of ``runs``.
    public let seldom: Int
    /// Runs on each input by which it was counted.
    public let runs: Int
    /// What ε is at least at the δ that was claimed, in nats; 0 where nothing was found.
    public let epsilon: Double
    /// Whether the claim is disproved.
    public let disproves: Bool

    public var description: String {
      "by \(feature): \(often) and \(seldom) of \(runs), so that ε is at least \(epsilon)"
    }
  }

  /// Tests a mechanism whose output is numbers, always as many.
  ///
  /// - Parameters:
  ///   - first: runs it on one input. Runs must be independent.
  ///   - second: runs it on the neighbour.
  public func test(
    _ first: () throws -> [Double], _ second: () throws -> [Double]
  ) rethrows -> Finding {
    let training = runs / 2
    var sample = (first: [[Double]](), second: [[Double]]())
    for _ in 0..<training {
      sample.first.append(try first())
      sample.second.append(try second())
    }
    let factor = Elementary.exp(epsilon)
    var best: (event: OutputEvent, isFirst: Bool)?
    for feature in OutputFeature.all(comparing: sample.first, sample.second) {
      for isFirst in [true, false] {
        let event = OutputEvent(
          feature, likely: isFirst ? sample.first : sample.second,
          unlikely: isFirst ? sample.second : sample.first, factor: factor, delta: delta)
        if event.excess > best?.event.excess ?? -.infinity { best = (event, isFirst) }
      }
    }
    var counts = (first: 0, second: 0)
    let counted = runs - training
    for _ in 0..<counted {
      let outputs = (try first(), try second())
      guard let event = best?.event else { continue }
      if event.contains(outputs.0) { counts.first += 1 }
      if event.contains(outputs.1) { counts.second += 1 }
    }
    return finding(best, counts, of: counted)
  }

  /// Tests a mechanism whose output is a whole number below 2^53 in size.
  public func test(_ first: () throws -> Int, _ second: () throws -> Int) rethrows -> Finding {
    try test({ [Double(try first())] }, { [Double(try second())] })
  }

  private func finding(
    _ best: (event: OutputEvent, isFirst: Bool)?, _ counts: (first: Int, second: Int), of runs: Int
  ) -> Finding {
    let (often, seldom) =
      best?.isFirst ?? true ? (counts.first, counts.second) : (counts.second, counts.first)
    let each = 1 - (1 - confidence) / 2
    let likely = ClopperPearson.lower(hits: often, of: runs, confidence: each)
    let unlikely = ClopperPearson.upper(hits: seldom, of: runs, confidence: each)
    let bound = likely - delta > unlikely ? Elementary.log((likely - delta) / unlikely) : 0
    return Finding(
      feature: best.map { "\($0.event.feature)" } ?? "nothing", often: often, seldom: seldom, runs: runs,
      epsilon: bound, disproves: likely > Elementary.exp(epsilon) * unlikely + delta)
  }
}
