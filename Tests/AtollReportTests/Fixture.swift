import AtollFederation
import AtollLearning
import AtollNumerics

/// Records of runs that never were.
enum Fixture {
  static func task(_ overrides: [String] = [], kind: String = "classification") throws -> FederatedTask {
    try FederatedTask(
      yaml: """
        task: \(kind)
        name: wards
        data:
          participants: [north.csv, south.csv]
          label: ill
        model: \(kind == "regression" ? "linear" : "logistic")
        federation: {rounds: 20}
        evaluation: {metrics: [\(kind == "regression" ? "rmse, loss" : "auc, accuracy, loss")]}
        """, overrides: overrides)
  }

  static func evaluation(
    _ auc: Double, error: Double? = 0.01, rows: Int = 200, details: EvaluationDetails? = nil
  ) -> Evaluation {
    let errors = error.map { [Metric.auc: $0, .accuracy: $0] } ?? [:]
    return Evaluation(
      rows: rows, metrics: [.auc: auc, .accuracy: auc - 0.05, .loss: 1 - auc], standardErrors: errors,
      details: details)
  }

  static let details = EvaluationDetails(
    confusion: ConfusionMatrix(classes: 2, counts: [120, 10, 8, 62]),
    calibration: Calibration(
      bins: (0..<10).map { Calibration.Bin(rows: 20, hits: 2 * $0 + 1, confidence: 2 * Double($0) + 1) }))

  /// A run of two classes.
  static func finished(
    sites: [ParticipantID: [String: Evaluation]], baselines: [String: Evaluation] = [:],
    federated: Evaluation = evaluation(0.912, details: details), rounds: Int = 20,
    classes: [String] = ["0", "1"]
  ) -> RunEvent.Finished {
    RunEvent.Finished(
      rounds: rounds, bestRound: rounds, model: "runs/wards-1/model.safetensors",
      hash: ContentHash(of: Array("model".utf8)), parameters: 31, classes: classes,
      rows: RunEvent.Rows(training: 800, heldOut: 200),
      siteRows: sites.mapValues { _ in RunEvent.Rows(training: 400, heldOut: 100) },
      evaluation: FederatedEvaluation(
        pooled: federated, sites: sites.compactMapValues { $0["federated"] }),
      baselines: baselines, sites: sites, seconds: 6.8, time: "2026-11-23T14:12:05Z")
  }

  static let twoSites: [ParticipantID: [String: Evaluation]] = [
    "north": ["alone": evaluation(0.80), "federated": evaluation(0.90), "pooled": evaluation(0.91)],
    "south": ["alone": evaluation(0.91), "federated": evaluation(0.92), "pooled": evaluation(0.93)],
  ]
  static let bothBaselines = ["local": evaluation(0.851), "pooled": evaluation(0.916)]

  static func record(
    _ ending: RunRecord.Ending, task: FederatedTask? = nil,
    participants: [ParticipantID] = ["north", "south"],
    rounds: Int = 20, evaluates: Bool = true
  ) throws -> RunRecord {
    let task = try task ?? Self.task()
    let header = RunHeader(
      atoll: "0.1.0", task: task.contentHash, seed: 7, data: ["north": ContentHash(of: Array("n".utf8))],
      participants: participants)
    var exchanges: [ExchangeRecord] = []
    var told: [RunRecord.Round] = []
    for round in stride(from: 1, through: rounds, by: 1) {
      var report = RoundReport(
        round: round, participants: participants.count, cohort: participants.count, bytesUp: 65_216,
        bytesDown: 43_732)
      if evaluates {
        let auc = 0.9 - 0.4 / Double(round)
        report.evaluation = FederatedEvaluation(pooled: evaluation(auc).brief, sites: [:])
      }
      told.append(RunRecord.Round(report, seconds: 0.01))
      exchanges.append(
        ExchangeRecord(
          exchange: round - 1, query: "train-plain",
          contributors: participants.map { Contributor(participant: $0, exchange: round - 1) },
          program: header.task, round: report, previous: header.task))
    }
    return RunRecord(task: task, header: header, exchanges: exchanges, rounds: told, ending: ending)
  }

  /// The page of an ordinary run.
  static func ordinary() throws -> RunRecord {
    try record(.finished(finished(sites: twoSites, baselines: bothBaselines)))
  }
}

extension String {
  /// How often a text occurs in it.
  func count(of part: String) -> Int { ranges(of: part).count }
}
