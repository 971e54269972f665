/// How real numbers become integers that add exactly: multiplied by 2^fractionBits, rounded to nearest even, added
/// modulo 2^64.
///
/// A contribution is round(2^f · w · x) with |x| ≤ bound and an integer weight 0 ≤ w ≤ weightCap (0 for a participant without rows). As integers add
/// without rounding, a sum does not depend on the order of its terms, nor on how they were grouped.
public struct FixedPoint: Hashable, Codable, Sendable {
  /// f: numbers are added as multiples of 2⁻ᶠ.
  public let fractionBits: Int
  /// Largest magnitude of a number before weighting.
  public let bound: Double
  /// Largest weight; 1 for sums without weights.
  public let weightCap: Int

  /// - Throws: ``FixedPointError`` when a number or a weight cannot be represented exactly enough: 2^f · w · x must stay
  ///   below 2^51, where doubles still round to the nearest integer.
  public init(fractionBits: Int, bound: Double, weightCap: Int = 1) throws(FixedPointError) {
    guard (0...50).contains(fractionBits), bound > 0, bound.isFinite, weightCap >= 1, weightCap <= 1 << 40
    else {
      throw FixedPointError(
        code: .invalid, message: "fraction bits lie in 0...50, bounds and weights above 0")
    }
    self.fractionBits = fractionBits
    self.bound = bound
    self.weightCap = weightCap
    guard largestTerm < 0x1p51 else {
      throw FixedPointError(
        code: .overflow,
        message: """
          one contribution could reach \(largestTerm) \
          (bound \(bound) · weight \(weightCap) · 2^\(fractionBits)); at most 2^51 can be rounded exactly
          """)
    }
  }

  /// Whole numbers up to 2^40 in size, such as counts.
  // Safe because 2^40 stays below 2^51.
  public static let counts = try! FixedPoint(fractionBits: 0, bound: 0x1p40)

  /// 2^f.
  public var scale: Double { Double(sign: .plus, exponent: fractionBits, significand: 1) }

  /// The largest `Float` that does not exceed the bound: the nearest one may, and the proof would not cover it.
  var singlePrecisionBound: Float {
    let nearest = Float(bound)
    return Double(nearest) > bound ? nearest.nextDown : nearest
  }

  /// The largest magnitude of one encoded contribution.
  public var largestTerm: Double { bound * Double(weightCap) * scale }

  /// Proves that a sum over `participants` cannot leave the range of 64-bit integers.
  ///
  /// - Throws: ``FixedPointError`` with the figures when it could.
  public func proveNoOverflow(participants: Int) throws(FixedPointError) {
    // One more unit for each term covers rounding.
    guard (largestTerm + 1) * Double(max(participants, 1)) < 0x1p63 else {
      throw FixedPointError(
        code: .overflow,
        message: """
          \(participants) contributions of up to \(bound) · weight \(weightCap) · 2^\(fractionBits) \
          could overflow 64 bits
          """)
    }
    guard Double(weightCap) * Double(max(participants, 1)) < 0x1p63 else {
      throw FixedPointError(
        code: .overflow, message: "\(participants) weights of up to \(weightCap) could overflow")
    }
  }

  private enum CodingKeys: CodingKey { case fractionBits, bound, weightCap }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      fractionBits: container.decode(Int.self, forKey: .fractionBits),
      bound: container.decode(Double.self, forKey: .bound),
      weightCap: container.decode(Int.self, forKey: .weightCap))
  }
}

/// Why numbers cannot be added exactly.
public struct FixedPointError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of fault it is.
  public struct Code: Hashable, Sendable {
    private enum Value { case invalid, overflow, outOfRange, notFinite, weight }
    private let value: Value
    /// The format itself makes no sense.
    public static let invalid = Code(value: .invalid)
    /// A sum could leave the range of 64-bit integers.
    public static let overflow = Code(value: .overflow)
    /// A number exceeds the bound.
    public static let outOfRange = Code(value: .outOfRange)
    /// A number is infinite or not a number.
    public static let notFinite = Code(value: .notFinite)
    /// A weight is below 0 or above the cap.
    public static let weight = Code(value: .weight)
  }

  /// What kind of fault it is, for programs.
  public let code: Code
  /// What is wrong, one sentence without a full stop.
  public let message: String
  /// The offending element, where there is one.
  public let index: Int?
  /// How many times the bound it is.
  public let excess: Double?

  public init(code: Code, message: String, index: Int? = nil, excess: Double? = nil) {
    self.code = code
    self.message = message
    self.index = index
    self.excess = excess
  }

  public var description: String { message }
}
