package import AtollPrivacy

/// Whom secret coins fell on, from before anyone is asked until the commit.
///
/// A run that was killed in between goes on with the same cohort: coins that could be tossed again until they fell otherwise
/// would amplify nothing. It is kept by ``RunStore/keepSecret(_:)`` and erased with the commit.
package struct SecretCohort: Hashable, Codable, Sendable {
  /// Number of the exchange.
  package let exchange: Int
  /// In ascending order.
  package let participants: [ParticipantID]

  /// Takes each of the population with that probability.
  ///
  /// - Throws: `PrivacyError` with code `invalid` where the rate is no probability.
  package init(
    of population: Roster, rate: Double, exchange: Int, using coins: inout SecretCoins
  ) throws(PrivacyError) {
    // Rounded down: a smaller rate gives away less.
    let coin = try Bernoulli(Ratio(roundingDown: rate))
    self.exchange = exchange
    participants = population.participants.filter { _ in coin.toss(using: &coins) }
  }
}
