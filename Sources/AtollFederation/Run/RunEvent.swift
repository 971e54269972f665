public import AtollLearning
public import AtollNumerics

/// What a run tells about itself: one JSON object a line in `events.jsonl`, and on standard output with `--json`.
public enum RunEvent: Sendable {
  /// A round is kept; it took so many seconds.
  case round(RoundReport, seconds: Double)
  /// One line about what a program did.
  case note(String)
  /// The last event of a run that cannot go on, in `events.jsonl` only.
  case failed(Failed)
  /// The last event of a run that came to its end.
  case finished(Finished)

  /// Rows that take part: those trained on, and those held out to judge models by.
  public struct Rows: Hashable, Codable, Sendable {
    /// Rows that are trained on.
    public var training: Int
    /// Rows that models are judged by.
    public var heldOut: Int

    private enum CodingKeys: String, CodingKey {
      case training
      case heldOut = "held_out"
    }

    public init(training: Int = 0, heldOut: Int = 0) {
      self.training = training
      self.heldOut = heldOut
    }
  }

  /// Why a run ended before its time.
  public struct Failed: Hashable, Sendable {
    /// Rounds that were done.
    public var rounds: Int
    /// One sentence.
    public var reason: String
    /// What to try, as one clause.
    public var hint: String?
    /// At whom it happened, where it was at one participant.
    public var participant: ParticipantID?
    /// When, in UTC, as `2026-11-23T14:12:05Z`.
    public var time: String

    public init(rounds: Int, reason: String, hint: String?, participant: ParticipantID?, time: String) {
      self.rounds = rounds
      self.reason = reason
      self.hint = hint
      self.participant = participant
      self.time = time
    }
  }

  /// What came of a run.
  public struct Finished: Hashable, Sendable {
    /// Rounds that were run.
    public var rounds: Int
    /// The round whose model it is.
    public var bestRound: Int
    /// Path of `model.safetensors`.
    public var model: String
    /// SHA-256 of `model.safetensors`.
    public var hash: ContentHash
    /// Numbers in the model.
    public var parameters: Int
    /// How people call the classes, in order; empty for regression.
    public var classes: [String]
    /// Of all participants.
    public var rows: Rows
    /// By participant, where they may be told.
    public var siteRows: [ParticipantID: Rows]
    /// Of the model, with standard errors and details.
    public var evaluation: FederatedEvaluation?
    /// By name: `local` is the mean over participants of their own models, on all held-out rows; `pooled` the model of
    /// all rows put together.
    public var baselines: [String: Evaluation]
    /// Each participant's figures on its own held-out rows, by model: `alone`, `federated`, `pooled`.
    public var sites: [ParticipantID: [String: Evaluation]]
    /// How long the run took, since it was last started.
    public var seconds: Double
    /// When, in UTC, as `2026-11-23T14:12:05Z`.
    public var time: String
    /// Why it ended before its time, with a model nevertheless: the budget of privacy was spent. One sentence.
    public var stopped: String?

    public init(
      rounds: Int, bestRound: Int, model: String, hash: ContentHash, parameters: Int, classes: [String],
      rows: Rows, siteRows: [ParticipantID: Rows], evaluation: FederatedEvaluation?,
      baselines: [String: Evaluation], sites: [ParticipantID: [String: Evaluation]], seconds: Double,
      time: String, stopped: String? = nil
    ) {
      self.rounds = rounds
      self.bestRound = bestRound
      self.model = model
      self.hash = hash
      self.parameters = parameters
      self.classes = classes
      self.rows = rows
      self.siteRows = siteRows
      self.evaluation = evaluation
      self.baselines = baselines
      self.sites = sites
      self.seconds = seconds
      self.time = time
      self.stopped = stopped
    }
  }
}
