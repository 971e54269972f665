import AtollNumerics

/// What a run at a server came to.
struct DeployedOutcome: Sendable {
  /// SHA-256 of the model's numbers.
  let model: ContentHash
  /// What the participants sent, in all rounds.
  let bytesUp: Int
  /// What they received.
  let bytesDown: Int
}
