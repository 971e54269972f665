import AtollFederation
import AtollNumerics
import AtollStore
import Foundation
import Testing

/// The record of a run as it lies in its folder.
@Suite struct `A run's record` {
  private static let task = """
    task: classification
    data: {participants: [a.csv, b.csv], label: ill}
    model: logistic
    """

  /// A folder with a run of one committed round.
  private func withRun(_ body: (String, RunDirectory) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.path + "/atoll-record-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let task = try FederatedTask(yaml: Self.task)
    let header = RunHeader(
      atoll: "0", task: task.contentHash, seed: 7, data: [:], participants: ["a", "b"])
    let run = try RunDirectory(creating: path, header: header, task: task.yaml)
    let round = RoundReport(round: 1, participants: 2, cohort: 2)
    let record = ExchangeRecord(
      exchange: 0, query: "train-plain", contributors: [], program: header.task, round: round,
      previous: try header.hash)
    try run.commit(Checkpoint(record: record, program: Data("{}".utf8), kind: "program"), keeping: [])
    try EventLog(in: path).append(.round(round, seconds: 0.5))
    try body(path, run)
  }

  private var failure: RunEvent.Failed {
    RunEvent.Failed(rounds: 1, reason: "it diverged", hint: nil, participant: nil, time: "")
  }

  @Test func `is read while the run goes on, and after it failed`() throws {
    try withRun { path, run in
      var record = try RunRecord.read(path)
      #expect(record.header == run.header && record.exchanges.count == 1)
      #expect(record.rounds.map(\.report.round) == [1] && record.rounds[0].seconds == 0.5)
      if case .none = record.ending {} else { Issue.record("it has no end yet") }
      try EventLog(in: path).append(.failed(failure))
      record = try RunRecord.read(path)
      guard case .failed(failure) = record.ending else {
        Issue.record("it failed")
        return
      }
    }
  }

  @Test func `forgets a failure when the run goes on`() throws {
    try withRun { path, run in
      let log = EventLog(in: path)
      try log.append(.failed(failure))
      try log.mend(after: run)
      let record = try RunRecord.read(path)
      if case .none = record.ending {} else { Issue.record("the failure is still told") }
      #expect(record.rounds.map(\.seconds) == [0.5])
    }
  }

  @Test func `ends at a line that a kill cut off`() throws {
    try withRun { path, run in
      let file = URL(fileURLWithPath: path + "/events.jsonl")
      let whole = try Data(contentsOf: file)
      try (whole + whole.dropLast(20)).write(to: file)
      #expect(try RunRecord.read(path).rounds.count == 1)
    }
  }

  @Test func `is refused where there is no run, or its end is missing`() throws {
    let nothing = #expect(throws: StoreError.self) { try RunRecord.read("/nowhere") }
    #expect(nothing?.code == .notFound)
    try withRun { path, run in
      try run.finish(
        model: ModelFile.Hashes(numbers: run.header.task, description: run.header.task))
      let lost = #expect(throws: StoreError.self) { try RunRecord.read(path) }
      #expect(lost?.code == .corrupt && lost?.path.hasSuffix("events.jsonl") == true)
    }
  }
}
