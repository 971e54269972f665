public import AtollLearning

/// What is worth telling about a finished round.
public struct RoundReport: Hashable, Codable, Sendable {
  /// From 1.
  public var round: Int
  /// Number of participants whose update is in the model; where that is secret, how many are expected.
  public var participants: Int
  /// Of how many asked; where that is secret, how many are expected.
  public var cohort: Int
  /// Over all held-out rows, of the model that the round produced; nil when the round was not evaluated.
  public var evaluation: FederatedEvaluation?
  /// Bytes that all participants sent and received since the report before.
  public var bytesUp: Int
  /// Bytes that all participants received since the report before.
  public var bytesDown: Int

  /// The ε of all rounds up to this one, at the δ of the task; nil where no privacy is promised, or it was not computed for
  /// this round.
  public var epsilon: Double?

  public init(
    round: Int, participants: Int, cohort: Int, evaluation: FederatedEvaluation? = nil, bytesUp: Int = 0,
    bytesDown: Int = 0, epsilon: Double? = nil
  ) {
    self.round = round
    self.participants = participants
    self.cohort = cohort
    self.evaluation = evaluation
    self.bytesUp = bytesUp
    self.bytesDown = bytesDown
    self.epsilon = epsilon
  }
}

/// How good a model is on the rows that participants hold out.
public struct FederatedEvaluation: Hashable, Codable, Sendable {
  /// Over all held-out rows together.
  public var pooled: Evaluation
  /// By participant, where single answers may leave.
  public var sites: [ParticipantID: Evaluation]

  public init(pooled: Evaluation, sites: [ParticipantID: Evaluation]) {
    self.pooled = pooled
    self.sites = sites
  }

  /// The metrics alone: what the record keeps of every round.
  public var brief: FederatedEvaluation {
    FederatedEvaluation(pooled: pooled.brief, sites: sites.mapValues(\.brief))
  }
}
