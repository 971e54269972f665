/// Correlated noise C⁻¹z with a banded lower triangular Toeplitz matrix C (C. A. Choquette-Choo, A. Ganesh, R.
/// McKenna, H. B. McMahan, K. Rush, A. Thakurta & Z. Xu, "(Amplified) banded matrix factorization: a unified approach
/// to private training", NeurIPS 2023, arXiv:2306.08153).
///
/// With A the matrix of prefix sums, A = (A·C⁻¹)·C: what is published, A·x + A·C⁻¹·z, is a function of C·x + z,
/// normal noise on C·x. A participant takes part at most k times, at least s rounds apart. While C has at most s
/// bands, the columns of its rounds have no row in common, and the square of the sensitivity is the sum of their
/// squares (Theorem 2 there).
///
/// Coefficients are those of the square root of A by default, c₀ = 1, cⱼ = cⱼ₋₁·(2j − 1)/(2j) (H. Fichtenberger, M.
/// Henzinger & J. Upadhyay 2023, arXiv:2202.11205), cut off behind b bands (N. P. Kalinin & C. H. Lampert 2024,
/// arXiv:2405.13763). Deviations: coefficients are multiples of 2^-16, so that everything stays in whole numbers
/// (``BandedNoise``): these, not their ideals, are what is accounted for. No amplification by sampling.
public struct BandedMatrix: Hashable, Sendable {
  /// How many rounds there are.
  public let rounds: Int
  /// The first column of C, in units of 2^-16: 2^16, then numbers that never rise.
  public let coefficients: [Int]
  /// s: a participant's rounds are at least so far apart.
  public let separation: Int
  /// k: a participant takes part at most so often.
  public let participations: Int

  /// Coefficients are multiples of 2^-16.
  static let fractionBits = 16

  /// With coefficients of one's own.
  ///
  /// - Parameters:
  ///   - rounds: at most 2^20.
  ///   - coefficients: one for each band, in units of 2^-16: the first is 2^16, none is above the one before, all are
  ///     positive. (Then A·C⁻¹ has no element outside 0...1: its columns are the probabilities of a renewal process.)
  ///   - separation: s; at least as many rounds as there are bands.
  ///   - participations: k.
  /// - Throws: ``PrivacyError`` with code `invalid` for anything else.
  public init(
    rounds: Int, coefficients: [Int], separation: Int, participations: Int
  ) throws(PrivacyError) {
    guard (1...1 << 20).contains(rounds), (1...rounds).contains(coefficients.count),
      coefficients.first == 1 << Self.fractionBits, coefficients.allSatisfy({ $0 > 0 }),
      zip(coefficients, coefficients.dropFirst()).allSatisfy({ $0 >= $1 })
    else {
      throw PrivacyError(
        .invalid, "a banded matrix has 1 to \(rounds) bands, 2^16 and then numbers above 0 that never rise")
    }
    guard (coefficients.count...1 << 40).contains(separation), (1...1 << 40).contains(participations) else {
      throw PrivacyError(
        .invalid,
        """
        rounds of a participant are at least as far apart as there are bands, \(coefficients.count), \
        not \(separation); there is at least one, not \(participations)
        """)
    }
    self.rounds = rounds
    self.coefficients = coefficients
    self.separation = separation
    self.participations = participations
  }

  /// With the first b coefficients of the square root of the prefix sums.
  ///
  /// - Parameters:
  ///   - rounds: at most 2^20.
  ///   - bands: b; 1 is independent noise. More bands cancel more noise, and take more memory.
  ///   - separation: s, at least b.
  ///   - participations: k.
  /// - Throws: ``PrivacyError`` with code `invalid`.
  public init(
    rounds: Int, bands: Int, separation: Int, participations: Int
  ) throws(PrivacyError) {
    guard (1...1 << 20).contains(bands) else {
      throw PrivacyError(.invalid, "a banded matrix has 1 to 2^20 bands, not \(bands)")
    }
    var exact = 1.0
    var coefficients: [Int] = []
    for band in 0..<bands {
      if band > 0 { exact *= Double(2 * band - 1) / Double(2 * band) }
      coefficients.append(Int((exact * Double(1 << Self.fractionBits)).rounded()))
    }
    try self.init(
      rounds: rounds, coefficients: coefficients, separation: separation, participations: participations)
  }

  /// b.
  public var bands: Int { coefficients.count }

  /// The L2 norm of the longest column of C, which is the first; rounded up.
  public var columnNorm: Double { norm(squaredNorm(ofColumn: 0)) }

  /// By how much, in L2 norm, a participant changes C·x when each of its contributions has norm 1: exactly, columns
  /// that are cut off at the end included; rounded up.
  ///
  /// Columns get shorter towards the end, so the earliest rounds that are allowed are the worst.
  public var sensitivity: Double {
    norm((0..<turns).reduce(0) { $0 + squaredNorm(ofColumn: $1 * separation) })
  }

  /// How often a participant can take part in so many rounds.
  private var turns: Int { min(participations, (rounds - 1) / separation + 1) }

  /// In units of 2^-32. At most 2^20 coefficients of 2^32: below 2^53.
  private func squaredNorm(ofColumn column: Int) -> Int64 {
    coefficients.prefix(rounds - column).reduce(0) { $0 + Int64($1) * Int64($1) }
  }

  private func norm(_ square: Int64) -> Double {
    Double(square).squareRoot().nextUp * Double(sign: .plus, exponent: -Self.fractionBits, significand: 1)
  }
}

extension BandedMatrix: PrefixSumMechanism {
  public var participation: ParticipationRule {
    .separated(by: separation, times: participations)
  }

  public func event(noiseMultiplier: Double) throws(PrivacyError) -> PrivacyEvent {
    try PrivacyEvent(
      .bandedMatrix(
        noiseMultiplier: noiseMultiplier, columnNorm: columnNorm, bands: bands, separation: separation,
        participations: turns))
  }

  /// Row t of A·C⁻¹ holds u₀ … uₜ with Σ uᵢxⁱ = 1/((1 − x)·Σ cⱼxʲ), which is 1/(1 − Σ dⱼxʲ) with dⱼ = cⱼ₋₁ − cⱼ.
  public func variance(ofFirst count: Int) -> Double {
    precondition((1...rounds).contains(count), "a prefix has 1 to \(rounds) rounds")
    let unit = Double(sign: .plus, exponent: -Self.fractionBits, significand: 1)
    let falls = zip(coefficients, coefficients.dropFirst() + [0]).map { Double($0 - $1) * unit }
    var weights = [1.0]
    for place in 1..<max(count, 1) {
      weights.append((1...min(place, bands)).reduce(0) { $0 + falls[$1 - 1] * weights[place - $1] })
    }
    return weights.reduce(0) { $0 + $1 * $1 }
  }
}

extension BandedMatrix: Codable {
  private enum CodingKeys: CodingKey { case rounds, coefficients, separation, participations }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      rounds: values.decode(Int.self, forKey: .rounds),
      coefficients: values.decode([Int].self, forKey: .coefficients),
      separation: values.decode(Int.self, forKey: .separation),
      participations: values.decode(Int.self, forKey: .participations))
  }
}
