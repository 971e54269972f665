/// How accountants read an event: as leaves, each with how often it happened.
extension PrivacyEvent {
  /// A mechanism, with its sampling, that happened so many times.
  struct Leaf: Hashable, Sendable {
    let event: PrivacyEvent
    var times: Int
  }

  /// The tree without compositions and repetitions, equal leaves added up.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid` when something happened more than 2^53 times.
  func leaves() throws(PrivacyError) -> [Leaf] {
    var found: [Leaf] = []
    var places: [PrivacyEvent: Int] = [:]
    try collect(1, &found, &places)
    return found
  }

  private func collect(
    _ times: Int, _ found: inout [Leaf], _ places: inout [PrivacyEvent: Int]
  ) throws(PrivacyError) {
    switch kind {
    case .composed(let events):
      for event in events { try event.collect(times, &found, &places) }
    case .repeated(let event, let more):
      let (product, overflow) = times.multipliedReportingOverflow(by: more)
      guard !overflow, product <= 1 << 53 else { throw Self.tooOften }
      try event.collect(product, &found, &places)
    default:
      guard let place = places[self] else {
        places[self] = found.count
        return found.append(Leaf(event: self, times: times))
      }
      found[place].times += times
      guard found[place].times <= 1 << 53 else { throw Self.tooOften }
    }
  }

  private static let tooOften = PrivacyError(.invalid, "an event is repeated more than 2^53 times")

  /// Whether some part has no bound.
  var hasNonPrivatePart: Bool { kind == .nonPrivate || kind.parts.contains(where: \.hasNonPrivatePart) }

  /// Refuses events that are not meant under the relation.
  ///
  /// - Throws: ``PrivacyError`` with code `unsupported`, naming event and relation.
  func check(_ relation: NeighboringRelation) throws(PrivacyError) {
    let lawful: [NeighboringRelation] =
      switch kind {
      case .randomizedResponse: [.replaceOne, .zeroOut]
      case .poissonSampled: [.addOrRemoveOne, .zeroOut]
      case .fixedSizeSampled: [.replaceOne]
      case .truncatedPoissonSampled: [.addOrRemoveOne]
      case .treeAggregation, .bandedMatrix: [.zeroOut]
      default: NeighboringRelation.allCases
      }
    guard lawful.contains(relation) else {
      throw PrivacyError(
        .unsupported,
        """
        \(kind.name) is not accounted for under \(relation), \
        only under \(lawful.map(\.description).joined(separator: " and "))
        """)
    }
    for part in kind.parts {
      if let stranger = part.stranger(inSampleOf: kind) {
        throw PrivacyError(.unsupported, "\(stranger) is not accounted for on samples (\(kind.name))")
      }
      try part.check(relation)
    }
  }

  /// The name of a part that has no meaning on a sample: trees and matrices speak of participation themselves, and a
  /// unit that is not sampled gives no randomized answer at all.
  private func stranger(inSampleOf sampling: Kind) -> String? {
    switch (sampling, kind) {
    case (.composed, _), (.repeated, _): nil
    case (_, .treeAggregation), (_, .bandedMatrix): kind.name
    case (.poissonSampled, .randomizedResponse), (.truncatedPoissonSampled, .randomizedResponse): kind.name
    default: kind.parts.lazy.compactMap { $0.stranger(inSampleOf: sampling) }.first
    }
  }

  /// 1/z² of the normal noise on one vector that gives away exactly as much, where there is one: normal mechanisms on
  /// the same data add up, Σ 1/z² (Dong, Roth & Su 2022, Corollary 3.3).
  var gaussianPrecision: Double? {
    switch kind {
    case .gaussian(let noise): return 1 / (noise * noise)
    case .treeAggregation(let noise, let steps):
      // A leaf lies in that many nodes; which tree it is in does not matter (arXiv:2103.00039, appendix D).
      let height = Int.bitWidth - (steps.max() ?? 0).leadingZeroBitCount
      return Double(height) / (noise * noise)
    case .bandedMatrix(let noise, let norm, _, _, let participations):
      // Columns of the participations are orthogonal (arXiv:2306.08153, Theorem 2): the square of the sensitivity is
      // participations · norm².
      return Double(participations) * norm * norm / (noise * noise)
    case .composed(let events):
      var sum = 0.0
      for event in events {
        guard let precision = event.gaussianPrecision else { return nil }
        sum += precision
      }
      return sum
    case .repeated(let event, let times): return event.gaussianPrecision.map { $0 * Double(times) }
    case .poissonSampled(1, let event): return event.gaussianPrecision
    default: return nil
    }
  }

  /// Rate and event of nested Poisson samples as of one: a unit is in the inner sample when it survives each coin.
  var flattenedSample: (rate: Double, event: PrivacyEvent) {
    guard case .poissonSampled(let rate, let event) = kind else { return (1, self) }
    let inner = event.flattenedSample
    return (rate * inner.rate, inner.event)
  }
}

extension PrivacyError {
  /// An accountant meets an event that it has no proof for.
  static func unsupported(_ event: PrivacyEvent, by accountant: String) -> PrivacyError {
    let inner = event.kind.parts.first.map { " of \($0.kind.name)" } ?? ""
    return PrivacyError(
      .unsupported, "the \(accountant) accountant has no proof for \(event.kind.name)\(inner)")
  }
}

/// Refuses a δ that is none.
func checkDelta(_ delta: Double) throws(PrivacyError) {
  guard delta >= 0, delta < 1 else {
    throw PrivacyError(.invalid, "δ is at least 0 and below 1, not \(delta)")
  }
}

/// Refuses an ε that is none.
func checkEpsilon(_ epsilon: Double) throws(PrivacyError) {
  guard epsilon >= 0 else { throw PrivacyError(.invalid, "ε is at least 0, not \(epsilon)") }
}
