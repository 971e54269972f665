/// What an identity may do at a server.
public enum Role: String, Hashable, Codable, Sendable, CaseIterable {
  /// Answers questions about its own data.
  case participant
  /// Submits tasks and cancels runs.
  case `operator`
  /// Looks on.
  case viewer
}
