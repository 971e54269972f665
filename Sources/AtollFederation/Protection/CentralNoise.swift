package import AtollNumerics
package import AtollPrivacy

/// Noise that the server adds to an exact sum before anybody, its own program included, sees the sum.
///
/// H. B. McMahan, D. Ramage, K. Talwar & L. Zhang, "Learning differentially private recurrent language models", ICLR 2018,
/// arXiv:1710.06963, Algorithm 1, with the fixed-denominator estimator: updates are clipped to C by their participants, each
/// counts once, noise of deviation z·Δ is added to their sum. Deviation: the sum is one of integers and the noise a discrete
/// Gaussian (C. L. Canonne, G. Kamath & T. Steinke, 2020, arXiv:2004.00010), so that nothing is rounded after the noise.
///
/// **The sensitivity.** Let one participant contribute zero in place of its update u. What it adds to the integers is each
/// coordinate of the clipped update ũ, times 2^f, rounded to the nearest. The clipping factor and each product are rounded to
/// single precision, so that ‖ũ‖ ≤ C′ = C·(1 + 2⁻²⁰); rounding to integers errs by at most ½ in each of the d coordinates,
/// √d/2 in norm. So Δ = C′·2^f + √d/2, in units of the ring.
///
/// **The count.** Adaptive clipping also sums a bit of each participant, ±½, or 0 of one without rows: its sensitivity is ½
/// under zero-out. Noise of deviation σ_b is added to it. `ClippingNoise` tells how the two share one z.
public struct CentralNoise: Hashable, Codable, Sendable {
  /// The deviation of noise on the clipped sum, by its sensitivity.
  public let multiplier: Double
  /// σ_b, the deviation of noise on the number of updates within the norm; nil where they are not counted.
  public let countDeviation: Double?
  /// How the noise of a run's rounds is correlated; nil where each round has noise of its own.
  public let correlation: NoiseCorrelation?

  /// - Parameters:
  ///   - multiplier: of noise on the clipped sum.
  ///   - countDeviation: σ_b; nil where updates within the norm are not counted.
  ///   - correlation: how the noise of a run's rounds is correlated.
  public init(multiplier: Double, countDeviation: Double? = nil, correlation: NoiseCorrelation? = nil) {
    self.multiplier = multiplier
    self.countDeviation = countDeviation
    self.correlation = correlation
  }

  /// The deviation of the noise by the sensitivity of one turn, in all that would come out otherwise without it: of updates and
  /// what is counted together, or of all rounds that a turn goes into.
  var ofTurn: Double {
    if let correlation { return multiplier / correlation.sensitivityOfTurn }
    return countDeviation.map {
      ClippingNoise.totalNoiseMultiplier(updates: multiplier, countDeviation: $0)
    } ?? multiplier
  }

  /// Δ: by how much, in L2 norm, one participant changes the sum, in units of the ring.
  static func sensitivity(clip: Double, format: FixedPoint, count: Int) -> Double {
    (clip * (1 + 0x1p-20) * format.scale + Double(count).squareRoot() / 2) * (1 + 0x1p-40)
  }

  /// f of the coarsest grid on which noise counts as continuous.
  static func fractionBits(multiplier: Double, clip: Double) -> Int { 21 - Int((multiplier * clip).exponent) }

  /// The grid of the noise on a sum.
  ///
  /// - Throws: `PrivacyError` where the noise is too wide, or too narrow to count as continuous.
  static func grid(
    multiplier: Double, clip: Double, format: FixedPoint, count: Int
  ) throws(PrivacyError) -> NoiseGrid {
    let width = multiplier * sensitivity(clip: clip, format: format, count: count) / format.scale
    let grid = try NoiseGrid(width: width, fractionBits: format.fractionBits)
    guard grid.isFine else {
      throw PrivacyError(
        .invalid, "noise of deviation \(width) is too narrow for steps of 2^-\(format.fractionBits)")
    }
    return grid
  }
}

extension UpdateProtection {
  /// Adds the noise to the sum of an exchange.
  ///
  /// - Parameters:
  ///   - sum: exact until then.
  ///   - specs: what its vectors are.
  ///   - coins: nobody can foretell them.
  /// - Throws: ``RunFailure`` with code `.unfit` where a sum would be released without noise, or noise does not fit.
  package func addNoise(
    to sum: inout ExactSum, as specs: [SumSpec], using coins: inout SecretCoins
  ) throws(RunFailure) {
    guard let noise, let clip else { return }
    precondition(noise.correlation == nil, "noise that is correlated over rounds has a memory")
    for (place, spec) in specs.enumerated() {
      guard clipped.contains(spec.name) || spec.name == .withinClip && noise.countDeviation != nil else {
        throw RunFailure(.unfit, "the sum “\(spec.name.rawValue)” would be released without noise")
      }
      let gaussian: DiscreteGaussian
      do throws(PrivacyError) {
        let grid =
          if spec.name == .withinClip, let deviation = noise.countDeviation {
            try NoiseGrid(width: deviation, fractionBits: spec.format.fractionBits)
          } else {
            try CentralNoise.grid(
              multiplier: noise.multiplier, clip: clip, format: spec.format, count: spec.count)
          }
        gaussian = try grid.gaussian()
      } catch {
        throw RunFailure(.unfit, "there is no noise for “\(spec.name.rawValue)”: \(error.message)")
      }
      sum.withVector(place) { gaussian.add(to: &$0, using: &coins) }
    }
  }
}

extension SumSpec.Name {
  /// Σ over participants of ½ where the update was within the clipping norm, −½ where it was longer, 0 where there was none.
  static let withinClip = Self(rawValue: "within-clip")
}
