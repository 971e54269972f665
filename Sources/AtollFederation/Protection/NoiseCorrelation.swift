public import AtollPrivacy

/// How the noise of a run's rounds is correlated, so that it cancels in what all of them add up to: DP-FTRL.
///
/// P. Kairouz, B. McMahan, S. Song, O. Thakkar, A. Thakurta & Z. Xu, ICML 2021, arXiv:2103.00039; C. A. Choquette-Choo et al.,
/// NeurIPS 2023, arXiv:2306.08153. Every round publishes a model, and so the sum of all updates so far; what the mechanism
/// gives away is that of all rounds together. Participants take turns: two of the same are ``separation`` rounds apart at the
/// least, which is all that the guarantee counts on. Sampling is not needed, and amplifies nothing here.
public struct NoiseCorrelation: Hashable, Sendable {
  /// How noise is spread over rounds.
  public enum Mechanism: Hashable, Codable, Sendable {
    /// Noise in the nodes of a binary tree, a new one for each pass through the participants (``/AtollPrivacy/TreeAggregation``).
    case tree
    /// Noise that takes back a part of that of so many rounds, less one, before it (``/AtollPrivacy/BandedMatrix``).
    case banded(bands: Int)
  }

  /// How noise is spread over rounds.
  public let mechanism: Mechanism
  /// Rounds of the whole run.
  public let rounds: Int
  /// Turns of a participant are at least so many rounds apart.
  public let separation: Int
  /// By how much, in L2 norm, what noise is added to changes with one turn, by the norm of the contribution itself: the root
  /// of the levels of a tree, the norm of a column of a matrix.
  private(set) var sensitivityOfTurn = 0.0

  /// - Parameters:
  ///   - mechanism: how noise is spread.
  ///   - rounds: of the whole run; at most 2^20.
  ///   - separation: of a participant's turns, at least 2: whoever takes part in each round leaves nothing to correlate.
  /// - Throws: `PrivacyError` with code `invalid` for anything else, and for more bands than rounds between two turns.
  public init(_ mechanism: Mechanism, rounds: Int, separation: Int) throws(PrivacyError) {
    guard (1...1 << 20).contains(rounds), (2...1 << 20).contains(separation) else {
      throw PrivacyError(
        .invalid,
        "correlated noise is for 1 to 2^20 rounds and turns 2 to 2^20 rounds apart, not \(rounds) and \(separation)"
      )
    }
    self.mechanism = mechanism
    self.rounds = rounds
    self.separation = separation
    // What there is no mechanism for is found now.
    switch mechanism {
    case .tree:
      _ = try trees
      sensitivityOfTurn = Double(Int.bitWidth - pass.leadingZeroBitCount).squareRoot()
    case .banded(let bands): sensitivityOfTurn = try matrix(bands).columnNorm
    }
  }

  /// The mechanism as the library has it.
  var prefixSums: any PrefixSumMechanism {
    get throws(PrivacyError) {
      switch mechanism {
      case .tree: try trees
      case .banded(let bands): try matrix(bands)
      }
    }
  }

  /// The last tree may have leaves for rounds that never come: what is published of it is a part of what is accounted for.
  private var trees: TreeAggregation {
    get throws(PrivacyError) { try TreeAggregation(steps: [pass], epochs: turns) }
  }

  private func matrix(_ bands: Int) throws(PrivacyError) -> BandedMatrix {
    try BandedMatrix(rounds: rounds, bands: bands, separation: separation, participations: turns)
  }

  /// Rounds of a pass through the participants.
  private var pass: Int { min(separation, rounds) }

  /// How many turns a participant has at most.
  public var turns: Int { (rounds - 1) / pass + 1 }

  /// What all rounds together give away of a participant, whatever its turns are.
  func event(noiseMultiplier: Double) throws(PrivacyError) -> PrivacyEvent {
    try prefixSums.event(noiseMultiplier: noiseMultiplier)
  }

  /// What one turn gives away of a participant: everything that would come out otherwise without it.
  func eventOfTurn(noiseMultiplier: Double) throws(PrivacyError) -> PrivacyEvent {
    switch mechanism {
    case .tree: return try PrivacyEvent(.treeAggregation(noiseMultiplier: noiseMultiplier, steps: [pass]))
    case .banded(let bands):
      let matrix = try matrix(bands)
      return try PrivacyEvent(
        .bandedMatrix(
          noiseMultiplier: noiseMultiplier, columnNorm: matrix.columnNorm, bands: bands,
          separation: separation,
          participations: 1))
    }
  }

  /// The most bytes that the memory of the noise takes between two rounds.
  ///
  /// - Parameter count: numbers of an update.
  func memory(of count: Int) -> Int {
    let vectors =
      switch mechanism {
      case .tree: Int.bitWidth - pass.leadingZeroBitCount
      case .banded(let bands): bands - 1
      }
    return 32 + 8 * count * vectors
  }

  /// The noise, taken up after the rounds that a memory is of; nil for the first.
  func noise(
    _ grid: GridGaussian, count: Int, after memory: NoiseMemory?
  ) throws(PrivacyError) -> any CorrelatedNoise {
    switch mechanism {
    case .tree:
      let trees = try trees
      return if let memory { try TreeNoise(trees, noise: grid, count: count, resuming: memory) } else {
        try TreeNoise(trees, noise: grid, count: count)
      }
    case .banded(let bands):
      let matrix = try matrix(bands)
      return if let memory { try BandedNoise(matrix, noise: grid, count: count, resuming: memory) } else {
        try BandedNoise(matrix, noise: grid, count: count)
      }
    }
  }
}

extension NoiseCorrelation: CustomStringConvertible {
  /// `noise in a binary tree for each 20 rounds`
  public var description: String {
    switch mechanism {
    case .tree: "noise in a binary tree for each \(pass) rounds"
    case .banded(let bands): "noise correlated over \(bands) rounds"
    }
  }
}

extension NoiseCorrelation: Codable {
  private enum CodingKeys: CodingKey { case mechanism, rounds, separation }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      values.decode(Mechanism.self, forKey: .mechanism),
      rounds: values.decode(Int.self, forKey: .rounds),
      separation: values.decode(Int.self, forKey: .separation))
  }
}
