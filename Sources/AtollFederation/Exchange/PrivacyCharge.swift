public import AtollPrivacy

/// What an exchange gives away of those who are asked: what a ledger is charged before the exchange is opened.
public struct PrivacyCharge: Hashable, Codable, Sendable {
  /// What happens to the data.
  public let event: PrivacyEvent
  /// Whose data the event speaks of.
  public let unit: PrivacyUnit
  /// Under which relation the event is meant.
  public let relation: NeighboringRelation
  /// What the whole run may give away; nil: no limit but that of whoever is charged.
  public let budget: PrivacyBudget?
  /// Whether the event is what all exchanges of the run give away together: then it is charged once, with the first of them.
  public let coversRun: Bool

  /// - Parameters:
  ///   - event: what happens to the data.
  ///   - unit: whose data the event speaks of.
  ///   - relation: under which relation it is meant.
  ///   - budget: what the whole run may give away.
  ///   - coversRun: whether the event is that of all exchanges of the run together.
  public init(
    event: PrivacyEvent, unit: PrivacyUnit, relation: NeighboringRelation, budget: PrivacyBudget? = nil,
    coversRun: Bool = false
  ) {
    self.event = event
    self.unit = unit
    self.relation = relation
    self.budget = budget
    self.coversRun = coversRun
  }
}

extension PrivacyCharge {
  /// What a ledger has it under.
  ///
  /// - Parameters:
  ///   - exchange: number of the exchange.
  ///   - run: name of the run.
  ///   - round: the round that is trained with it, from 1; nil where none is.
  ///   - repetition: how often what the exchange gives away may have been released before.
  /// - Throws: `PrivacyError` with code `invalid` for names that are none.
  package func activity(
    of exchange: Int, in run: String, round: Int?, repetition: Int = 0
  ) throws(PrivacyError) -> PrivacyActivity {
    coversRun
      ? try .run(run) : try .exchange(exchange, of: run, round: round, repetition: repetition)
  }
}

/// Where a run's charges are kept: durably, before the exchange is opened that they are for.
public protocol ChargeBook: Sendable {
  /// Charges an exchange, once, however often it is opened anew after a crash; or its run, once, with the first exchange.
  ///
  /// - Parameters:
  ///   - charge: what it gives away.
  ///   - exchange: its number in the run, from 0.
  ///   - round: the round that is trained with it, from 1; nil where none is.
  /// - Throws: ``RunFailure`` with code `.budget` where it would exceed a budget, and what the keeping throws: then
  ///   nobody may be asked.
  func charge(_ charge: PrivacyCharge, for exchange: Int, round: Int?) throws
}
