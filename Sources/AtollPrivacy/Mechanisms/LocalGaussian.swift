public import AtollNumerics

/// A vector that its participant makes private before anyone sees it: local differential privacy with Gaussian noise.
///
/// x is shortened to the L2 norm C and put on a grid (``GridClipping``); noise of deviation σ = z·2C is added to each
/// element in whole steps (J. C. Duchi, M. I. Jordan & M. J. Wainwright, FOCS 2013, for the model; the mechanism is
/// that of C. Dwork & A. Roth 2014, section 3.5, with discrete noise). The sensitivity is 2C: *any* two vectors are
/// told apart, relation replace-one. What ``answer(_:using:)`` gives is what the server may see, of each participant
/// by itself; nobody has to be trusted, and nothing else needs to be kept from the server. The price: the mean of n
/// participants has noise of z·2C/√n, √n times that of noise on their sum.
public struct LocalGaussian: Hashable, Sendable {
  /// C, and the grid.
  public let clipping: GridClipping
  /// σ = z·2C.
  public let noise: GridGaussian

  /// - Parameters:
  ///   - clippingNorm: C, 2^10 to 2^50 steps.
  ///   - noiseMultiplier: z, σ by 2C.
  ///   - fractionBits: f; the grid's step is 2^-f.
  /// - Throws: ``PrivacyError``: `invalid` for parameters out of range; `unsupported` where σ is below 2^20 steps.
  public init(clippingNorm: Double, noiseMultiplier: Double, fractionBits: Int) throws(PrivacyError) {
    clipping = try GridClipping(norm: clippingNorm, fractionBits: fractionBits)
    noise = try GridGaussian(
      sensitivity: 2 * clippingNorm, noiseMultiplier: noiseMultiplier, fractionBits: fractionBits)
  }

  /// What one answer gives away, under replace-one, of one participant; each answer is charged.
  public var event: PrivacyEvent { get throws(PrivacyError) { try noise.event } }

  /// What leaves the participant, in steps 2^-f.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid` for a number that is not finite.
  public func answer(_ vector: [Float], using coins: inout SecretCoins) throws(PrivacyError) -> RingVector {
    var steps = try clipping.clip(vector)
    try noise.grid.gaussian().add(to: &steps, using: &coins)
    return steps
  }

  /// The mean of answers, without bias but for clipping, and the noise's deviation in each of its elements.
  ///
  /// - Parameters:
  ///   - sum: of all answers, modulo 2^64.
  ///   - answers: how many there are.
  /// - Precondition: there is an answer.
  public func mean(_ sum: RingVector, answers: Int) -> (mean: [Double], deviation: Double) {
    precondition(answers > 0, "a mean of no answers")
    let unit = Double(sign: .plus, exponent: -noise.fractionBits, significand: 1) / Double(answers)
    return (sum.elements.map { Double($0) * unit }, noise.grid.width / Double(answers).squareRoot())
  }
}

extension RandomizedResponse {
  /// What one answer gives away, under replace-one, of one participant: answers are drawn uniformly with probability
  /// k/(e^ε + k - 1), rounded down.
  public var event: PrivacyEvent {
    get throws(PrivacyError) {
      // k·q: the other categories and, as often as each of them, the true one. A few roundings, each below 2^-52.
      try PrivacyEvent(
        .randomizedResponse(
          noise: Double(categories) * probabilities.other * (1 - 0x1p-49), categories: categories))
    }
  }
}

extension UnaryEncoding {
  /// What one answer gives away, under replace-one only, of one participant: as much as an answer by yes or no with
  /// the same ε (P. Kairouz, S. Oh & P. Viswanath, ICML 2015: whatever is ε-private is made of that).
  public var event: PrivacyEvent {
    get throws(PrivacyError) {
      try PrivacyEvent(
        .randomizedResponse(noise: 2 * probabilityOfFalseBit * (1 - 0x1p-49), categories: 2))
    }
  }
}
