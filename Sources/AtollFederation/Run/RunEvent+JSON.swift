import AtollLearning
import AtollNumerics

/// How events are written.
///
/// ```json
/// {"event":"round","round":3,"metrics":{"auc":0.98,"loss":0.24},"participants":4,"cohort":4,…}
/// {"event":"finished","rounds":20,"model":"PATH","model_sha256":"…","metrics":{…},"baselines":{…}}
/// ```
/// `metrics` are over all held-out rows (`held_out_rows` of them), of the model that the round produced; `metrics_mean`,
/// `metrics_worst` and `metrics_best` over participants, where their own figures may be told.
///
/// `finished` also holds what a report shows: `standard_errors` of `federated`, `local` and `pooled`, and
/// `site_standard_errors` by participant and model, both by metric; `site_rows`, the rows that each participant trains
/// on and holds out; `classes`, their names; and of the model on all held-out rows `confusion` (a row for each true
/// class), `calibration` (ten bands of the predicted probability: rows, hits and the sum of the probabilities) or
/// `residuals` (counts by ``ResidualHistogram``). `time` is when the run ended, in UTC.
///
/// `epsilon` of a round is what all rounds up to it gave away, where privacy is promised. `stopped` of `finished` says why the
/// run ended before its time, where the budget of privacy did that.
///
/// `failed` has the `rounds` that were done, `reason`, `time`, and where there are any `hint` and `participant`.
extension RunEvent: Codable {
  private enum Key: String, CodingKey {
    case event, round, rounds, loss, metrics, participants, cohort, seconds, text, model, baselines, sites
    case reason, hint, epsilon, stopped, participant, time, parameters, classes, confusion, calibration,
      residuals
    case mean = "metrics_mean"
    case worst = "metrics_worst"
    case best = "metrics_best"
    case bytesUp = "bytes_up"
    case bytesDown = "bytes_down"
    case bestRound = "model_round"
    case hash = "model_sha256"
    case heldOutRows = "held_out_rows"
    case trainingRows = "training_rows"
    case siteRows = "site_rows"
    case errors = "standard_errors"
    case siteErrors = "site_standard_errors"
  }

  private typealias Numbers = [Metric: Double]
  /// Name of the federated model among the models of one participant, and of its errors among those of the baselines.
  private static let federated = "federated"

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .note(let text):
      try container.encode("note", forKey: .event)
      try container.encode(text, forKey: .text)
    case .failed(let end):
      try container.encode("failed", forKey: .event)
      try container.encode(end.rounds, forKey: .rounds)
      try container.encode(end.reason, forKey: .reason)
      try container.encodeIfPresent(end.hint, forKey: .hint)
      try container.encodeIfPresent(end.participant, forKey: .participant)
      try container.encode(end.time, forKey: .time)
    case .round(let report, let seconds):
      try container.encode("round", forKey: .event)
      try container.encode(report.round, forKey: .round)
      try container.encode(report.participants, forKey: .participants)
      try container.encode(report.cohort, forKey: .cohort)
      try container.encode(report.bytesUp, forKey: .bytesUp)
      try container.encode(report.bytesDown, forKey: .bytesDown)
      try container.encodeIfPresent(report.epsilon, forKey: .epsilon)
      try container.encode(seconds, forKey: .seconds)
      try encode(report.evaluation, to: &container)
    case .finished(let end):
      try container.encode("finished", forKey: .event)
      try encode(end, to: &container)
    }
  }

  private func encode(_ end: Finished, to container: inout KeyedEncodingContainer<Key>) throws {
    try container.encode(end.rounds, forKey: .rounds)
    try container.encode(end.bestRound, forKey: .bestRound)
    try container.encode(end.model, forKey: .model)
    try container.encode(end.hash.hexadecimal, forKey: .hash)
    try container.encode(end.parameters, forKey: .parameters)
    try container.encode(end.classes, forKey: .classes)
    try container.encode(end.rows.training, forKey: .trainingRows)
    try container.encode(end.rows.heldOut, forKey: .heldOutRows)
    try container.encode(end.siteRows, forKey: .siteRows)
    try container.encode(end.seconds, forKey: .seconds)
    try container.encode(end.time, forKey: .time)
    try container.encodeIfPresent(end.stopped, forKey: .stopped)
    try container.encode(end.baselines.mapValues(\.metrics), forKey: .baselines)
    try container.encode(end.sites.mapValues { $0.mapValues(\.metrics) }, forKey: .sites)
    var errors = end.baselines.mapValues(\.standardErrors)
    errors[Self.federated] = end.evaluation?.pooled.standardErrors
    try container.encode(errors, forKey: .errors)
    try container.encode(end.sites.mapValues { $0.mapValues(\.standardErrors) }, forKey: .siteErrors)
    let details = end.evaluation?.pooled.details
    try container.encodeIfPresent(details?.confusion, forKey: .confusion)
    try container.encodeIfPresent(details?.calibration, forKey: .calibration)
    try container.encodeIfPresent(details?.residuals, forKey: .residuals)
    try encode(end.evaluation, to: &container)
  }

  private func encode(
    _ evaluation: FederatedEvaluation?, to container: inout KeyedEncodingContainer<Key>
  ) throws {
    guard let evaluation else { return }
    try container.encodeIfPresent(evaluation.pooled[.loss], forKey: .loss)
    try container.encode(evaluation.pooled.rows, forKey: .heldOutRows)
    try container.encode(evaluation.pooled.metrics, forKey: .metrics)
    guard !evaluation.sites.isEmpty else { return }
    let sites = evaluation.sites.sorted { $0.key < $1.key }.map(\.value)
    try container.encode(Evaluation.mean(of: sites).metrics, forKey: .mean)
    try container.encode(Evaluation.worst(of: sites).metrics, forKey: .worst)
    try container.encode(Evaluation.best(of: sites).metrics, forKey: .best)
  }

  /// Reads an event. Participants' own figures of a round are not in it: its evaluation has no sites.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    switch try container.decode(String.self, forKey: .event) {
    case "note": self = .note(try container.decode(String.self, forKey: .text))
    case "failed":
      self = .failed(
        Failed(
          rounds: try container.decode(Int.self, forKey: .rounds),
          reason: try container.decode(String.self, forKey: .reason),
          hint: try container.decodeIfPresent(String.self, forKey: .hint),
          participant: try container.decodeIfPresent(ParticipantID.self, forKey: .participant),
          time: try container.decode(String.self, forKey: .time)))
    case "round":
      let report = RoundReport(
        round: try container.decode(Int.self, forKey: .round),
        participants: try container.decode(Int.self, forKey: .participants),
        cohort: try container.decode(Int.self, forKey: .cohort),
        evaluation: try Self.pooled(in: container).map { FederatedEvaluation(pooled: $0, sites: [:]) },
        bytesUp: try container.decode(Int.self, forKey: .bytesUp),
        bytesDown: try container.decode(Int.self, forKey: .bytesDown),
        epsilon: try container.decodeIfPresent(Double.self, forKey: .epsilon))
      self = .round(report, seconds: try container.decode(Double.self, forKey: .seconds))
    case "finished": self = .finished(try Self.finished(in: container))
    case let name:
      throw DecodingError.dataCorruptedError(
        forKey: .event, in: container, debugDescription: "no run tells “\(name)”")
    }
  }

  private static func pooled(
    in container: KeyedDecodingContainer<Key>, errors: Numbers? = nil, details: EvaluationDetails? = nil
  ) throws -> Evaluation? {
    guard let metrics = try container.decodeIfPresent(Numbers.self, forKey: .metrics) else { return nil }
    return Evaluation(
      rows: try container.decode(Int.self, forKey: .heldOutRows), metrics: metrics,
      standardErrors: errors ?? [:], details: details)
  }

  private static func finished(in container: KeyedDecodingContainer<Key>) throws -> Finished {
    let rows = Rows(
      training: try container.decode(Int.self, forKey: .trainingRows),
      heldOut: try container.decode(Int.self, forKey: .heldOutRows))
    let siteRows = try container.decode([ParticipantID: Rows].self, forKey: .siteRows)
    let errors = try container.decode([String: Numbers].self, forKey: .errors)
    let siteErrors = try container.decode([ParticipantID: [String: Numbers]].self, forKey: .siteErrors)
    var baselines: [String: Evaluation] = [:]
    for (name, metrics) in try container.decode([String: Numbers].self, forKey: .baselines) {
      baselines[name] = Evaluation(
        rows: rows.heldOut, metrics: metrics, standardErrors: errors[name] ?? [:])
    }
    var sites: [ParticipantID: [String: Evaluation]] = [:]
    for (site, models) in try container.decode([ParticipantID: [String: Numbers]].self, forKey: .sites) {
      for (name, metrics) in models {
        sites[site, default: [:]][name] = Evaluation(
          rows: siteRows[site]?.heldOut ?? 0, metrics: metrics,
          standardErrors: siteErrors[site]?[name] ?? [:])
      }
    }
    let details = EvaluationDetails(
      confusion: try container.decodeIfPresent(ConfusionMatrix.self, forKey: .confusion),
      calibration: try container.decodeIfPresent(Calibration.self, forKey: .calibration),
      residuals: try container.decodeIfPresent(ResidualHistogram.self, forKey: .residuals))
    let hexadecimal = try container.decode(String.self, forKey: .hash)
    guard let hash = ContentHash(hexadecimal) else {
      throw DecodingError.dataCorruptedError(
        forKey: .hash, in: container, debugDescription: "not a SHA-256")
    }
    return Finished(
      rounds: try container.decode(Int.self, forKey: .rounds),
      bestRound: try container.decode(Int.self, forKey: .bestRound),
      model: try container.decode(String.self, forKey: .model), hash: hash,
      parameters: try container.decode(Int.self, forKey: .parameters),
      classes: try container.decode([String].self, forKey: .classes), rows: rows, siteRows: siteRows,
      evaluation: try pooled(in: container, errors: errors[federated], details: details).map {
        FederatedEvaluation(pooled: $0, sites: sites.compactMapValues { $0[federated] })
      },
      baselines: baselines, sites: sites, seconds: try container.decode(Double.self, forKey: .seconds),
      time: try container.decode(String.self, forKey: .time),
      stopped: try container.decodeIfPresent(String.self, forKey: .stopped))
  }
}
