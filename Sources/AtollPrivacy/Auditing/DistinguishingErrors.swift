import AtollNumerics

/// How often somebody was wrong who had to tell from a mechanism's output which of two neighbouring inputs it had.
///
/// Under (ε, δ)-differential privacy no test has few errors of both kinds (P. Kairouz, S. Oh & P. Viswanath, "The composition
/// theorem for differential privacy", ICML 2015, arXiv:1311.0776, Theorem 2.1): with α the share of false positives and β that
/// of false negatives,
///
///     α + e^ε·β ≥ 1 − δ   and   e^ε·α + β ≥ 1 − δ.
///
/// Read backwards, errors that were seen bound ε from below, whatever the mechanism is.
public struct DistinguishingErrors: Hashable, Sendable {
  /// Runs on the first input that were taken for the second.
  public var falsePositives: Int
  /// Runs on the first input.
  public var negatives: Int
  /// Runs on the second input that were taken for the first.
  public var falseNegatives: Int
  /// Runs on the second input.
  public var positives: Int

  /// - Precondition: there was a run on each input, and no more errors than runs.
  public init(falsePositives: Int, of negatives: Int, falseNegatives: Int, of positives: Int) {
    precondition(
      negatives > 0 && positives > 0 && (0...negatives).contains(falsePositives)
        && (0...positives).contains(falseNegatives), "errors are counted among the runs on their input")
    self.falsePositives = falsePositives
    self.negatives = negatives
    self.falseNegatives = falseNegatives
    self.positives = positives
  }

  /// What ε is at least, in nats; 0 where the errors say nothing.
  ///
  /// Both shares are bounded from above (``ClopperPearson``), each with half of the allowed error, and the larger of the two
  /// statements counts: max(log((1 − δ − α)/β), log((1 − δ − β)/α)).
  ///
  /// - Parameters:
  ///   - delta: δ at which ε is told.
  ///   - confidence: the probability with which the statement holds, of independent runs and a test that was fixed before
  ///     them.
  public func epsilonLowerBound(delta: Double, confidence: Double) -> Double {
    let each = 1 - (1 - confidence) / 2
    let alpha = ClopperPearson.upper(hits: falsePositives, of: negatives, confidence: each)
    let beta = ClopperPearson.upper(hits: falseNegatives, of: positives, confidence: each)
    func bound(_ one: Double, _ other: Double) -> Double {
      1 - delta - one > other ? Elementary.log((1 - delta - one) / other) : 0
    }
    return max(bound(alpha, beta), bound(beta, alpha))
  }
}
