/// Turns what an attacker saw of canaries into a bound of ε.
///
/// Each canary has a score, and more of it speaks for its presence. The attacker guesses that the highest are in, or that the
/// lowest are out, or both, and abstains about the others. How many it guesses, of which kind and by which of several scores
/// is tried in all ways on a short list that is fixed, and each try gets its share of the allowed error (Bonferroni), so that
/// the best of them may be told.
public struct CanaryAudit: Hashable, Sendable {
  /// Whether each canary was in the data: by a fair coin of its own that the attacker did not see.
  public let included: [Bool]

  /// Shares of the canaries that are guessed.
  private static let shares = [1, 0.5, 0.2, 0.1, 0.05]

  /// - Precondition: there is a canary.
  public init(included: [Bool]) {
    precondition(!included.isEmpty, "an audit has a canary")
    self.included = included
  }

  /// What came of an audit.
  public struct Finding: Hashable, Sendable {
    /// The guesses that say most.
    public let audit: OneRunAudit
    /// Which of the scores they go by.
    public let score: Int
    /// What ε is at least, in nats; 0 where nothing was found.
    public let epsilon: Double
    /// δ at which ε is told.
    public let delta: Double
    /// The probability with which the statement holds, all tries counted.
    public let confidence: Double
  }

  /// The best statement that the scores allow.
  ///
  /// - Parameters:
  ///   - scores: one or several lists, each with a score for each canary; not NaN.
  ///   - delta: δ at which ε is told.
  ///   - confidence: the probability with which the statement holds.
  /// - Precondition: there is a list, and each has a score for each canary.
  public func finding(scores: [[Double]], delta: Double, confidence: Double = 0.95) -> Finding {
    precondition(
      !scores.isEmpty && scores.allSatisfy { $0.count == included.count }, "each canary has its scores")
    let sizes = Self.shares.map { Int($0 * Double(included.count)) / 2 }.filter { $0 > 0 }
    guard !sizes.isEmpty else {
      // A single canary: it is guessed to be in.
      let audit = OneRunAudit(canaries: 1, guesses: 1, correct: included[0] ? 1 : 0)
      let epsilon = audit.epsilonLowerBound(delta: delta, confidence: confidence)
      return Finding(audit: audit, score: 0, epsilon: epsilon, delta: delta, confidence: confidence)
    }
    let each = 1 - (1 - confidence) / Double(scores.count * sizes.count * 3)
    var best: Finding?
    for (score, values) in scores.enumerated() {
      precondition(values.allSatisfy { !$0.isNaN }, "a score is a number")
      // Equal scores in the order of the canaries, which says nothing about their coins.
      let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
      for size in sizes {
        let present = order.suffix(size).count { included[$0] }
        let absent = order.prefix(size).count { !included[$0] }
        for (guesses, correct) in [(2 * size, present + absent), (size, present), (size, absent)] {
          let audit = OneRunAudit(canaries: included.count, guesses: guesses, correct: correct)
          // A bound is costly, and one that is no better is not wanted.
          if let best, audit.pValue(epsilon: best.epsilon, delta: delta) > 1 - each { continue }
          let epsilon = audit.epsilonLowerBound(delta: delta, confidence: each)
          best = Finding(audit: audit, score: score, epsilon: epsilon, delta: delta, confidence: confidence)
        }
      }
    }
    // Safe because there is a score and a size.
    return best!
  }
}
