import AtollNumerics

/// What m coins that one run of a mechanism was made with say about its ε, once somebody has guessed them.
///
/// The game is that of T. Steinke, M. Nasr & M. Jagielski, "Privacy auditing with one (1) training run", NeurIPS 2023,
/// arXiv:2305.08846: each of m canaries enters the data by a fair coin of its own; whoever sees the output, and what is known
/// besides of everything but the coins, guesses r of them, and v guesses are right. If the mechanism is (ε, δ)-differentially
/// private for each canary then, with W binomial of r trials of probability q = e^ε/(1 + e^ε) and β = P(W ≥ v),
///
///     P(v or more are right) ≤ β + (1 − β)·min(1, (m/v)·δ·β/P(W = v))
///
/// and a bound that is small disproves ε. It is the most that any mechanism reaches, and grows with ε, as the most does.
/// `Documentation/Algorithms/privacy-audit.md` proves it, and says why it stands here in place of the paper's: with two coins,
/// ε = 1 and δ = 0.02 there is a mechanism that has one right or more with probability 0.9345, where the program of the paper's
/// Appendix D allows 0.9335; and with many coins the paper's gives δ far more weight than it can have.
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
    guard correct > 0 else { return 1 }
    let miss = Elementary.exp(-epsilon)
    let rate = 1 / (1 + miss)
    let beta = SpecialFunctions.binomialTail(from: correct, count: guesses, rate: rate)
    guard delta > 0, beta < 1 else { return beta }
    let exactly = Elementary.exp(
      SpecialFunctions.logBinomial(guesses, correct) + Double(correct) * Elementary.log(rate)
        + Double(guesses - correct) * Elementary.log(miss * rate))
    // Far below what is expected P(W = v) may vanish, and the bound is 1.
    let reach = Double(canaries) / Double(correct) * delta * beta / exactly
    return beta + (1 - beta) * min(1, reach)
  }

  /// What ε is at least, in nats; 0 where the guesses say nothing, and never above ``largest``.
  ///
  /// - Parameters:
  ///   - delta: δ at which ε is told.
  ///   - confidence: the probability with which the statement holds.
  public func epsilonLowerBound(delta: Double, confidence: Double) -> Double {
    let allowed = 1 - confidence
    guard pValue(epsilon: 0, delta: delta) <= allowed else { return 0 }
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
