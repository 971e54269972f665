/// What happens to an update before it leaves.
public struct ProtectionPlan: Hashable, Codable, Sendable {
  /// Largest L2 norm of an update; longer ones are shortened to it. Nil: updates are not clipped.
  public var clip: Double?
  /// Largest magnitude of one number of an update where nothing is clipped; an update beyond it is refused.
  public var range: Double = 8
  /// An update enters the sum as whole multiples of 2^-fractionBits.
  public var fractionBits: Int = 24
  /// Largest weight of a participant.
  public var weightCap: Int = 1 << 20

  /// What holds where a task says nothing.
  public init() {}

  /// No number of an update is larger.
  public var bound: Double { clip ?? range }
}
