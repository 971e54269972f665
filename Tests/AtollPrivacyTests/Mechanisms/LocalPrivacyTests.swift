import AtollNumerics
import Foundation
import Testing

@testable import AtollPrivacy

/// Σq², in whole numbers.
private func square(_ vector: RingVector) -> UInt128 {
  vector.elements.reduce(0) { $0 + UInt128($1.magnitude) * UInt128($1.magnitude) }
}

@Suite struct `Clipping on a grid` {
  @Test func `never leaves more than the norm, in whole numbers, and hardly less`() throws {
    var stream = RandomStream(seed: 81, purpose: .init(rawValue: "test"))
    for norm in [0.1, 1, 1.0 / 3, 1000] {
      let clipping = try GridClipping(norm: norm, fractionBits: 24)
      let most = UInt128(norm * 0x1p24)
      for (count, scale) in [(1, 1e30), (3, 1e-3), (10, 1e5), (1000, 1), (1000, 1e38), (100, 1e-44)] {
        let numbers = (0..<count).map { _ in Float((stream.uniform() - 0.5) * scale) }
        let clipped = try clipping.clip(numbers)
        #expect(square(clipped) <= most * most)
        let length = numbers.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        let expected = min(1, norm / length)
        for (number, steps) in zip(numbers, clipped.elements) {
          let exact = length == 0 ? 0 : Double(number) * expected * 0x1p24
          #expect(abs(Double(steps) - exact) < 1.01, "\(number), \(norm)")
          #expect(Double(steps).magnitude <= exact.magnitude * (1 + 1e-12))
        }
      }
    }
  }

  @Test func `takes nothing and refuses what is not finite`() throws {
    let clipping = try GridClipping(norm: 1, fractionBits: 20)
    #expect(try clipping.clip([0, -0, 0]).elements == [0, 0, 0] && clipping.clip([]).elements == [])
    #expect(try clipping.clip([0.5, -0.25]).elements == [1 << 19, -(1 << 18)])
    #expect(try clipping.clip([.greatestFiniteMagnitude]).elements == [1 << 20])
    for number in [Float.nan, .infinity, -.infinity] {
      let error = #expect(throws: PrivacyError.self) { try clipping.clip([0, number]) }
      #expect(error?.message.hasPrefix("element 1 is") == true)
    }
    for (norm, bits) in [(0.0, 20), (-1, 20), (.nan, 20), (1, 9), (1, 51), (1, 70), (.infinity, 0)] {
      #expect(throws: PrivacyError.self) { try GridClipping(norm: norm, fractionBits: bits) }
    }
    #expect(try JSONDecoder().decode(GridClipping.self, from: JSONEncoder().encode(clipping)) == clipping)
  }
}

@Suite struct `Local privacy` {
  @Test func `of a vector has noise by twice the norm, and means without bias`() throws {
    let local = try LocalGaussian(clippingNorm: 0.7, noiseMultiplier: 3, fractionBits: 24)
    #expect(try local.event == PrivacyEvent(.gaussian(noiseMultiplier: 3)))
    // Two vectors that lie as far apart as any.
    let away = square(
      RingVector(
        zip(try local.clipping.clip([9, 0]).elements, try local.clipping.clip([-9, 0]).elements).map {
          $0 - $1
        }))
    let sensitivity = local.noise.sensitivity * 0x1p24
    #expect(Double(away).squareRoot() <= sensitivity && Double(away).squareRoot() > 0.999_999 * sensitivity)

    var coins = SecretCoins(insecureSeed: 82)
    let vector = (0..<20_000).map { _ in Float(0.003) }
    let clipped = try local.clipping.clip(vector)
    var sum = RingVector(zeros: vector.count)
    for _ in 0..<4 {
      let answer = try local.answer(vector, using: &coins)
      let noise = zip(answer.elements, clipped.elements).map { Double($0 - $1) * 0x1p-24 }
      #expect(varianceFit(noise, (3 * 1.4) * (3 * 1.4)) > 1e-6)
      // Noise for the sensitivity of zero-out would be half as wide.
      #expect(varianceFit(noise, 2.1 * 2.1) < 1e-6)
      sum += answer
    }
    let (mean, deviation) = local.mean(sum, answers: 4)
    #expect(abs(deviation - 2.1) < 1e-9)
    #expect(varianceFit(mean.map { $0 - Double(clipped.elements[0]) * 0x1p-24 }, 2.1 * 2.1) > 1e-6)
  }

  @Test func `with noise that is too narrow for the grid is refused`() {
    let error = #expect(throws: PrivacyError.self) {
      try LocalGaussian(clippingNorm: 1, noiseMultiplier: 1, fractionBits: 15)
    }
    #expect(error?.code == .unsupported)
    for (norm, noise) in [(1.0, 0.0), (1, -1), (1, .nan), (0, 1)] {
      #expect(throws: PrivacyError.self) {
        try LocalGaussian(clippingNorm: norm, noiseMultiplier: noise, fractionBits: 24)
      }
    }
  }

  @Test(arguments: [(1, 2), (1, 1), (4, 1), (20, 1)] as [(UInt128, UInt64)])
  func `of categories has events that say its ε, as the odds of all answers do`(
    _ n: UInt128, _ d: UInt64
  ) throws {
    let epsilon = Double(n) / Double(d)
    func pure(_ event: PrivacyEvent) throws -> Double {
      try PureAccountant().epsilon(of: event, delta: 0, relation: .replaceOne).upper
    }
    for categories in [2, 5, 100] {
      let response = try RandomizedResponse(epsilon: Ratio(n, d), categories: categories)
      let said = try pure(response.event)
      #expect(said >= epsilon * (1 - 1e-15) && said <= epsilon * (1 + 1e-12))
      #expect(
        abs(log(response.probabilities.truth / response.probabilities.other) - epsilon) < 1e-12 * epsilon)
    }
    // Unary: the worst of all answers, for any two categories.
    let encoding = try UnaryEncoding(epsilon: Ratio(n, d), categories: 3)
    let q = encoding.probabilityOfFalseBit
    func odds(_ bits: Int, _ category: Int) -> Double {
      (0..<3).reduce(1) { product, place in
        let one = place == category ? 0.5 : q
        return product * (bits >> place & 1 == 1 ? one : 1 - one)
      }
    }
    let worst = (0..<8).flatMap { bits in (0..<3).map { log(odds(bits, 0) / odds(bits, $0)) } }.max() ?? 0
    let said = try pure(encoding.event)
    #expect(abs(worst - epsilon) < 1e-7 && said >= epsilon * (1 - 1e-15) && said <= epsilon * (1 + 1e-12))
  }
}
