import AtollFederation
import AtollLearning
import AtollNumerics
import Foundation
import Testing

@Suite struct `Events of a run` {
  private func written(_ event: RunEvent) throws -> String {
    String(decoding: try CanonicalJSON.encode(event), as: UTF8.self)
  }

  private func read(_ text: String) throws -> RunEvent {
    try CanonicalJSON.decode(from: Data(text.utf8))
  }

  private func evaluation(_ auc: Double, details: EvaluationDetails? = nil) -> Evaluation {
    Evaluation(
      rows: 40, metrics: [.auc: auc, .loss: 0.25], standardErrors: [.auc: 0.01], details: details)
  }

  @Test func `come back as they were told`() throws {
    let details = EvaluationDetails(confusion: ConfusionMatrix(classes: 2, counts: [20, 3, 2, 15]))
    let sites: [ParticipantID: [String: Evaluation]] = [
      "a": ["alone": evaluation(0.7), "federated": evaluation(0.8), "pooled": evaluation(0.9)]
    ]
    let finished = RunEvent.Finished(
      rounds: 3, bestRound: 2, model: "run/model.safetensors", hash: ContentHash(of: [1]), parameters: 31,
      classes: ["no", "yes"], rows: .init(training: 60, heldOut: 40),
      siteRows: ["a": .init(training: 60, heldOut: 40)],
      evaluation: FederatedEvaluation(
        pooled: evaluation(0.8, details: details), sites: ["a": evaluation(0.8)]),
      baselines: ["local": evaluation(0.7), "pooled": evaluation(0.9)], sites: sites, seconds: 1.5,
      time: "2026-11-23T14:12:05Z")
    guard case .finished(let again) = try read(try written(.finished(finished))) else {
      Issue.record("another event")
      return
    }
    #expect(again == finished)

    let failed = RunEvent.Failed(
      rounds: 2, reason: "it diverged", hint: nil, participant: "a", time: "2026-11-23T14:12:05Z")
    guard case .failed(failed) = try read(try written(.failed(failed))) else {
      Issue.record("another event")
      return
    }
    let report = RoundReport(
      round: 2, participants: 3, cohort: 4,
      evaluation: FederatedEvaluation(
        pooled: Evaluation(rows: 40, metrics: [.auc: 0.75, .loss: 0.5]), sites: [:]), bytesUp: 10,
      bytesDown: 20)
    guard case .round(report, 0.25) = try read(try written(.round(report, seconds: 0.25))) else {
      Issue.record("another event")
      return
    }
  }

  @Test func `keep the names that programs rely on`() throws {
    let report = RoundReport(
      round: 3, participants: 4, cohort: 4,
      evaluation: FederatedEvaluation(
        pooled: Evaluation(rows: 8, metrics: [.auc: 0.5, .loss: 0.25]),
        sites: ["a": Evaluation(rows: 8, metrics: [.auc: 0.5])]), bytesUp: 1, bytesDown: 2)
    #expect(
      try written(.round(report, seconds: 0.5))
        == #"{"bytes_down":2,"bytes_up":1,"cohort":4,"event":"round","#
        + #""held_out_rows":8,"loss":0.25,"metrics":{"auc":0.5,"loss":0.25},"metrics_best":{"auc":0.5},"#
        + #""metrics_mean":{"auc":0.5},"metrics_worst":{"auc":0.5},"participants":4,"round":3,"seconds":0.5}"#
    )
  }

  @Test(arguments: [
    "{}", #"{"event":"launched"}"#, #"{"event":"finished","rounds":1}"#, #"{"event":"round","round":"3"}"#,
  ])
  func `that no run tells are refused`(text: String) {
    #expect(throws: DecodingError.self) { try read(text) }
  }
}
