public import AtollPrivacy

/// Differential privacy for each record of a participant, before anything leaves it: DP-SGD.
///
/// Each step takes a Poisson sample of the rows by secret coins, clips the gradient of each, and adds Gaussian noise to their
/// sum. What the round gives away is ``event``; `PrivateGradient` has the algorithm and the bound of its sensitivity.
///
/// The guarantee is for whoever sees the trained model, even every step of it, under the relation
/// `NeighboringRelation.zeroOut`: a record is replaced by one that contributes nothing. The number of rows counts as known:
/// it divides the sum, and strategies weight by it.
///
/// > Warning: Not protected: what is computed from the data elsewhere, such as preprocessing, class weights by how often
/// > classes occur, evaluation, and trying out hyperparameters; that examples do not fit the model, which stops training;
/// > and the time that training takes, which depends on how many rows were drawn.
public struct RecordPrivacy: Hashable, Sendable {
  /// C, the L2 norm to which each record's gradient is clipped, all parameters together; 2⁻³⁰ to 2³⁰.
  public let clippingNorm: Double
  /// z, the noise's standard deviation by the sensitivity; 2⁻¹⁰ to 2²⁰.
  public let noiseMultiplier: Double
  /// q, the probability with which a record takes part in a step; 2⁻⁴⁰ to 1.
  public let samplingRate: Double
  /// Steps in a round; 1 to 2³¹.
  public let steps: Int

  /// - Parameters:
  ///   - clippingNorm: C, 2⁻³⁰ to 2³⁰.
  ///   - noiseMultiplier: z, 2⁻¹⁰ to 2²⁰.
  ///   - samplingRate: q, 2⁻⁴⁰ to 1.
  ///   - steps: steps in a round, 1 to 2³¹.
  /// - Throws: `PrivacyError` with code `invalid` where one lies outside.
  public init(
    clippingNorm: Double, noiseMultiplier: Double, samplingRate: Double, steps: Int
  ) throws(PrivacyError) {
    func check(_ value: Double, _ least: Double, _ most: Double, _ name: String) throws(PrivacyError) {
      guard value >= least, value <= most else {
        throw PrivacyError(.invalid, "the \(name) is \(value); it must be \(least) to \(most)")
      }
    }
    try check(clippingNorm, 0x1p-30, 0x1p30, "clipping-norm")
    try check(noiseMultiplier, 0x1p-10, 0x1p20, "noise-multiplier")
    try check(samplingRate, 0x1p-40, 1, "sampling-rate")
    guard (1...1 << 31).contains(steps) else {
      throw PrivacyError(.invalid, "there are \(steps) steps in a round; there must be 1 to 2^31")
    }
    self.clippingNorm = clippingNorm
    self.noiseMultiplier = noiseMultiplier
    self.samplingRate = samplingRate
    self.steps = steps
  }

  /// What one round's training does to the records' privacy: n Poisson-sampled Gaussian mechanisms.
  public var event: PrivacyEvent {
    get throws(PrivacyError) {
      let step = try PrivacyEvent(
        .poissonSampled(rate: samplingRate, PrivacyEvent(.gaussian(noiseMultiplier: noiseMultiplier))))
      return try PrivacyEvent(.repeated(step, times: steps))
    }
  }
}

extension RecordPrivacy: Codable {
  private enum CodingKeys: CodingKey { case clippingNorm, noiseMultiplier, samplingRate, steps }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      clippingNorm: values.decode(Double.self, forKey: .clippingNorm),
      noiseMultiplier: values.decode(Double.self, forKey: .noiseMultiplier),
      samplingRate: values.decode(Double.self, forKey: .samplingRate),
      steps: values.decode(Int.self, forKey: .steps))
  }
}
