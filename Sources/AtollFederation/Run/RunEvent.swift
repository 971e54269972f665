public import AtollLearning
public import AtollNumerics

/// What a run tells about itself: one JSON object a line in `events.jsonl`, and on standard output with `--json`.
///
/// ```json
/// {"event":"round","round":3,"metrics":{"auc":0.98,"loss":0.24},"participants":4,"cohort":4,…}
/// {"event":"finished","rounds":20,"model":"PATH","model_sha256":"…","metrics":{…},"baselines":{…}}
/// ```
/// `metrics` are over all held-out rows, of the model that the round produced; `metrics_mean`, `metrics_worst` and
/// `metrics_best` over participants, where their own figures may be told.
public enum RunEvent: Sendable {
  /// A round is kept; it took so many seconds.
  case round(RoundReport, seconds: Double)
  /// One line about what a program did.
  case note(String)
  /// The run is over.
  case finished(Finished)

  /// The last event.
  public struct Finished: Sendable {
    /// Rounds that were run.
    public var rounds: Int
    /// The round whose model it is.
    public var bestRound: Int
    /// Path of `model.safetensors`.
    public var model: String
    /// SHA-256 of `model.safetensors`.
    public var hash: ContentHash
    /// The federated model's figures; nil where nothing is held out.
    public var evaluation: FederatedEvaluation?
    /// By name: `local` is the mean over participants of their own models, on all held-out rows; `pooled` the model of
    /// all rows put together.
    public var baselines: [String: Evaluation]
    /// Each participant's figures on its own held-out rows, by model: `alone`, `federated`, `pooled`.
    public var sites: [ParticipantID: [String: Evaluation]]
    /// How long the run took, since it was last started.
    public var seconds: Double

    public init(
      rounds: Int, bestRound: Int, model: String, hash: ContentHash, evaluation: FederatedEvaluation?,
      baselines: [String: Evaluation], sites: [ParticipantID: [String: Evaluation]], seconds: Double
    ) {
      self.rounds = rounds
      self.bestRound = bestRound
      self.model = model
      self.hash = hash
      self.evaluation = evaluation
      self.baselines = baselines
      self.sites = sites
      self.seconds = seconds
    }
  }
}

extension RunEvent: Encodable {
  private enum Key: String, CodingKey {
    case event, round, rounds, loss, metrics, participants, cohort, seconds, text, model, baselines, sites
    case mean = "metrics_mean"
    case worst = "metrics_worst"
    case best = "metrics_best"
    case bytesUp = "bytes_up"
    case bytesDown = "bytes_down"
    case bestRound = "model_round"
    case hash = "model_sha256"
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .note(let text):
      try container.encode("note", forKey: .event)
      try container.encode(text, forKey: .text)
    case .round(let report, let seconds):
      try container.encode("round", forKey: .event)
      try container.encode(report.round, forKey: .round)
      try container.encode(report.participants, forKey: .participants)
      try container.encode(report.cohort, forKey: .cohort)
      try container.encode(report.bytesUp, forKey: .bytesUp)
      try container.encode(report.bytesDown, forKey: .bytesDown)
      try container.encode(seconds, forKey: .seconds)
      try encode(report.evaluation, to: &container)
    case .finished(let end):
      try container.encode("finished", forKey: .event)
      try container.encode(end.rounds, forKey: .rounds)
      try container.encode(end.bestRound, forKey: .bestRound)
      try container.encode(end.model, forKey: .model)
      try container.encode(end.hash.hexadecimal, forKey: .hash)
      try container.encode(end.seconds, forKey: .seconds)
      try container.encode(end.baselines.mapValues(named), forKey: .baselines)
      try container.encode(end.sites.mapValues { $0.mapValues(named) }, forKey: .sites)
      try encode(end.evaluation, to: &container)
    }
  }

  private func encode(
    _ evaluation: FederatedEvaluation?, to container: inout KeyedEncodingContainer<Key>
  ) throws {
    guard let evaluation else { return }
    try container.encodeIfPresent(evaluation.pooled[.loss], forKey: .loss)
    try container.encode(named(evaluation.pooled), forKey: .metrics)
    guard !evaluation.sites.isEmpty else { return }
    let sites = evaluation.sites.sorted { $0.key < $1.key }.map(\.value)
    try container.encode(named(.mean(of: sites)), forKey: .mean)
    try container.encode(named(.worst(of: sites)), forKey: .worst)
    try container.encode(named(.best(of: sites)), forKey: .best)
  }

  private func named(_ evaluation: Evaluation) -> [String: Double] {
    Dictionary(uniqueKeysWithValues: evaluation.metrics.map { ($0.key.rawValue, $0.value) })
  }
}
