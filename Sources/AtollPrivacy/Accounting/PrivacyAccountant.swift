/// What reads events and bounds what they give away.
///
/// An accountant throws ``PrivacyError`` with code `unsupported`, naming the event and the relation, where it has no
/// proof. An event with a ``PrivacyEvent/nonPrivate`` part has an infinite ε.
public protocol PrivacyAccountant: Sendable {
  /// Its name in statements.
  var name: String { get }

  /// ε of the event at δ, in nats.
  ///
  /// - Throws: ``PrivacyError``: `unsupported`, or `invalid` when δ is not in [0, 1).
  func epsilon(
    of event: PrivacyEvent, delta: Double, relation: NeighboringRelation
  ) throws(PrivacyError) -> PrivacyBounds

  /// δ of the event at ε.
  ///
  /// - Throws: ``PrivacyError``: `unsupported`, or `invalid` when ε is negative.
  func delta(
    of event: PrivacyEvent, epsilon: Double, relation: NeighboringRelation
  ) throws(PrivacyError) -> PrivacyBounds
}

/// What is proven, and how far from the truth it may be.
public struct PrivacyBounds: Hashable, Sendable {
  /// What holds: the figure to state.
  public let upper: Double
  /// No analysis can state less than this for the worst pair of data sets that the accountant considers; nil where the
  /// accountant cannot tell.
  public let lower: Double?

  init(upper: Double, lower: Double? = nil) {
    self.upper = upper
    self.lower = lower
  }
}
