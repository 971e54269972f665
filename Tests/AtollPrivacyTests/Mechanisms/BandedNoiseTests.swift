import AtollNumerics
import Foundation
import Testing

@testable import AtollPrivacy

@Suite struct `Banded noise` {
  /// What is published is computed here from y = K·x + z alone.
  @Test(arguments: [(1, 1), (5, 2), (12, 4), (12, 12)])
  func `is a function of whole noised numbers, to the last step`(_ rounds: Int, _ bands: Int) throws {
    let matrix = try BandedMatrix(rounds: rounds, bands: bands, separation: bands, participations: 3)
    let (noise, count) = (try unitNoise(), 3)
    let law = try NoiseGrid(width: noise.grid.width, fractionBits: 24 + 16).gaussian()
    let x = (0..<rounds).map { round in someSum(round, count: count).map { Int128($0) } }
    let weights = matrix.coefficients.map { Int128($0) }
    var coins = SecretCoins(insecureSeed: 71)
    var mechanism = try BandedNoise(matrix, noise: noise, count: count)
    var same = SecretCoins(insecureSeed: 71)
    var published: [[Int128]] = []
    for round in 0..<rounds {
      let draw = drawn(law, count: count, &coins)
      let backs = 0..<min(bands, round + 1)
      let noised = (0..<count).map { place in
        backs.reduce(draw[place]) { $0 + weights[$1] * x[round - $1][place] }
      }
      published.append(
        (0..<count).map { place in
          let rest = backs.dropFirst().reduce(noised[place]) {
            $0 - weights[$1] * published[round - $1][place]
          }
          return (rest + 1 << 15) >> 16
        })
      var sum = RingVector(someSum(round, count: count))
      try mechanism.add(to: &sum, using: &same)
      #expect(sum.elements.map { Int128($0) } == published[round], "round \(round)")
    }
    #expect(throws: PrivacyError.self) {
      var sum = RingVector(zeros: count)
      try mechanism.add(to: &sum, using: &same)
    }
  }

  @Test(arguments: [(20, 1), (20, 4), (20, 20)])
  func `has the variance that theory says`(_ rounds: Int, _ bands: Int) throws {
    let matrix = try BandedMatrix(rounds: rounds, bands: bands, separation: bands, participations: 1)
    let noise = try unitNoise()
    let mechanism = try BandedNoise(matrix, noise: noise, count: 20_000)
    let sums = try prefixes(
      of: mechanism, rounds: rounds, width: noise.grid.steps.double, count: 20_000, seed: 72)
    for (round, numbers) in sums.enumerated() {
      let fit = varianceFit(numbers, matrix.variance(ofFirst: round + 1))
      #expect(fit > 1e-6, "round \(round): p = \(fit)")
      // Without correlation it would be the number of rounds.
      if bands > 1, round > 2 { #expect(varianceFit(numbers, Double(round + 1)) < 1e-6) }
    }
    if bands == 1 { #expect(matrix.variance(ofFirst: rounds) == Double(rounds)) }
  }

  @Test(arguments: [
    (12, 1, 1, 12), (12, 3, 3, 2), (12, 3, 3, 9), (10, 4, 5, 2), (11, 4, 5, 3), (7, 7, 7, 1), (9, 2, 4, 3),
  ])
  func `has the sensitivity that it says, by trying all participations`(
    _ rounds: Int, _ bands: Int, _ separation: Int, _ participations: Int
  ) throws {
    let matrix = try BandedMatrix(
      rounds: rounds, bands: bands, separation: separation, participations: participations)
    let rows = (0..<rounds).map { row in
      (0..<rounds).map { column in
        let back = row - column
        return (0..<bands).contains(back) ? Double(matrix.coefficients[back]) * 0x1p-16 : 0
      }
    }
    let worst = squaredSensitivity(rows, try patterns(matrix))
    #expect(abs(matrix.sensitivity * matrix.sensitivity / worst - 1) < 1e-12)
    #expect(matrix.sensitivity * matrix.sensitivity >= worst)
    // The event counts the last column as if it were not cut off; where it is not, it says the same.
    let precision = try #require(try matrix.event(noiseMultiplier: 1).gaussianPrecision)
    let turns = min(participations, (rounds - 1) / separation + 1)
    #expect(precision >= worst)
    if (turns - 1) * separation + bands <= rounds { #expect(abs(precision / worst - 1) < 1e-12) }
  }

  @Test func `has a smaller error than trees at the same ε, and both than independent noise`() throws {
    // Each participant once in 256 rounds, and four times, 64 rounds apart.
    for (epochs, length, gain) in [(1, 256, 0.7), (4, 64, 0.75)] {
      let trees = try TreeAggregation(steps: [length], epochs: epochs)
      let banded = try BandedMatrix(
        rounds: 256, bands: length, separation: length, participations: epochs)
      let independent = try BandedMatrix(
        rounds: 256, bands: 1, separation: length, participations: epochs)
      let (a, b, c) = (try error(of: trees), try error(of: banded), try error(of: independent))
      #expect(b < gain * a && a < c, "\(epochs) times: trees \(a), banded \(b), independent \(c)")
    }
  }

  @Test func `measured, too, is smaller than that of trees at the same ε`() throws {
    func measure(_ mechanism: some PrefixSumMechanism, _ make: (GridGaussian) throws -> some CorrelatedNoise)
      throws -> Double
    {
      let sums = try prefixes(
        of: make(unitNoise(multiplier(for: mechanism))), rounds: 64, width: 0x1p24, count: 2000, seed: 73)
      return (sums.joined().reduce(0) { $0 + $1 * $1 } / 128_000).squareRoot()
    }
    let trees = try TreeAggregation(steps: [16], epochs: 4)
    let banded = try BandedMatrix(rounds: 64, bands: 16, separation: 16, participations: 4)
    let a = try measure(trees) { try TreeNoise(trees, noise: $0, count: 2000) }
    let b = try measure(banded) { try BandedNoise(banded, noise: $0, count: 2000) }
    #expect(try abs(a / error(of: trees) - 1) < 0.02)
    #expect(try abs(b / error(of: banded) - 1) < 0.02)
    #expect(b < 0.8 * a)
  }

  @Test(arguments: [1, 4, 9])
  func `goes on from its memory as if nothing had happened`(_ bands: Int) throws {
    let matrix = try BandedMatrix(rounds: 9, bands: bands, separation: 9, participations: 1)
    let (noise, count) = (try unitNoise(), 5)
    var first = SecretCoins(insecureSeed: 74)
    var second = SecretCoins(insecureSeed: 74)
    var mechanism = try BandedNoise(matrix, noise: noise, count: count)
    var memory = mechanism.memory
    for round in 0..<9 {
      var (sum, other) = (RingVector(zeros: count), RingVector(zeros: count))
      try mechanism.add(to: &sum, using: &first)
      var resumed = try BandedNoise(
        matrix, noise: noise, count: count, resuming: NoiseMemory(secretBytes: memory.secretBytes))
      try resumed.add(to: &other, using: &second)
      memory = resumed.memory
      #expect(sum == other && memory == mechanism.memory)
      #expect(memory.vectors.count == (round == 8 ? 0 : min(round + 1, bands - 1)))
    }
    #expect(try BandedNoise(matrix, noise: noise, count: count, resuming: memory).round == 9)
    #expect(throws: PrivacyError.self) {
      try BandedNoise(
        matrix, noise: noise, count: 4,
        resuming: TreeNoise(
          TreeAggregation(steps: [9]), noise: noise, count: 4
        ).memory)
    }
  }

  @Test func `of a matrix that cannot be accounted for is refused`() throws {
    let one = 1 << 16
    for coefficients in [
      [], [one - 1], [one, one + 1], [one, 0], [one, -1], [Int](repeating: one, count: 9),
    ] {
      #expect(throws: PrivacyError.self) {
        try BandedMatrix(rounds: 8, coefficients: coefficients, separation: 9, participations: 1)
      }
    }
    #expect(throws: PrivacyError.self) {
      try BandedMatrix(rounds: 8, bands: 4, separation: 3, participations: 1)
    }
    #expect(throws: PrivacyError.self) {
      try BandedMatrix(rounds: 8, bands: 4, separation: 4, participations: 0)
    }
    let wide = try GridGaussian(sensitivity: 1, noiseMultiplier: 1, fractionBits: 40)
    #expect(throws: PrivacyError.self) {
      try BandedNoise(
        BandedMatrix(rounds: 64, bands: 4, separation: 4, participations: 1), noise: wide, count: 1)
    }
  }

  @Test func `has a file form, which is checked`() throws {
    let matrix = try BandedMatrix(rounds: 20, bands: 3, separation: 4, participations: 2)
    let bytes = try JSONEncoder().encode(matrix)
    #expect(try JSONDecoder().decode(BandedMatrix.self, from: bytes) == matrix)
    let wrong = String(decoding: bytes, as: UTF8.self).replacing("65536", with: "65535")
    #expect(throws: PrivacyError.self) {
      try JSONDecoder().decode(BandedMatrix.self, from: Data(wrong.utf8))
    }
    let trees = try TreeAggregation(steps: [5, 2], epochs: 3)
    #expect(try JSONDecoder().decode(TreeAggregation.self, from: JSONEncoder().encode(trees)) == trees)
    #expect(throws: PrivacyError.self) {
      try JSONDecoder().decode(TreeAggregation.self, from: Data(#"{"steps": [0], "epochs": 1}"#.utf8))
    }
    let noise = try unitNoise(3)
    #expect(try JSONDecoder().decode(GridGaussian.self, from: JSONEncoder().encode(noise)) == noise)
  }
}

@Suite struct `The memory of noise` {
  @Test func `is read from its own bytes only, and shows nothing`() throws {
    let trees = try TreeAggregation(steps: [8])
    var mechanism = try TreeNoise(trees, noise: unitNoise(), count: 2)
    var coins = SecretCoins(insecureSeed: 75)
    var sum = RingVector(zeros: 2)
    for _ in 0..<3 { try mechanism.add(to: &sum, using: &coins) }
    let bytes = mechanism.memory.secretBytes
    #expect(try NoiseMemory(secretBytes: bytes) == mechanism.memory)
    for damaged in [Data(), bytes.dropLast(), bytes + [0], Data(bytes.prefix(31))] {
      #expect(throws: PrivacyError.self) { try NoiseMemory(secretBytes: damaged) }
    }
    // Any other count or length is refused before memory is asked for.
    for place in [0, 7, 16, 17, 23, 24, 31] {
      var damaged = bytes
      damaged[place] ^= 0x80
      if place == 0 {
        let memory = try NoiseMemory(secretBytes: damaged)
        #expect(throws: PrivacyError.self) {
          try TreeNoise(trees, noise: unitNoise(), count: 2, resuming: memory)
        }
      } else {
        #expect(throws: PrivacyError.self) { try NoiseMemory(secretBytes: damaged) }
      }
    }
    var shown = ""
    dump(mechanism.memory, to: &shown)
    #expect("\(mechanism.memory)" == "secret noise after 3 rounds")
    for element in mechanism.memory.vectors.flatMap(\.elements) { #expect(!shown.contains("\(element)")) }
  }
}
