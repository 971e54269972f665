public import AtollNumerics

/// A statistic of many participants' rows, released with differential privacy for each row.
///
/// Two pure functions. At a participant ``contribution(of:)`` turns rows into whole numbers, each row's values put
/// within public bounds first, so that no row counts for more than the event says. Whole numbers of all participants
/// are added, exactly and in any order, hidden in a secure sum or not. Whoever holds the sum, or each participant for
/// itself, calls ``release(_:confidence:using:)``, which adds whole noise and computes the answer from the noised
/// numbers alone.
///
/// ``event`` is what a release costs; it is charged to the ledger before. A sum is released once: a second release is
/// a second event.
public protocol PrivateStatistic: Hashable, Sendable {
  /// A row, as far as the statistic sees it.
  associatedtype Row
  /// What is released.
  associatedtype Answer

  /// How many whole numbers a contribution has.
  var count: Int { get }
  /// What a release gives away of one row.
  var event: PrivacyEvent { get throws(PrivacyError) }
  /// The relations under which the event's sensitivities hold.
  var relations: [NeighboringRelation] { get }
  /// What a participant contributes: a vector of ``count`` whole numbers.
  func contribution(of rows: some Sequence<Row>) -> RingVector
  /// Adds noise to the sum of all contributions and computes the answer.
  ///
  /// - Parameters:
  ///   - sums: the exact sum of all contributions.
  ///   - confidence: how likely the noise leaves the truth within the answer's intervals.
  ///   - coins: nobody can foretell them.
  /// - Throws: ``PrivacyError`` with code `invalid` where there are not ``count`` sums, or the confidence is not
  ///   within 0...1.
  func release(
    _ sums: RingVector, confidence: Double, using coins: inout SecretCoins
  ) throws(PrivacyError) -> Answer
}

extension PrivateStatistic {
  /// A row is added or removed, or contributes nothing.
  public var relations: [NeighboringRelation] { [.addOrRemoveOne, .zeroOut] }

  /// Refuses sums of another shape; returns the probability that an interval may miss.
  func check(_ sums: RingVector, confidence: Double) throws(PrivacyError) -> Double {
    guard sums.elements.count == count else {
      throw PrivacyError(.invalid, "there are \(sums.elements.count) sums in place of \(count)")
    }
    guard confidence > 0, confidence < 1 else {
      throw PrivacyError(.invalid, "a confidence lies between 0 and 1, not at \(confidence)")
    }
    return 1 - confidence
  }
}

/// A number with noise, and how far the noise may have moved it.
///
/// The interval speaks of the rows that were asked: that these are a sample of something larger is not in it.
public struct PrivateEstimate: Hashable, Codable, Sendable {
  /// The number.
  public let value: Double
  /// Holds what the number would be without noise, with at least the confidence asked for.
  public let interval: ClosedRange<Double>

  /// Both moved into the range that the truth lies in.
  init(_ value: Double, within interval: ClosedRange<Double>, bounds: ClosedRange<Double>) {
    self.value = min(max(value, bounds.lowerBound), bounds.upperBound)
    self.interval = interval.clamped(to: bounds)
  }
}

/// Public bounds of a column's values; what lies beyond is moved to them before it counts.
public struct ValueBounds: Hashable, Sendable {
  /// The least value that counts.
  public let lower: Double
  /// The largest value that counts.
  public let upper: Double

  /// - Throws: ``PrivacyError`` with code `invalid` unless both are finite, below 2^500 in size, and the lower one is
  ///   below the upper.
  public init(_ lower: Double, _ upper: Double) throws(PrivacyError) {
    guard lower.magnitude < 0x1p500, upper.magnitude < 0x1p500, lower < upper else {
      throw PrivacyError(.invalid, "bounds of values are finite and ascend, not \(lower) and \(upper)")
    }
    self.lower = lower
    self.upper = upper
  }

  var middle: Double { lower / 2 + upper / 2 }
  var half: Double { upper / 2 - lower / 2 }
  var largest: Double { max(lower.magnitude, upper.magnitude) }

  func clamp(_ value: Double) -> Double { min(max(value, lower), upper) }

  /// The value as a place between -1 and 1.
  func place(of value: Double) -> Double { min(max((clamp(value) - middle) / half, -1), 1) }
}

extension ValueBounds: Codable {
  private enum CodingKeys: CodingKey { case lower, upper }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      values.decode(Double.self, forKey: .lower), values.decode(Double.self, forKey: .upper))
  }
}

/// Real numbers of rows as whole numbers: so many steps for 1.
///
/// Noise for a z of 2^-5 or an ε of 64 is wider than 2^20 steps, so that it counts as noise of real numbers
/// (``NoiseGrid``). Sums of 2^34 rows stay within 64 bits.
let unitSteps = 1 << 28
