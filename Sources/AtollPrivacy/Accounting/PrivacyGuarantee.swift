/// A statement of differential privacy, with all that it takes to mean something.
public struct PrivacyGuarantee: Hashable, Sendable, Codable {
  /// ε in nats: what is promised. Infinite when nothing is.
  public let epsilon: Double
  /// No analysis can state less for the worst pair of data sets considered; nil where that is not known.
  public let epsilonLower: Double?
  /// δ, the probability that ε does not hold.
  public let delta: Double
  /// Which data sets are told apart.
  public let relation: NeighboringRelation
  /// Whose data are protected.
  public let unit: PrivacyUnit
  /// The name of the accountant that proved it.
  public let accountant: String
  /// What must hold for the statement to be true, a sentence each.
  public let assumptions: [String]
}

extension PrivacyGuarantee: CustomStringConvertible {
  public var description: String {
    "ε \(epsilon) at δ \(delta) per \(unit), \(relation), by the accountant “\(accountant)”"
  }
}

extension PrivacyEvent {
  /// What must hold in the world for an accountant's figure to be true, a sentence each, in order of appearance.
  public var assumptions: [String] {
    var sentences: [String] = []
    gather(&sentences)
    return sentences
  }

  private func gather(_ sentences: inout [String]) {
    let sentence: String? =
      switch kind {
      case .poissonSampled, .truncatedPoissonSampled:
        "each unit enters a sample by its own secret coin, and who was in it stays secret"
      case .fixedSizeSampled:
        "samples are uniform among those of their size, and who was in them stays secret"
      case .treeAggregation: "a unit appears in one leaf of one tree each time that the trees are built"
      case .bandedMatrix(_, _, _, let separation, let participations):
        "a unit takes part at most \(participations) times, at least \(separation) steps apart"
      case .gaussian, .laplace: "noise is drawn as if from real numbers, without traces of rounding"
      default: nil
      }
    if let sentence, !sentences.contains(sentence) { sentences.append(sentence) }
    for part in kind.parts { part.gather(&sentences) }
  }
}
