public import AtollNumerics

/// The noise of ``BandedMatrix``, as a stream of whole numbers.
///
/// **Why no fraction is needed.** C = 2^-16·K with whole K, K₀ = 2^16. The mechanism is y = K·x + z, with x in steps
/// of the grid 2^-f and z discrete Gaussian noise in steps of 2^-(f+16): whole numbers. From y alone
///
///     w_t = ⌊(y_t − Σ_{j≥1} K_j·w_{t−j}) / 2^16 + ½⌋
///
/// is computed and published, so that privacy is that of y. By induction w_t = x_t + n_t with the noise
///
///     n_t = ⌊(z_t − Σ_{j≥1} K_j·n_{t−j}) / 2^16 + ½⌋,
///
/// since y_t − Σ K_j·w_{t−j} = 2^16·x_t + z_t − Σ K_j·n_{t−j}, and rounding down commutes with adding x_t, a whole
/// number. So n_t is added to the exact sum x_t, and nothing else happens. The rounding of each round is fed back
/// like noise of half a step, where σ is 2^20 steps at least.
///
/// **Memory.** The noise of the b − 1 rounds before, b − 1 vectors; a round takes one draw and b multiplications for
/// each element.
public struct BandedNoise: CorrelatedNoise {
  /// C.
  public let mechanism: BandedMatrix
  /// Its width is that of z, and its grid that of the sums.
  public let noise: GridGaussian
  /// How many elements a sum has.
  public let count: Int
  public private(set) var round = 0
  private let law: DiscreteGaussian
  /// The noise of round t at place t mod (b − 1).
  private var recent: [RingVector] = []

  /// Noise from the first round on.
  ///
  /// - Parameters:
  ///   - mechanism: C.
  ///   - noise: that on C·x; its sensitivity is that of the sum of one round.
  ///   - count: how many elements a sum has.
  /// - Throws: ``PrivacyError`` with code `invalid` where noise could leave 64 bits.
  public init(_ mechanism: BandedMatrix, noise: GridGaussian, count: Int) throws(PrivacyError) {
    let fine = try NoiseGrid(
      width: noise.grid.width, fractionBits: noise.fractionBits + BandedMatrix.fractionBits)
    // Elements of C⁻¹ lie within -1...1, so that 2^16·n_t has a deviation of √t·σ at most; beyond 16 of these lies a
    // mass of e^-128.
    guard count > 0, fine.steps.double * Double(mechanism.rounds).squareRoot() <= 0x1p58 else {
      throw PrivacyError(
        .invalid,
        "noise of \(noise.grid.steps.double) steps over \(mechanism.rounds) rounds does not fit 64 bits")
    }
    self.mechanism = mechanism
    self.noise = noise
    self.count = count
    law = try fine.gaussian()
  }

  /// Noise from the round on that the memory is of.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid`, also where the memory is that of another mechanism, noise or
  ///   length.
  public init(
    _ mechanism: BandedMatrix, noise: GridGaussian, count: Int, resuming memory: NoiseMemory
  ) throws(PrivacyError) {
    try self.init(mechanism, noise: noise, count: count)
    try memory.check(signature, rounds: mechanism.rounds, count: count)
    round = memory.round
    guard memory.vectors.count == kept else {
      throw PrivacyError(.invalid, "the memory of correlated noise lacks rounds")
    }
    // From the oldest on, to where each would lie.
    recent = memory.vectors
    for (age, vector) in memory.vectors.enumerated() { recent[(round - recent.count + age) % reach] = vector }
  }

  public var memory: NoiseMemory {
    NoiseMemory(
      round: round, of: signature, vectors: ((round - kept)..<round).map { recent[$0 % reach] })
  }

  /// How many rounds back noise is remembered.
  private var reach: Int { mechanism.bands - 1 }

  /// How many rounds' noise is needed from now on.
  private var kept: Int { round == mechanism.rounds ? 0 : min(round, reach) }

  private var signature: String {
    """
    banded \(mechanism.coefficients) of \(mechanism.rounds), \(mechanism.participations) times \
    \(mechanism.separation) apart, \(noise.signature)
    """
  }

  public mutating func add(to sum: inout RingVector, using coins: inout SecretCoins) throws(PrivacyError) {
    precondition(sum.elements.count == count, "a sum has \(count) elements")
    guard round < mechanism.rounds else { throw Self.over(mechanism.rounds) }
    var noise = RingVector(zeros: count)
    law.add(to: &noise, using: &coins)
    // Modulo 2^64, as only the result has to fit.
    _ = noise.withElements { noise in
      for back in 1..<(min(round, reach) + 1) {
        let factor = Int64(mechanism.coefficients[back])
        for (place, element) in recent[(round - back) % reach].elements.enumerated() {
          noise[place] &-= factor &* element
        }
      }
      let half: Int64 = 1 << Int64(BandedMatrix.fractionBits - 1)
      for place in 0..<count { noise[place] = (noise[place] &+ half) >> Int64(BandedMatrix.fractionBits) }
    }
    sum += noise
    if recent.count < reach {
      recent.append(noise)
    } else if reach > 0 {
      recent[round % reach] = noise
    }
    round += 1
  }
}
