public import AtollNumerics

/// Shortens a vector to an L2 norm and puts it on a grid, so that the whole numbers have that norm at most: exactly.
///
/// Numbers are multiplied by min(1, C/‖x‖) and rounded towards zero, to multiples of 2^-f; then Σq² ≤ (C·2^f)² is
/// checked in whole numbers, and what floating point made too long is shortened again. So the sensitivity of a sum of
/// such vectors is C, with nothing added for rounding, and no bound of a rounding error is part of the proof.
public struct GridClipping: Hashable, Codable, Sendable {
  /// C, the largest L2 norm, in units of the numbers.
  public let norm: Double
  /// f: numbers become multiples of 2^-f.
  public let fractionBits: Int
  /// C in steps, rounded down.
  private let limit: UInt64

  /// - Throws: ``PrivacyError`` with code `invalid` unless C is 2^10 to 2^50 steps and f lies within -64...64.
  public init(norm: Double, fractionBits: Int) throws(PrivacyError) {
    let steps = norm * Double(sign: .plus, exponent: fractionBits, significand: 1)
    guard (-64...64).contains(fractionBits), steps >= 0x1p10, steps <= 0x1p50 else {
      throw PrivacyError(
        .invalid, "a clipping norm is 2^10 to 2^50 steps; \(norm) is not, with steps of 2^-\(fractionBits)")
    }
    self.norm = norm
    self.fractionBits = fractionBits
    limit = UInt64(steps)
  }

  /// The vector in steps, of norm C at most.
  ///
  /// - Throws: ``PrivacyError`` with code `invalid` for a number that is not finite.
  public func clip(_ numbers: [Float]) throws(PrivacyError) -> RingVector {
    if let place = numbers.firstIndex(where: { !$0.isFinite }) {
      throw PrivacyError(.invalid, "element \(place) is \(numbers[place]); numbers to clip are finite")
    }
    let length = numbers.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    var factor = Double(sign: .plus, exponent: fractionBits, significand: min(1, norm / length))
    if length == 0 { factor = 0 }
    while true {
      let steps = numbers.map { Int64((Double($0) * factor).rounded(.towardZero)) }
      // 2^50 in size at most, but for rounding: 2^31 squares fit.
      let square = steps.reduce(UInt128(0)) { $0 + UInt128($1.magnitude) * UInt128($1.magnitude) }
      if square <= UInt128(limit) * UInt128(limit) { return RingVector(steps) }
      factor *= 1 - 0x1p-40
    }
  }

  private enum CodingKeys: String, CodingKey { case norm, fractionBits = "fraction_bits" }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      norm: values.decode(Double.self, forKey: .norm),
      fractionBits: values.decode(Int.self, forKey: .fractionBits))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(norm, forKey: .norm)
    try container.encode(fractionBits, forKey: .fractionBits)
  }
}
