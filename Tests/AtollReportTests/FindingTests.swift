import AtollFederation
import AtollLearning
import Testing

@testable import AtollReport

@Suite struct `A difference` {
  private func difference(
    _ metric: Metric = .auc, _ old: Double, _ new: Double, errors: (Double?, Double?) = (0.01, 0.01)
  ) throws -> Difference {
    func evaluation(_ value: Double, _ error: Double?) -> Evaluation {
      Evaluation(rows: 100, metrics: [metric: value], standardErrors: error.map { [metric: $0] } ?? [:])
    }
    return try #require(
      Difference(metric, from: evaluation(old, errors.0), to: evaluation(new, errors.1)))
  }

  @Test func `inside its interval is no clear change`() throws {
    // 1.96 · √2 · 0.01 = 0.0277
    #expect(try difference(.auc, 0.90, 0.92).kind == .unclear)
    #expect(try difference(.auc, 0.90, 0.93).kind == .gain)
    #expect(try difference(.auc, 0.90, 0.87).kind == .loss)
    #expect(try difference(.auc, 0.90, 0.90).kind == .unclear)
  }

  @Test func `of a metric that should be small turns round`() throws {
    #expect(try difference(.rmse, 0.90, 0.80).kind == .gain)
    #expect(try difference(.rmse, 0.80, 0.90).kind == .loss)
    #expect(try difference(.rmse, 0.80, 0.90).words(than: "pooling").strong == "0.100 worse")
  }

  @Test func `whose error nobody knows is proven by nothing`() throws {
    let unknown = try difference(.logLoss, 0.5, 0.4, errors: (nil, 0.1))
    #expect(unknown.kind == .unproven)
    #expect(unknown.word == "better" && unknown.text == "−0.100")
  }

  @Test func `is written with the digits of what differs`() throws {
    let large = try difference(.rmse, 103_150.2, 103_134.1, errors: (800, 800))
    #expect(large.text == "−16 ± 2,217")
    #expect(large.words(than: "pooling") == ("16 better", "than pooling (within chance)"))
    #expect(try difference(.auc, 0.9, 0.9004).words(than: "pooling") == ("as good", "as pooling"))
  }

  @Test func `needs both figures`() {
    let known = Evaluation(rows: 1, metrics: [.auc: 0.5])
    #expect(Difference(.auc, from: nil, to: known) == nil)
    #expect(Difference(.accuracy, from: known, to: known) == nil)
  }

  @Test(arguments: [
    (10, 20, 0.299, 0.701), (0, 20, 0.0, 0.161), (20, 20, 0.839, 1.0), (81, 263, 0.255, 0.366),
  ])
  func `of shares has Wilson's interval`(hits: Int, rows: Int, low: Double, high: Double) {
    // The last is Newcombe's example (1998, table I): 0.2553 to 0.3662.
    let interval = Interval.share(hits, of: rows)
    #expect((interval.lowerBound - low).magnitude < 0.0006 && (interval.upperBound - high).magnitude < 0.0006)
  }
}

@Suite struct `A verdict` {
  private func verdict(_ changes: [Double], error: Double? = 0.01) throws -> Verdict {
    var sites: [ParticipantID: [String: Evaluation]] = [:]
    for (index, change) in changes.enumerated() {
      sites[try #require(ParticipantID("s\(index)"))] = [
        "alone": Fixture.evaluation(0.8, error: error),
        "federated": Fixture.evaluation(0.8 + change, error: error),
      ]
    }
    return Verdict(
      Comparison(Fixture.finished(sites: sites, baselines: Fixture.bothBaselines), by: .auc))
  }

  @Test(arguments: [
    ([0.1, 0.1], "All two participants gain"),
    ([0, 0.01], "No participant changes by more than chance could do"),
    ([0.1, 0, 0], "One of three participants gains; none loses"),
    ([0.1, 0.1, 0], "Two of three participants gain; none loses"),
    ([-0.1, 0, 0], "One of three participants loses; none gains"),
    ([0.1, -0.1, -0.1, 0], "One of four participants gains, two lose"),
  ])
  func `counts who gains and who loses`(changes: [Double], words: String) throws {
    #expect(try verdict(changes).participants == words)
  }

  @Test func `proves nothing without intervals`() throws {
    #expect(
      try verdict([0.1, -0.1], error: nil).participants
        == "For one of two participants the federated model has the better figure")
  }
}

@Suite struct `A learning curve` {
  private func finding(_ values: [Double], of metric: Metric = .auc) throws -> String {
    var record = try Fixture.record(.none, rounds: 0)
    for (index, value) in values.enumerated() {
      var report = RoundReport(round: index + 1, participants: 2, cohort: 2)
      report.evaluation = FederatedEvaluation(
        pooled: Evaluation(rows: 10, metrics: [metric: value]), sites: [:])
      record.rounds.append(RunRecord.Round(report, seconds: 0))
    }
    return LearningCurve(metric, of: record).finding
  }

  @Test func `is told by when most was learnt`() throws {
    #expect(try finding([0.5, 0.7, 0.9, 0.9, 0.91]) == "Nine tenths of the gain in AUC came by round 3 of 5")
    #expect(try finding([0.5, 0.6, 0.7, 0.8]) == "AUC was still getting better in the last round")
    #expect(try finding([0.5, 0.9, 0.7]) == "AUC was best in round 2, and a little worse at the end")
    #expect(try finding([0.9, 0.8, 0.7]) == "After round 1, AUC did not get better")
    #expect(try finding([0.7, 0.9, 0.6]) == "AUC was best in round 2, and ended no better than it began")
    #expect(try finding([0.7]) == "One round was evaluated: round 1")
    #expect(try finding([9, 2, 1], of: .loss) == "Loss was still getting better in the last round")
    #expect(try finding([9, 1.5, 1], of: .loss) == "Nine tenths of the gain in loss came by round 2 of 3")
  }

  @Test func `leaves out rounds that were not evaluated, or diverged`() throws {
    #expect(try finding([.nan, 0.7, .infinity]) == "One round was evaluated: round 2")
    #expect(LearningCurve(.f1, of: try Fixture.record(.none)).points.isEmpty)
  }
}

@Suite struct `Attendance in rounds` {
  @Test func `is that of the training, not of the evaluation`() throws {
    var record = try Fixture.record(.none, rounds: 0)
    let hash = record.header.task
    func exchange(_ number: Int, _ query: String, _ names: [ParticipantID], round: Int? = nil)
      -> ExchangeRecord
    {
      ExchangeRecord(
        exchange: number, query: query,
        contributors: names.map { Contributor(participant: $0, exchange: number) }, program: hash,
        round: round.map { RoundReport(round: $0, participants: names.count, cohort: 2) }, previous: hash)
    }
    record.exchanges = [
      exchange(0, "columns", ["north", "south"]), exchange(1, "train-plain", ["north"]),
      exchange(2, "evaluate", ["north", "south"], round: 1),
      exchange(3, "train-plain", ["north", "south"], round: 2),
    ]
    let attendance = Attendance(record)
    #expect(attendance.contributed("north", to: 1) && !attendance.contributed("south", to: 1))
    #expect(attendance.contributed("south", to: 2))
    #expect(attendance.missed.map(\.name) == ["south"] && attendance.missed[0].rounds == [1])
    #expect(attendance.share(of: "south", in: 1...2) == 0.5)
  }
}
