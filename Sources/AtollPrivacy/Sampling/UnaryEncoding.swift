import AtollNumerics

/// Optimized unary encoding: a category as k bits, each kept or turned at random.
///
/// T. Wang, J. Blocki, N. Li & S. Jha, "Locally differentially private protocols for frequency estimation", USENIX Security 2017,
/// section 4.3. The bit of the true category is 1 with probability ½, each other with q = 1/(e^ε + 1). ε-differentially private
/// for each answer; its variance does not grow with k, so that it is better than ``RandomizedResponse`` for k > 3e^ε + 2. No
/// deviation; ε is rational and coins are exact (``Bernoulli``).
public struct UnaryEncoding: Sendable {
  /// ε.
  public let epsilon: Ratio
  /// k.
  public let categories: Int
  /// 1 - q = 1/(1 + e^-ε), the probability of 0 for a category that is not the true one.
  private let zero: Bernoulli

  /// - Throws: ``PrivacyError`` where there are fewer than 2 categories or 2^31 and more.
  public init(epsilon: Ratio, categories: Int) throws(PrivacyError) {
    guard (2..<1 << 31).contains(categories) else {
      throw PrivacyError(.invalid, "there are 2 to 2^31 - 1 categories, not \(categories)")
    }
    self.epsilon = epsilon
    self.categories = categories
    zero = Bernoulli(weightOfOneAmong: 1, logarithm: epsilon)
  }

  /// The bits to give for a true category.
  ///
  /// - Precondition: the category is one of 0..<k.
  public func answer(_ category: Int, using coins: inout SecretCoins) -> [Bool] {
    precondition((0..<categories).contains(category), "a category is one of 0..<\(categories)")
    return (0..<categories).map { place in
      place == category ? coins.nextUInt64() >> 63 == 1 : !zero.toss(using: &coins)
    }
  }

  /// Estimates without bias how many participants are in each category, from the number of answers with its bit set:
  /// (count - nq)/(½ - q). An estimate may be negative or above n.
  ///
  /// - Throws: ``PrivacyError`` where ε is 0, which tells nothing, or the numbers are not k.
  public func estimate(_ counts: [Int], answers: Int) throws(PrivacyError) -> [Double] {
    guard counts.count == categories else {
      throw PrivacyError(.invalid, "there are \(counts.count) counts for \(categories) categories")
    }
    let q = probabilityOfFalseBit
    guard q < 0.5 else { throw PrivacyError(.invalid, "answers with ε = 0 tell nothing") }
    return counts.map { (Double($0) - Double(answers) * q) / (0.5 - q) }
  }

  /// The variance of an estimate, for a category that `share` of all participants are in.
  public func variance(participants: Int, share: Double) -> Double {
    let q = probabilityOfFalseBit
    return Double(participants) * (share / 4 + (1 - share) * q * (1 - q)) / ((0.5 - q) * (0.5 - q))
  }

  /// q, rounded.
  public var probabilityOfFalseBit: Double {
    let weight = Elementary.exp(-epsilon.double)
    return weight / (1 + weight)
  }
}
