import AtollNumerics
import Foundation
import Testing

@testable import AtollPrivacy

@Suite struct `Ratios` {
  @Test func `are in lowest terms, and ordered`() throws {
    #expect(try Ratio(6, 4) == Ratio(3, 2) && "\(try Ratio(6, 4))" == "3/2" && "\(try Ratio(8, 4))" == "2")
    #expect(try Ratio(1, 3) < Ratio(1, 2) && !(Ratio(1, 2) < Ratio(2, 4)))
    #expect(try Ratio(UInt128(1) << 119, .max) > Ratio(UInt128(1) << 55))
  }

  @Test func `lie on the promised side of a number`() throws {
    for number in [0.1, 1.0, 0x1p-70, 3.7e9, 0x1.fffffffffffffp61] {
      let (up, down) = (try Ratio(roundingUp: number), try Ratio(roundingDown: number))
      #expect(down <= up && down.double <= number && up.double >= number)
      // Numbers with few digits are kept.
      if number > 0x1p-9 { #expect(up == down && up.double == number) }
    }
    #expect(try Ratio(roundingUp: 0x1p-70) == Ratio(1, 1 << 62) && Ratio(roundingDown: 0x1p-70) == Ratio(0))
  }

  @Test func `are refused where they are none`() throws {
    for text in [#""1/0""#, #""x""#, #""1/""#, #""-1""#, #""1/2/3""#, #""2""# + "x"] {
      #expect(throws: (any Error).self) { try JSONDecoder().decode(Ratio.self, from: Data(text.utf8)) }
    }
    #expect(throws: PrivacyError.self) { try Ratio(1 << 120) }
    #expect(throws: PrivacyError.self) { try Ratio(roundingUp: -1) }
    #expect(throws: PrivacyError.self) { try Ratio(roundingUp: .nan) }
    let ratio = try Ratio(22, 7)
    #expect(try JSONDecoder().decode(Ratio.self, from: JSONEncoder().encode(ratio)) == ratio)
  }
}

@Suite struct `A grid for noise` {
  @Test func `never makes it narrower than promised`() throws {
    for width in [0.1, 1.0 / 3, 1, 1.7, 1000.1, 123_456.789] {
      for bits in [0, 3, 10, 24] {
        let grid = try NoiseGrid(width: width, fractionBits: bits)
        // Both sides are exact: 2^31 times the width in steps, and the product below has few digits.
        let promised = try Ratio(roundingDown: width * Double(1 << bits))
        #expect(grid.steps >= promised && grid.steps.double <= promised.double + 0x1p-31)
        #expect(try grid.variance.double >= promised.double * promised.double * (1 - 0x1p-52))
      }
    }
    // What is on the grid stays as it is.
    #expect(try NoiseGrid(width: 2.5, fractionBits: 4).steps == Ratio(40))
    #expect(try NoiseGrid(width: 0x1.23456789abcdep3, fractionBits: 49).steps.denominator == 1)
  }

  @Test func `tells whether it is fine`() throws {
    #expect(
      try NoiseGrid(width: 1, fractionBits: 20).isFine && !NoiseGrid(width: 0.9999, fractionBits: 20).isFine)
  }

  @Test func `gives noise of that width`() throws {
    let grid = try NoiseGrid(width: 0.75, fractionBits: 7)
    #expect(try grid.gaussian().variance == Ratio(96 * 96) && grid.laplace().scale == Ratio(96))
    #expect(try grid.skellam().mean == Ratio(48 * 96))
  }

  @Test func `refuses what it cannot hold`() throws {
    #expect(throws: PrivacyError.self) { try NoiseGrid(width: .nan, fractionBits: 3) }
    #expect(throws: PrivacyError.self) { try NoiseGrid(width: -1, fractionBits: 3) }
    #expect(throws: PrivacyError.self) { try NoiseGrid(width: .infinity, fractionBits: 3) }
    #expect(throws: PrivacyError.self) { try NoiseGrid(width: 1, fractionBits: 65) }
    #expect(throws: PrivacyError.self) { try NoiseGrid(width: 0x1p57, fractionBits: 0) }
    #expect(throws: PrivacyError.self) { try NoiseGrid(width: 0x1p-21, fractionBits: 0) }
    let grid = try NoiseGrid(width: 0.1, fractionBits: 30)
    #expect(try JSONDecoder().decode(NoiseGrid.self, from: JSONEncoder().encode(grid)) == grid)
    let false_ = Data(#"{"width": -1, "fraction_bits": 3}"#.utf8)
    #expect(throws: PrivacyError.self) { try JSONDecoder().decode(NoiseGrid.self, from: false_) }
  }
}

@Suite struct `Noise` {
  @Test func `of any width that is allowed is made, and no other`() throws {
    var coins = SecretCoins(insecureSeed: 51)
    let narrow = try DiscreteGaussian(variance: Ratio(1, 1 << 40))
    #expect((0..<1000).allSatisfy { _ in narrow.sample(using: &coins) == 0 })
    let wide = try DiscreteGaussian(variance: Ratio(1 << 112))
    let largest = (0..<1000).map { _ in wide.sample(using: &coins).magnitude }.max() ?? 0
    #expect(largest > 1 << 57 && largest < 1 << 59)
    #expect(try DiscreteLaplace(scale: Ratio(1 << 56)).sample(using: &coins).magnitude < 1 << 62)
    #expect(try Skellam(mean: Ratio(1 << 48)).sample(using: &coins).magnitude < 1 << 29)
    #expect(try Skellam(mean: Ratio(1, 1 << 40)).sample(using: &coins) == 0)
    for variance in [try Ratio(0), try Ratio(1, 1 << 41), try Ratio(1 << 112 + 1)] {
      #expect(throws: PrivacyError.self) { try DiscreteGaussian(variance: variance) }
    }
    for scale in [try Ratio(0), try Ratio(1, 1 << 21), try Ratio(1 << 56 + 1)] {
      #expect(throws: PrivacyError.self) { try DiscreteLaplace(scale: scale) }
    }
    for mean in [try Ratio(0), try Ratio(1 << 48 + 1)] {
      #expect(throws: PrivacyError.self) { try Skellam(mean: mean) }
    }
  }

  @Test func `is added to exact sums modulo 2^64`() throws {
    let noise = try DiscreteGaussian(variance: Ratio(10_000))
    var coins = SecretCoins(insecureSeed: 52)
    let expected = (0..<100).map { _ in Int64.max &+ noise.sample(using: &coins) }
    coins = SecretCoins(insecureSeed: 52)
    var sums = RingVector([Int64](repeating: .max, count: 100))
    noise.add(to: &sums, using: &coins)
    #expect(sums.elements == expected && expected.contains { $0 < 0 } && expected.contains { $0 > 0 })
  }
}
