public import AtollPrivacy

/// What the attacks on a task found, beside what the task promises.
public struct AuditReport: Sendable {
  /// ε and its circumstances; nil where nothing is promised.
  public let promise: PrivacyGuarantee?
  /// The audit by one run.
  public let canaries: CanaryAttack.Outcome
  /// Membership inference.
  public let membership: MembershipInference.Outcome
  /// Gradient inversion.
  public let inversion: GradientInversion.Outcome

  /// Whether ε is larger than promised, with the confidence of the audit.
  public var breaksPromise: Bool {
    promise.map { canaries.finding.epsilon > $0.epsilon } ?? false
  }
}

extension AuditedTask {
  /// Carries out all attacks.
  ///
  /// - Parameters:
  ///   - canaries: how the audit by one run is made.
  ///   - membership: how membership inference is made.
  ///   - inversion: how gradient inversion is made.
  /// - Throws: what a training throws.
  public func attack(
    canaries: CanaryAttack = CanaryAttack(), membership: MembershipInference = MembershipInference(),
    inversion: GradientInversion = GradientInversion()
  ) throws -> AuditReport {
    AuditReport(
      promise: promise, canaries: try canaries(on: self), membership: try membership(on: self),
      inversion: try inversion(on: self))
  }
}
