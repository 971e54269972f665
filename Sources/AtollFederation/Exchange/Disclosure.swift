package import AtollNumerics
package import AtollPrivacy
package import FoundationEssentials

/// What is told of a closed exchange: the sum after its noise, and whose answers are in it unless that is secret. All
/// drivers tell it by this.
package struct Disclosure: Sendable {
  private let audience: Audience
  private let protection: UpdateProtection
  /// Of training, from 0; nil where none is trained.
  private let round: Int?

  package init(_ exchange: Exchange) {
    audience = exchange.audience
    protection = exchange.protection
    round = exchange.query.demand.round
  }

  /// Whether the result has noise, so that it comes out otherwise each time that it is made.
  package var hasNoise: Bool { protection.noise != nil }

  /// Whether who was asked is a secret of the server.
  package var isSecret: Bool { audience.isSecret }

  /// What goes on record of those whose answers are in the sum.
  package func recorded(_ contributors: [Contributor]) -> [Contributor] { isSecret ? [] : contributors }

  /// What goes on record of the bytes that were moved: where who was asked is secret, what is expected.
  ///
  /// - Parameters:
  ///   - moved: what was moved.
  ///   - answer: bytes of one answer.
  ///   - question: bytes of the question.
  ///   - population: participants of the run.
  package func recorded(_ moved: Traffic, answer: Int, question: Int, population: Int) -> Traffic {
    guard isSecret else { return moved }
    let expected = audience.size(of: population)
    return Traffic(up: answer * expected, down: question * expected)
  }

  /// Makes the result of an exchange, with its noise.
  ///
  /// - Parameters:
  ///   - sum: of all answers; it goes over into the result.
  ///   - shape: what its vectors are.
  ///   - contributors: whose answers are in it.
  ///   - asked: how many were asked.
  ///   - population: participants of the run.
  ///   - individual: single answers, where the question asks for them.
  ///   - messages: those that are relayed.
  ///   - noise: what the run carries of noise that is correlated over rounds.
  ///   - coins: nobody can foretell them.
  /// - Throws: ``RunFailure`` with code `.unfit` where noise is missing or does not fit.
  package func result(
    _ sum: consuming ExactSum, shape: ReplyShape, contributors: [ParticipantID], asked: Int, population: Int,
    individual: [(participant: ParticipantID, reply: Data)] = [], messages: [SealedMessage] = [],
    carrying noise: inout RunNoise, using coins: inout SecretCoins
  ) throws(RunFailure) -> ExchangeResult {
    guard hasNoise else {
      return ExchangeResult(
        contributors: contributors, cohort: asked, population: population, shape: shape, sum: sum,
        individual: individual, messages: messages)
    }
    guard case .sums(let specs) = shape else {
      throw RunFailure(.unfit, "noise is added to sums; single answers would be told without it")
    }
    try protection.addNoise(
      to: &sum, as: specs, of: contributors, in: round, carrying: &noise, using: &coins)
    let expected =
      if case .poisson(let rate) = audience { rate * Double(population) } else { Double(contributors.count) }
    return ExchangeResult(
      contributors: isSecret ? [] : contributors, cohort: isSecret ? audience.size(of: population) : asked,
      population: population, shape: shape, sum: sum, expected: expected)
  }
}
