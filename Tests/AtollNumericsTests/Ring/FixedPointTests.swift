import Foundation
import Testing

@testable import AtollNumerics

@Suite struct `A fixed-point format` {
  private func code(_ body: () throws -> Void) -> FixedPointError.Code? {
    #expect(throws: FixedPointError.self, performing: body)?.code
  }

  @Test func `that makes no sense is refused`() {
    #expect(code { _ = try FixedPoint(fractionBits: -1, bound: 1) } == .invalid)
    #expect(code { _ = try FixedPoint(fractionBits: 51, bound: 1) } == .invalid)
    #expect(code { _ = try FixedPoint(fractionBits: 8, bound: 0) } == .invalid)
    #expect(code { _ = try FixedPoint(fractionBits: 8, bound: -1) } == .invalid)
    #expect(code { _ = try FixedPoint(fractionBits: 8, bound: .nan) } == .invalid)
    #expect(code { _ = try FixedPoint(fractionBits: 8, bound: .infinity) } == .invalid)
    #expect(code { _ = try FixedPoint(fractionBits: 8, bound: 1, weightCap: 0) } == .invalid)
    #expect(code { _ = try FixedPoint(fractionBits: 8, bound: 1, weightCap: (1 << 40) + 1) } == .invalid)
  }

  @Test func `whose terms reach 2^51 is refused, just below it is not`() throws {
    _ = try FixedPoint(fractionBits: 24, bound: 128.0.nextDown, weightCap: 1 << 20)
    #expect(code { _ = try FixedPoint(fractionBits: 24, bound: 128, weightCap: 1 << 20) } == .overflow)
    #expect(code { _ = try FixedPoint(fractionBits: 50, bound: 1e308, weightCap: 1 << 40) } == .overflow)
  }

  @Test func `proves sums up to the exact edge of 64 bits`() throws {
    // The largest term plus one for rounding is 2^40.
    let format = try FixedPoint(fractionBits: 0, bound: 0x1p40 - 1)
    try format.proveNoOverflow(participants: (1 << 23) - 1)
    #expect(code { try format.proveNoOverflow(participants: 1 << 23) } == .overflow)
    let weights = try FixedPoint(fractionBits: 0, bound: 0x1p-40, weightCap: 1 << 40)
    try weights.proveNoOverflow(participants: (1 << 23) - 1)
    #expect(code { try weights.proveNoOverflow(participants: 1 << 23) } == .overflow)
    #expect(code { try format.proveNoOverflow(participants: .max) } == .overflow)
  }

  @Test func `is checked again when it is decoded`() throws {
    let format = try FixedPoint(fractionBits: 24, bound: 8, weightCap: 1 << 20)
    #expect(try JSONDecoder().decode(FixedPoint.self, from: JSONEncoder().encode(format)) == format)
    let hostile = Data(#"{"fractionBits":24,"bound":8e9,"weightCap":1048576}"#.utf8)
    #expect(throws: FixedPointError.self) { try JSONDecoder().decode(FixedPoint.self, from: hostile) }
  }

  /// The proof against arithmetic in 128 bits: whatever it accepts cannot wrap around, and what it refuses by far could.
  @Test(arguments: 0..<50)
  func `never proves a sum that could wrap around`(_ seed: UInt64) throws {
    var stream = RandomStream(seed: seed, purpose: .sample)
    var proved = 0
    for _ in 0..<200 {
      let cap = 1 << stream.below(41)
      let bound = Double(sign: .plus, exponent: stream.below(60) - 20, significand: 1 + stream.uniform())
      guard let format = try? FixedPoint(fractionBits: stream.below(51), bound: bound, weightCap: cap) else {
        continue
      }
      let participants = 1 + stream.below(1 << (1 + stream.below(50)))
      // The largest numbers in both precisions, with the largest weight.
      let extremes =
        try RingVector([bound], weight: cap, as: format).elements
        + RingVector([format.singlePrecisionBound], weight: cap, as: format).elements
      let total = Int128(try #require(extremes.max())) * Int128(participants)
      let isSafe = (try? format.proveNoOverflow(participants: participants)) != nil
      if isSafe {
        proved += 1
        #expect(total <= Int128(Int64.max))
      } else {
        #expect(
          total + Int128(participants) > Int128(Int64.max) / 2
            || cap.multipliedReportingOverflow(by: participants).overflow)
      }
    }
    #expect(proved > 5)
  }
}
