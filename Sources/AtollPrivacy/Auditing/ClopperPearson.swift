/// Bounds of an unknown probability, from how often something happened in independent trials.
///
/// C. J. Clopper & E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
/// Biometrika 26 (1934): the lower bound is the largest p under which so many hits or more are still as unlikely as
/// 1 − confidence allows. It holds for every p and every number of trials, not only for many.
///
/// P(X ≥ k) of a binomial X is the regularised incomplete beta function Iₚ(k, n − k + 1). For whole numbers that is a finite
/// sum of positive terms, which is added up from its largest term on, and never as a difference from 1 where it is small.
/// Bisection ends on the side that claims less. The upper bound is the lower bound of the misses.
public enum ClopperPearson {
  /// What the probability is at least, with that confidence.
  ///
  /// - Parameters:
  ///   - hits: how often it happened.
  ///   - trials: of how many times; at least 1.
  ///   - confidence: the probability with which the statement holds, between 0 and 1, of this bound by itself.
  public static func lower(hits: Int, of trials: Int, confidence: Double) -> Double {
    precondition(trials > 0 && (0...trials).contains(hits), "there are 0 to \(trials) hits")
    precondition(confidence > 0 && confidence < 1, "a confidence lies between 0 and 1")
    guard hits > 0 else { return 0 }
    var (low, high) = (0.0, 1.0)
    // Until the two are neighbours, or next to it.
    while high - low > 1e-15 * high {
      let middle = low + (high - low) / 2
      let chance = SpecialFunctions.binomialTail(from: hits, count: trials, rate: middle)
      if chance <= 1 - confidence { low = middle } else { high = middle }
    }
    return low
  }

  /// What the probability is at most, with that confidence; arguments as of ``lower(hits:of:confidence:)``.
  public static func upper(hits: Int, of trials: Int, confidence: Double) -> Double {
    precondition(trials > 0 && (0...trials).contains(hits), "there are 0 to \(trials) hits")
    // The next number up, as the difference is rounded.
    return min(1, (1 - lower(hits: trials - hits, of: trials, confidence: confidence)).nextUp)
  }
}
