import AtollNumerics

/// What m coins that one run of a mechanism was made with say about its ε, once somebody has guessed them.
///
/// T. Steinke, M. Nasr & M. Jagielski, "Privacy auditing with one (1) training run", NeurIPS 2023, arXiv:2305.08846. Each of m
/// canaries enters the data by a fair coin of its own. Whoever sees the output, and what is known besides of everything but
/// the coins, guesses r of them, and v guesses are right. If the mechanism is (ε, δ)-differentially private for each canary,
/// then, with W binomial of r trials of probability q = e^ε/(1 + e^ε),
///
///     P(v or more are right) ≤ β + 2·m·δ·α,    β = P(W ≥ v),    α = max_{1 ≤ i ≤ v} (1/i)·P(v − i ≤ W < v)
///
/// (their Corollary 5.4, as in the program of their Appendix D). A bound that is small disproves ε. The first term is what guesses
/// at randomised response give; the second is what δ may add: to make v of less, i of the guesses have to be put right at one
/// go, which a mechanism that fails with probability δ for each canary can do with 2·m·δ/i at most.
///
/// **Why the bound is monotone**, so that bisection finds ε: for each i it is (1 − c)·P(W ≥ v) + c·P(W ≥ v − i) with
/// c = 2·m·δ/i; both tails grow with q, and so does their mixture as long as c ≤ 1. Where 2·m·δ > 1 nothing is claimed.
///
/// Coins of several independent runs count together: a run's coin is in one run only, so that all runs are one mechanism with
/// the same ε and δ for each coin.
public struct OneRunAudit: Hashable, Sendable {
  /// m, all canaries with a coin, guessed or not.
  public let canaries: Int
  /// r, how many coins were guessed: fixed before the output was seen, or counted by a rule that allows for the choice.
  public let guesses: Int
  /// v, how many guesses were right.
  public let correct: Int

  /// - Precondition: `0 ≤ correct ≤ guesses ≤ canaries`.
  public init(canaries: Int, guesses: Int, correct: Int) {
    precondition(
      0 <= correct && correct <= guesses && guesses <= canaries, "right guesses are some of all guesses")
    self.canaries = canaries
    self.guesses = guesses
    self.correct = correct
  }

  /// The most that the probability of so many right guesses can be, if the mechanism is (ε, δ)-differentially private.
  ///
  /// - Parameters:
  ///   - epsilon: ε in nats, at least 0.
  ///   - delta: δ, at least 0 and below 1.
  public func pValue(epsilon: Double, delta: Double) -> Double {
    let miss = Elementary.exp(-epsilon)
    let rate = 1 / (1 + miss)
    let beta = SpecialFunctions.binomialTail(from: correct, count: guesses, rate: rate)
    // Without δ, or without a right guess, there is no second term.
    guard delta > 0, correct > 0 else { return beta }
    let (hit, fail) = (Elementary.log(rate), Elementary.log(miss * rate))
    var (alpha, below) = (0.0, 0.0)
    for i in 1...correct {
      let count = correct - i
      below += Elementary.exp(
        SpecialFunctions.logBinomial(guesses, count) + Double(count) * hit + Double(guesses - count) * fail)
      alpha = max(alpha, below / Double(i))
    }
    return min(1, beta + 2 * Double(canaries) * delta * alpha)
  }

  /// What ε is at least, in nats; 0 where the guesses say nothing, and never above ``largest``.
  ///
  /// - Parameters:
  ///   - delta: δ at which ε is told.
  ///   - confidence: the probability with which the statement holds.
  public func epsilonLowerBound(delta: Double, confidence: Double) -> Double {
    let allowed = 1 - confidence
    guard guesses > 0, 2 * Double(canaries) * delta <= 1, pValue(epsilon: 0, delta: delta) <= allowed else {
      return 0
    }
    var (low, high) = (0.0, Self.largest)
    for _ in 0..<50 {
      let middle = low + (high - low) / 2
      if pValue(epsilon: middle, delta: delta) <= allowed { low = middle } else { high = middle }
    }
    return low
  }

  /// More than any number of guesses could show.
  public static let largest = 32.0
}
