import Foundation
import Testing

@testable import AtollPrivacy

@Suite struct `Coins` {
  @Test func `of a ratio are exact to the last digit`() throws {
    // 1/3 in digits to base 2^64 is 0.555…: below it, above it, and undecided by the first digit.
    let coin = try Bernoulli(Ratio(1, 3))
    let digit: UInt64 = 0x5555_5555_5555_5555
    var coins = SecretCoins(insecureSeed: 31)
    #expect(coin.refine(digit - 1, using: &coins) && !coin.refine(digit + 1, using: &coins))
    var heads = 0
    for _ in 0..<30_000 where coin.refine(digit, using: &coins) { heads += 1 }
    #expect(GoodnessOfFit.chiSquare([heads, 30_000 - heads], expected: [10_000, 20_000]) > 1e-6)
    // One half ends after one digit: nothing that begins with it is below.
    #expect(try !Bernoulli(Ratio(1, 2)).refine(1 << 63, using: &coins))
  }

  @Test func `of probability 0 and 1 have one side`() throws {
    var coins = SecretCoins(insecureSeed: 32)
    let (never, always) = (try Bernoulli(Ratio(0)), try Bernoulli(Ratio(1)))
    let surely = Bernoulli(exponentialOfMinus: try Ratio(0))
    for _ in 0..<1000 {
      #expect(!never.toss(using: &coins) && always.toss(using: &coins) && surely.toss(using: &coins))
    }
    // Whatever the bits are.
    #expect(always.refine(.max, using: &coins) && !never.refine(0, using: &coins))
  }

  @Test func `of irrational probability go on where the first bits do not decide`() throws {
    // e^-1 = 0.5E2D58D8B3BCDF1A BADEC7829054F90D…: the first digit decides nothing, the second with its own probability.
    let coin = Bernoulli(exponentialOfMinus: try Ratio(1))
    var coins = SecretCoins(insecureSeed: 33)
    let digit: UInt64 = 0x5E2D_58D8_B3BC_DF1A
    #expect(coin.refine(digit - 1, using: &coins) && !coin.refine(digit + 1, using: &coins))
    var heads = 0
    for _ in 0..<20_000 where coin.refine(digit, using: &coins) { heads += 1 }
    let p = Double(0xBADE_C782_9054_F90D as UInt64) * 0x1p-64
    #expect(
      GoodnessOfFit.chiSquare([heads, 20_000 - heads], expected: [20_000 * p, 20_000 * (1 - p)]) > 1e-6)
  }

  @Test func `refuse more than certainty`() throws {
    #expect(throws: PrivacyError.self) { try Bernoulli(Ratio(3, 2)) }
  }
}

@Suite struct `Answers at random` {
  private let shares = [0.5, 0.3, 0.15, 0.05]
  private let participants = 200_000

  private func truth() -> [Int] {
    shares.indices.flatMap { [Int](repeating: $0, count: Int(shares[$0] * Double(participants))) }
  }

  /// Estimates lie within 5.5 standard deviations: once in 2·10^7 they do not.
  private func check(_ estimates: [Double], variance: (Double) -> Double) {
    for (share, estimate) in zip(shares, estimates) {
      let distance = abs(estimate - share * Double(participants))
      #expect(distance < 5.5 * variance(share).squareRoot(), "\(share): \(estimate)")
    }
  }

  @Test(arguments: [(1, 2), (2, 1)] as [(UInt128, UInt64)])
  func `over categories have the promised odds, and counts are recovered`(_ n: UInt128, _ d: UInt64) throws {
    let response = try RandomizedResponse(epsilon: Ratio(n, d), categories: 4)
    var coins = SecretCoins(insecureSeed: 41)
    var answers = [0, 0, 0, 0]
    var ofFirst = [0, 0, 0, 0]
    for category in truth() {
      let answer = response.answer(category, using: &coins)
      answers[answer] += 1
      if category == 0 { ofFirst[answer] += 1 }
    }
    let (p, q) = response.probabilities
    #expect(abs(p / q / exp(Double(n) / Double(d)) - 1) < 1e-12 && abs(p + 3 * q - 1) < 1e-12)
    let first = shares[0] * Double(participants)
    #expect(GoodnessOfFit.chiSquare(ofFirst, expected: [p, q, q, q].map { $0 * first }) > 1e-6)
    // A stronger promise would be broken: the test is able to see it.
    let other = try RandomizedResponse(epsilon: Ratio(n * 9, d * 10), categories: 4).probabilities
    let wrong = [other.truth, other.other, other.other, other.other].map { $0 * first }
    #expect(GoodnessOfFit.chiSquare(ofFirst, expected: wrong) < 1e-6)
    check(try response.estimate(answers)) { response.variance(participants: participants, share: $0) }
  }

  @Test func `of yes and no are two categories`() throws {
    let response = try RandomizedResponse(epsilon: Ratio(1))
    var coins = SecretCoins(insecureSeed: 42)
    var yes = 0
    for place in 0..<100_000 where response.answer(place < 20_000, using: &coins) { yes += 1 }
    let estimate = try response.estimate([100_000 - yes, yes])
    #expect(
      abs(estimate[1] - 20_000) < 5.5 * response.variance(participants: 100_000, share: 0.2).squareRoot())
    #expect(abs(estimate[0] + estimate[1] - 100_000) < 1e-6)
  }

  @Test func `in unary encoding have the promised odds, and counts are recovered`() throws {
    let encoding = try UnaryEncoding(epsilon: Ratio(1), categories: 4)
    var coins = SecretCoins(insecureSeed: 43)
    var ones = [0, 0, 0, 0]
    var ofFirst = [0, 0, 0, 0]
    for category in truth() {
      for (place, bit) in encoding.answer(category, using: &coins).enumerated() where bit {
        ones[place] += 1
        if category == 0 { ofFirst[place] += 1 }
      }
    }
    let (q, first) = (encoding.probabilityOfFalseBit, shares[0] * Double(participants))
    #expect(abs(q - 1 / (exp(1) + 1)) < 1e-12)
    for (place, p) in [0.5, q, q, q].enumerated() {
      let counts = [ofFirst[place], Int(first) - ofFirst[place]]
      #expect(GoodnessOfFit.chiSquare(counts, expected: [first * p, first * (1 - p)]) > 1e-6)
    }
    check(try encoding.estimate(ones, answers: participants)) {
      encoding.variance(participants: participants, share: $0)
    }
  }

  @Test func `refuse what makes no sense`() throws {
    #expect(throws: PrivacyError.self) { try RandomizedResponse(epsilon: Ratio(1), categories: 1) }
    #expect(throws: PrivacyError.self) { try UnaryEncoding(epsilon: Ratio(1), categories: 1) }
    let nothing = try RandomizedResponse(epsilon: Ratio(0))
    #expect(throws: PrivacyError.self) { try nothing.estimate([1, 2]) }
    let some = try RandomizedResponse(epsilon: Ratio(1))
    #expect(throws: PrivacyError.self) { try some.estimate([1, 2, 3]) }
  }
}
