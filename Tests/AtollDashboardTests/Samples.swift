import AtollFederation
import AtollLearning
import AtollNumerics
import AtollReport
import AtollServer
import AtollWire
import Testing

@testable import AtollDashboard

/// Runs and participants as the server would show them.
enum Sample {
  static let names: [ParticipantID] = ["harbour", "lakeside", "marien", "st-olav"].map { ParticipantID($0)! }
  static let now = 1_790_000_000

  static func row(
    _ status: RunStatus = .running, round: Int = 3, rounds: Int = 20, reason: String = "",
    wait: RunWait? = nil
  ) -> RunRow {
    RunRow(
      id: RunID("sepsis-1")!, task: ContentHash(of: [1]), status: status, reason: reason, round: round,
      rounds: rounds, participants: names, submittedBy: "operator", submitted: now - 100,
      headline: RunRow.Headline(.auc, 0.874), wait: wait)
  }

  /// Three are in, and st-olav is waited for.
  static let lateWait = RunWait(
    round: 4, purpose: "training", awaited: [names[3]],
    asked: RunWait.Asked(cohort: names, answered: Array(names[..<3])), secondsLeft: 41)

  static func rounds(_ count: Int) -> [RunRecord.Round] {
    (0..<count).map { index in
      let evaluation = FederatedEvaluation(
        pooled: Evaluation(
          rows: 100, metrics: [.auc: 0.5 + Double(index) / 100, .loss: 1 / Double(index + 1)]),
        sites: [:])
      return RunRecord.Round(
        RoundReport(
          round: index + 1, participants: index == 1 ? 3 : 4, cohort: 4, evaluation: evaluation,
          bytesUp: 1_000,
          bytesDown: 500), seconds: 2)
    }
  }

  static func detail(_ row: RunRow, rounds: Int = 3, events: [ServerEvent] = []) throws -> RunDetail {
    RunDetail(
      row: row, evaluation: try evaluation, name: "sepsis", rounds: Self.rounds(rounds), ending: .none,
      sites: row.participants.map {
        RunDetail.Site($0, isConnected: true, seen: now, answers: 3, refusals: [:])
      }, events: events)
  }

  /// Of a small task.
  static var evaluation: EvaluationPlan {
    get throws {
      try FederatedTask(
        yaml: """
          task: classification
          name: sepsis
          data: {participants: [a.csv, b.csv], label: y}
          model: {kind: logistic}
          evaluation: {metrics: [auc, loss]}
          """
      ).evaluation
    }
  }

  static func page(_ page: AtollDashboard.Page) -> String {
    Frame(page: page, viewer: "viewer", time: "14:00:00 UTC").html.markup
  }
}
