/// How positives and negatives are ranked by a score: groups of equal scores, in ascending order.
///
/// The groups are single scores for exact metrics and the bins of a histogram for federated ones, so both go through
/// the same arithmetic: a figure from a histogram is exactly the figure of the scores rounded to their bins.
public struct Ranking: Hashable, Sendable {
  /// Rows with one score (or in one bin).
  public struct Group: Hashable, Sendable {
    /// Rows of the positive class.
    public var positives: Int
    /// Rows of the other classes.
    public var negatives: Int

    public init(positives: Int, negatives: Int) {
      self.positives = positives
      self.negatives = negatives
    }
  }

  /// In ascending order of the score.
  public let groups: [Group]

  public init(groups: [Group]) { self.groups = groups }

  /// Ranks rows by their scores.
  ///
  /// - Precondition: both have one element for each row; scores are not NaN.
  public init(scores: some Collection<Double>, isPositive: some Collection<Bool>) {
    precondition(scores.count == isPositive.count, "each row has a score and a label")
    var groups: [Group] = []
    var previous: Double?
    for (score, positive) in zip(scores, isPositive).sorted(by: { $0.0 < $1.0 }) {
      if score != previous { groups.append(Group(positives: 0, negatives: 0)) }
      groups[groups.count - 1].positives += positive ? 1 : 0
      groups[groups.count - 1].negatives += positive ? 0 : 1
      previous = score
    }
    self.init(groups: groups)
  }

  /// The probability that a positive scores higher than a negative, ties counted half (Mann & Whitney 1947); nil
  /// unless there are both.
  public var auc: Double? {
    guard pairs > 0 else { return nil }
    var below = 0
    var wins = Int128(0)
    for group in groups {
      wins += Int128(group.positives) * Int128(2 * below + group.negatives)
      below += group.negatives
    }
    return Double(wins) / (2 * Double(pairs))
  }

  /// One standard error of ``auc`` (Hanley & McNeil 1982, Radiology 143:29–36, formula 2, with Q₁ and Q₂ of the
  /// exponential distribution), of the figure with one more pair, half won: a perfect ranking of few rows is not certain.
  public var aucStandardError: Double? {
    auc.map { auc in
      let drawn = (auc * Double(pairs) + 0.5) / (Double(pairs) + 1)
      return Self.standardError(ofAUC: drawn, positives: positives, negatives: negatives)
    }
  }

  static func standardError(ofAUC auc: Double, positives: Int, negatives: Int) -> Double {
    let (positives, negatives) = (Double(positives), Double(negatives))
    let one = auc / (2 - auc) - auc * auc
    let two = 2 * auc * auc / (1 + auc) - auc * auc
    let variance = auc * (1 - auc) + (positives - 1) * one + (negatives - 1) * two
    return (max(0, variance) / (positives * negatives)).squareRoot()
  }

  /// Rows of the class that is ranked.
  public var positives: Int { groups.reduce(0) { $0 + $1.positives } }
  /// All other rows.
  public var negatives: Int { groups.reduce(0) { $0 + $1.negatives } }

  /// How far ``auc`` can be from that of the scores before they were put into bins: half the share of pairs that
  /// share a bin.
  public var aucUncertainty: Double? {
    guard pairs > 0 else { return nil }
    let shared = groups.reduce(Int128(0)) { $0 + Int128($1.positives) * Int128($1.negatives) }
    return Double(shared) / (2 * Double(pairs))
  }

  /// Σ (Rₙ − Rₙ₋₁)·Pₙ over thresholds from the highest score down, Rₙ and Pₙ being recall and precision there; nil
  /// without positives.
  public var averagePrecision: Double? {
    let all = groups.reduce(0) { $0 + $1.positives }
    guard all > 0 else { return nil }
    var found = 0
    var rows = 0
    var sum = 0.0
    for group in groups.reversed() where group.positives + group.negatives > 0 {
      found += group.positives
      rows += group.positives + group.negatives
      sum += Double(group.positives) / Double(all) * (Double(found) / Double(rows))
    }
    return sum
  }

  private var pairs: Int128 { Int128(positives) * Int128(negatives) }
}
