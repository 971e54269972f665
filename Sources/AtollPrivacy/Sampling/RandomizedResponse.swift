import AtollNumerics

/// Randomised response over k categories: the truth with probability p = e^ε/(e^ε + k - 1), else one of the others.
///
/// For two categories S. L. Warner, "Randomized response", JASA 60 (1965); for k P. Kairouz, K. Bonawitz & D. Ramage, "Discrete
/// distribution estimation under local privacy", ICML 2016, arXiv:1602.07387. ε-differentially private for each answer, without
/// trust in anyone. Deviation: ε is rational and the coin exact (``Bernoulli``), so that ε holds to the last bit.
public struct RandomizedResponse: Sendable {
  /// ε.
  public let epsilon: Ratio
  /// k.
  public let categories: Int
  private let truth: Bernoulli

  /// - Throws: ``PrivacyError`` where there are fewer than 2 categories or 2^31 and more.
  public init(epsilon: Ratio, categories: Int = 2) throws(PrivacyError) {
    guard (2..<1 << 31).contains(categories) else {
      throw PrivacyError(.invalid, "there are 2 to 2^31 - 1 categories, not \(categories)")
    }
    self.epsilon = epsilon
    self.categories = categories
    truth = Bernoulli(weightOfOneAmong: UInt64(categories - 1), logarithm: epsilon)
  }

  /// The answer to give for a true category.
  ///
  /// - Precondition: the category is one of 0..<k.
  public func answer(_ category: Int, using coins: inout SecretCoins) -> Int {
    precondition((0..<categories).contains(category), "a category is one of 0..<\(categories)")
    // Both are drawn always: what an answer takes does not tell whether it is true.
    let isTrue = truth.toss(using: &coins)
    let other = Int(coins.below(UInt64(categories - 1)))
    if isTrue { return category }
    return other < category ? other : other + 1
  }

  /// The answer to give for yes or no, where there are two categories.
  ///
  /// - Precondition: there are two categories.
  public func answer(_ isYes: Bool, using coins: inout SecretCoins) -> Bool {
    precondition(categories == 2, "yes and no are two categories")
    return answer(isYes ? 1 : 0, using: &coins) == 1
  }

  /// Estimates without bias how many participants are in each category, from the number of answers that name it.
  ///
  /// With n answers, (count - nq)/(p - q), where q = (1 - p)/(k - 1). An estimate may be negative or above n; to clip it would
  /// make it biased.
  ///
  /// - Throws: ``PrivacyError`` where ε is 0, which tells nothing, or the numbers are not k.
  public func estimate(_ counts: [Int]) throws(PrivacyError) -> [Double] {
    guard counts.count == categories else {
      throw PrivacyError(.invalid, "there are \(counts.count) counts for \(categories) categories")
    }
    let answers = counts.reduce(0) { $0 + Double($1) }
    let (p, q) = probabilities
    guard p > q else { throw PrivacyError(.invalid, "answers with ε = 0 tell nothing") }
    return counts.map { (Double($0) - answers * q) / (p - q) }
  }

  /// The variance of an estimate, for a category that `share` of all participants are in.
  public func variance(participants: Int, share: Double) -> Double {
    let (p, q) = probabilities
    let n = Double(participants)
    return n * (share * p * (1 - p) + (1 - share) * q * (1 - q)) / ((p - q) * (p - q))
  }

  /// That an answer names the true category, and that it names a given other one; rounded.
  public var probabilities: (truth: Double, other: Double) {
    // e^-ε, so that a large ε does not overflow.
    let weight = Elementary.exp(-epsilon.double)
    let truth = 1 / (1 + Double(categories - 1) * weight)
    return (truth, truth * weight)
  }
}
