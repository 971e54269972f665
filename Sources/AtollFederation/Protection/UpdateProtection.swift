public import AtollNumerics

/// What happens to a contribution before it leaves: clip, then encode into the ring.
///
/// One lawful order: clip → compress → encode → mask → upload; at the server, noise is added to the sum last. Compression and
/// masks come between when they come; a strategy sees the aggregate only and works with every protection.
public struct UpdateProtection: Hashable, Codable, Sendable {
  /// Largest Euclidean norm of the clipped sums; longer ones are shortened to it.
  public let clip: Double?
  /// The sums that are clipped.
  public let clipped: Set<SumSpec.Name>
  /// What the server adds to the sum; nil: nothing.
  public let noise: CentralNoise?

  /// Encoding only.
  public static let none = UpdateProtection(unchecked: nil, clipped: [], noise: nil)

  /// - Throws: ``RunFailure`` with code `.outOfRange` unless `clip` is positive and finite.
  public init(clip: Double, of names: Set<SumSpec.Name>) throws(RunFailure) {
    try self.init(clip: clip, of: names, noise: nil)
  }

  /// The same, and noise that the server adds.
  ///
  /// - Throws: as ``init(clip:of:)``.
  package init(clip: Double, of names: Set<SumSpec.Name>, noise: CentralNoise?) throws(RunFailure) {
    guard clip > 0, clip.isFinite else {
      throw RunFailure(.outOfRange, "clip must be a positive number, not \(clip)")
    }
    self.init(unchecked: clip, clipped: names, noise: noise)
  }

  private init(unchecked clip: Double?, clipped: Set<SumSpec.Name>, noise: CentralNoise?) {
    self.clip = clip
    self.clipped = clipped
    self.noise = noise
  }

  /// Turns a worker's contribution into what leaves.
  ///
  /// - Throws: ``RunFailure``: `.shape` when sums are missing, superfluous or of another length; `.outOfRange` and
  ///   `.diverged` when a number exceeds its bound or is not finite; the message names the element.
  public func protect(
    _ contribution: Contribution, as specs: [SumSpec], of query: any Query
  ) throws(RunFailure) -> ExactSum.Term {
    var sum = ExactSum(counts: specs.map(\.count))
    try add(contribution, as: specs, of: query, to: &sum)
    return ExactSum.Term(vectors: sum.vectors, weight: sum.weight)
  }

  /// Adds to a sum what would leave, in one pass over it.
  ///
  /// - Throws: as ``protect(_:as:of:)``; then the sum is spoilt.
  public func add(
    _ contribution: Contribution, as specs: [SumSpec], of query: any Query, to sum: inout ExactSum
  ) throws(RunFailure) {
    let contribution = counting(contribution)
    guard contribution.sums.count == specs.count else {
      throw RunFailure(.shape, "an answer has \(contribution.sums.count) sums instead of \(specs.count)")
    }
    for (place, spec) in specs.enumerated() {
      guard let numbers = contribution.sums[spec.name], numbers.count == spec.count else {
        throw RunFailure(.shape, "an answer lacks \(spec.count) numbers named “\(spec.name.rawValue)”")
      }
      let factor = clip != nil && clipped.contains(spec.name) ? clipFactor(numbers) : 1
      let weight = spec.weighted ? contribution.weight : 1
      do {
        switch numbers {
        case .floats(let numbers):
          let scaled = factor == 1 ? numbers : numbers.map { Float(Double($0) * factor) }
          try sum.add(scaled, weight: weight, as: spec.format, to: place)
        case .doubles(let numbers):
          let scaled = factor == 1 ? numbers : numbers.map { $0 * factor }
          try sum.add(RingVector(scaled, weight: weight, as: spec.format), to: place)
        case .integers(let numbers):
          precondition(
            !spec.weighted && factor == 1, "what is encoded already is neither weighted nor clipped")
          try sum.add(RingVector(checking: numbers, as: spec.format), to: place)
        }
      } catch {
        throw refusal(of: error, in: spec, query: query)
      }
    }
    sum.endTerm(weight: Int64(contribution.weight))
  }

  /// Refuses what ``protect(_:as:of:)`` would refuse, of a contribution that is clipped already.
  func check(
    clipped contribution: Contribution, as specs: [SumSpec], of query: any Query
  ) throws(RunFailure) {
    guard contribution.sums.count == specs.count else {
      throw RunFailure(.shape, "an answer has \(contribution.sums.count) sums instead of \(specs.count)")
    }
    for spec in specs {
      guard let numbers = contribution.sums[spec.name], numbers.count == spec.count else {
        throw RunFailure(.shape, "an answer lacks \(spec.count) numbers named “\(spec.name.rawValue)”")
      }
      do throws(FixedPointError) {
        switch numbers {
        case .floats(let numbers):
          try spec.format.check(weight: spec.weighted ? contribution.weight : 1)
          let refused = numbers.withUnsafeBufferPointer { RingVector.firstRefused($0, as: spec.format) }
          if let refused { throw spec.format.refusal(of: Double(numbers[refused]), at: refused) }
        case .doubles(let numbers):
          _ = try RingVector(numbers, weight: spec.weighted ? contribution.weight : 1, as: spec.format)
        case .integers(let numbers):
          precondition(!spec.weighted, "what is encoded already is not weighted")
          _ = try RingVector(checking: numbers, as: spec.format)
        }
      } catch {
        throw refusal(of: error, in: spec, query: query)
      }
    }
  }

  /// Adds the numbers of an exchange's only sum, as ``add(_:as:of:to:)`` does.
  ///
  /// - Parameter numbers: the participant's own; clipped in place.
  func add(
    _ numbers: UnsafeMutableBufferPointer<Float>, weight: Int, as spec: SumSpec, of query: any Query,
    to sum: inout ExactSum
  ) throws(RunFailure) {
    // Safe because a sum has an element.
    let address = numbers.baseAddress!
    if let clip, clipped.contains(spec.name) {
      let factor = Self.factor(
        clip, squaredNorm: Kernels.active.squaredNorm(address, count: numbers.count))
      if factor != 1 {
        for index in numbers.indices { numbers[index] = Float(Double(numbers[index]) * factor) }
      }
    }
    do {
      try sum.add(UnsafeBufferPointer(numbers), weight: weight, as: spec.format, to: 0)
    } catch {
      throw refusal(of: error, in: spec, query: query)
    }
    sum.endTerm(weight: Int64(weight))
  }

  /// The contribution after clipping: encoded without protection, it gives what ``protect(_:as:of:)`` gives.
  package func clipping(_ contribution: Contribution) -> Contribution {
    guard clip != nil else { return contribution }
    var clippedOnes = counting(contribution)
    for name in clipped {
      guard let numbers = contribution.sums[name] else { continue }
      let factor = clipFactor(numbers)
      guard factor != 1 else { continue }
      switch numbers {
      case .floats(let numbers): clippedOnes.sums[name] = .floats(numbers.map { Float(Double($0) * factor) })
      case .doubles(let numbers): clippedOnes.sums[name] = .doubles(numbers.map { $0 * factor })
      case .integers: break
      }
    }
    return clippedOnes
  }

  /// With the bit that tells whether the update was within the norm, where that is counted.
  ///
  /// Who has nothing to say adds nothing here too: ±½ may change to 0, which is the sensitivity of a bit, and not to ∓½.
  private func counting(_ contribution: Contribution) -> Contribution {
    guard noise?.countDeviation != nil, contribution.sums[.withinClip] == nil else { return contribution }
    let isWithin = clipped.allSatisfy { contribution.sums[$0].map { clipFactor($0) == 1 } ?? true }
    var contribution = contribution
    contribution.sums[.withinClip] = .doubles([contribution.weight == 0 ? 0 : isWithin ? 0.5 : -0.5])
    return contribution
  }

  private func clipFactor(_ numbers: Contribution.Numbers) -> Double {
    guard let clip else { return 1 }
    let squared: Double
    switch numbers {
    case .floats(let numbers): squared = Kernels.active.squaredNorm(numbers)
    case .doubles(let numbers): squared = numbers.reduce(0) { $0 + $1 * $1 }
    case .integers: squared = 0
    }
    return Self.factor(clip, squaredNorm: squared)
  }

  private static func factor(_ clip: Double, squaredNorm: Double) -> Double {
    let norm = squaredNorm.squareRoot()
    return norm > clip ? clip / norm : 1
  }

  /// No update that anybody wants is larger: the usual range, 8, a thousandfold. Below that the range is too small.
  private static let diverging = 8000.0

  func refusal(
    of error: FixedPointError, in spec: SumSpec, query: any Query
  ) -> RunFailure {
    let element = error.index.map { query.describe(element: $0, of: spec) } ?? spec.name.rawValue
    switch error.code {
    case .notFinite:
      return RunFailure(
        .diverged, "training diverged: \(element) is \(error.message)", hint: "a smaller learning-rate")
    case .outOfRange where (error.excess ?? 0) * spec.format.bound > Self.diverging:
      return RunFailure(
        .diverged, "training diverged: \(element): \(error.message)", hint: "a smaller learning-rate")
    case .outOfRange:
      return RunFailure(
        .outOfRange, "\(element): \(error.message)",
        hint: clip == nil
          ? "protection.clip, a larger protection.range, or a smaller learning-rate"
          : "a smaller learning-rate")
    default:
      return RunFailure(.outOfRange, "\(element): \(error.message)", hint: "a larger protection.weight-cap")
    }
  }
}
