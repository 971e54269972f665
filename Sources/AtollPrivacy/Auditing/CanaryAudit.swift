/// Turns what an attacker saw of canaries into a bound of ε.
///
/// Each canary has a score, and more of it speaks for its presence. The attacker guesses that the highest are in, or that the
/// lowest are out, or both, and abstains about the others. How many it guesses, of which kind and by which of several scores is
/// chosen by a third of the canaries, whose coins it is told; only guesses about the others count. So the choice costs nothing
/// but canaries, however many ways there are: what an event may gain by δ is not paid for each way.
public struct CanaryAudit: Hashable, Sendable {
  /// Whether each canary was in the data: by a fair coin of its own that the attacker did not see.
  public let included: [Bool]

  /// - Precondition: there is a canary.
  public init(included: [Bool]) {
    precondition(!included.isEmpty, "an audit has a canary")
    self.included = included
  }

  /// What came of an audit.
  public struct Finding: Hashable, Sendable {
    /// The guesses that counted, about two thirds of the canaries.
    public let audit: OneRunAudit
    /// Which of the scores they go by.
    public let score: Int
    /// What ε is at least, in nats; 0 where nothing was found.
    public let epsilon: Double
    /// δ at which ε is told.
    public let delta: Double
    /// The probability with which the statement holds.
    public let confidence: Double
  }

  /// How many canaries are guessed, and how.
  private struct Way {
    enum Kind: CaseIterable {
      case both
      case present
      case absent
    }
    let score: Int
    /// Of canaries; half of them on each side.
    let share: Double
    let kind: Kind

    static func all(of scores: Int) -> [Way] {
      (0..<scores).flatMap { score in
        [1, 0.5, 0.2, 0.1, 0.05].flatMap { share in
          Kind.allCases.map { Way(score: score, share: share, kind: $0) }
        }
      }
    }
  }

  /// The statement that the scores allow.
  ///
  /// - Parameters:
  ///   - scores: one or several lists, each with a score for each canary; not NaN.
  ///   - delta: δ at which ε is told.
  ///   - confidence: the probability with which the statement holds.
  /// - Precondition: there is a list, and each has a score for each canary.
  public func finding(scores: [[Double]], delta: Double, confidence: Double = 0.95) -> Finding {
    precondition(
      !scores.isEmpty && scores.allSatisfy { $0.count == included.count && !$0.contains(where: \.isNaN) },
      "each canary has its scores")
    let told = included.indices.filter(Self.isTold)
    let counted = included.indices.filter { !Self.isTold($0) }
    var best = Way(score: 0, share: 1, kind: .present)
    var most = (epsilon: 0.0, chance: 1.0)
    for way in Way.all(of: scores.count) {
      guard let trial = guesses(way, scores, about: told) else { continue }
      let found = (
        epsilon: trial.epsilonLowerBound(delta: delta, confidence: confidence),
        chance: trial.pValue(epsilon: 0, delta: delta)
      )
      if (found.epsilon, -found.chance) > (most.epsilon, -most.chance) { (best, most) = (way, found) }
    }
    // Of very few canaries those that count may be too few for the way.
    let audit =
      guesses(best, scores, about: counted) ?? OneRunAudit(canaries: counted.count, guesses: 0, correct: 0)
    return Finding(
      audit: audit, score: best.score, epsilon: audit.epsilonLowerBound(delta: delta, confidence: confidence),
      delta: delta, confidence: confidence)
  }

  /// A third of all numbers, by the sum of their ternary digits: canaries that are dealt out in turn are dealt out to both
  /// parts. One canary alone is guessed.
  private static func isTold(_ canary: Int) -> Bool {
    var (rest, sum) = (canary, 0)
    while rest > 0 {
      sum += rest % 3
      rest /= 3
    }
    return sum % 3 == 1
  }

  /// Guesses about some canaries; nil where they are too few.
  private func guesses(_ way: Way, _ scores: [[Double]], about canaries: [Int]) -> OneRunAudit? {
    let values = scores[way.score]
    // Equal scores in the order of the canaries, which says nothing about their coins.
    let order = canaries.sorted { (values[$0], $0) < (values[$1], $1) }
    var size = Int(way.share * Double(canaries.count)) / 2
    if size == 0, way.kind != .both, way.share == 1 { size = canaries.count }
    guard size > 0 else { return nil }
    let present = order.suffix(size).count { included[$0] }
    let absent = order.prefix(size).count { !included[$0] }
    let (guesses, correct) =
      switch way.kind {
      case .both: (2 * size, present + absent)
      case .present: (size, present)
      case .absent: (size, absent)
      }
    return OneRunAudit(canaries: canaries.count, guesses: guesses, correct: correct)
  }
}
