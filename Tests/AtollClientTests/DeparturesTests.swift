import AtollFederation
import AtollNumerics
import AtollStore
import AtollWire
import Foundation
import Testing

@testable import AtollClient

/// One receipt for each answer that leaves, whenever the process is killed.
@Suite struct `What leaves` {
  private let path = FileManager.default.temporaryDirectory.path + "/atoll-\(UUID().uuidString)"
  private let run = RunID("heart-1")!

  private func answer(_ exchange: Int, _ text: String = "answer", round: Int? = nil)
    -> ParticipantStore.Pending
  {
    var answer = ParticipantStore.Pending(
      exchange: ExchangeID(run, exchange), task: .ofNothing, question: .ofNothing,
      answer: ContentHash(of: Array(text.utf8)), size: text.utf8.count, kind: "train-plain")
    answer.round = round
    answer.what = "an update"
    return answer
  }

  /// As after a start: with the answers that are on the disk.
  private func departures(_ store: ParticipantStore) throws -> Departures {
    try Departures(
      Participant.receipts(in: path), of: "ashford", to: "localhost:7443", pending: store.pending())
  }

  private func receipts() throws -> [Receipt] {
    let audit = try ReceiptAudit(contentsOf: Participant.receipts(in: path))
    #expect(audit.fault == nil)
    return audit.receipts
  }

  @Test func `has one receipt, killed before it, after it, or after it was sent`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = try ParticipantStore(in: path)
    let own = answer(0, round: 1)
    // Killed when it is kept and nothing left: it counts already, because it may leave at any time.
    try store.keep(own, answer: Data("answer".utf8), memory: nil)
    var departures: Departures? = try departures(store)
    #expect(departures?.spending[run.name] == Spending.Amount(rounds: 1, exchanges: 1, bytes: 6))
    #expect(try receipts().isEmpty)
    // Killed between its receipt and the network, or between the network and the commit: to this side it is the same.
    #expect(try departures?.leave(own)?.number == 1)
    for _ in 0..<3 {
      departures = nil
      departures = try self.departures(store)
      #expect(try departures?.leave(own) == nil, "the same departure")
      #expect(departures?.spending[run.name] == Spending.Amount(rounds: 1, exchanges: 1, bytes: 6))
    }
    try store.commit(own.exchange)
    departures?.settle(own.exchange)
    departures = nil
    departures = try self.departures(store)
    #expect(departures?.spending.all == Spending.Amount(rounds: 1, exchanges: 1, bytes: 6))
    let left = try receipts()
    #expect(left.count == 1)
    #expect(left[0].entry.round == 1 && left[0].entry.recipient == "localhost:7443")
  }

  @Test func `has one receipt when a power failure took the answer and it is computed again`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = try ParticipantStore(in: path)
    let own = answer(0, round: 1)
    try store.keep(own, answer: Data("answer".utf8), memory: nil)
    var departures: Departures? = try departures(store)
    #expect(try departures?.leave(own) != nil)
    departures = nil
    // As the disk is when the receipt was waited for, and the answer was not.
    try FileManager.default.removeItem(atPath: store.answerFile(own.exchange))
    #expect(try store.pending().isEmpty)
    departures = try self.departures(store)
    try store.keep(own, answer: Data("answer".utf8), memory: nil)
    departures?.expect(own)
    #expect(try departures?.leave(own) == nil, "the same departure")
    #expect(departures?.spending.all == Spending.Amount(rounds: 1, exchanges: 1, bytes: 6))
    #expect(try receipts().count == 1)
  }

  @Test func `counts another answer to the same exchange as another departure`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let departures = try departures(ParticipantStore(in: path))
    let first = answer(0, "one")
    departures.expect(first)
    #expect(try departures.leave(first) != nil)
    departures.settle(first.exchange)
    let second = answer(0, "two")
    departures.expect(second)
    #expect(try departures.leave(second) != nil)
    #expect(departures.spending[run.name].exchanges == 2)
    // One that is dropped before it leaves was never given.
    departures.expect(answer(1))
    departures.settle(ExchangeID(run, 1))
    #expect(departures.spending[run.name].exchanges == 2)
    #expect(try receipts().map(\.entry.bytes) == [3, 3])
  }

  @Test func `stops where the book was tampered with`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = try ParticipantStore(in: path)
    var departures: Departures? = try departures(store)
    _ = try departures?.leave(answer(0))
    departures = nil
    let file = Participant.receipts(in: path)
    let text = try String(contentsOfFile: file, encoding: .utf8).replacing("\"bytes\":6", with: "\"bytes\":5")
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    #expect(throws: StoreError.self) { try self.departures(store) }
  }
}

@Suite struct `What is told of a failure` {
  @Test func `has no word that could come from the data`() throws {
    var policy = Policy()
    policy.tasks = .any
    let refusal = try #require(
      policy.refusal(
        of: try FederatedTask(
          yaml: "{task: regression, data: {participants: own, label: age}, model: linear}")))
    let refused = Explanation(refusal)
    #expect(refused.told == refusal.message && refused.isByPolicy)
    #expect(refused.own == refusal.description)
    let crashed = Explanation(
      RunFailure(.worker, "the trainer “train.py” ended with exit code 3", local: ["row 7: Jensen, 1934"]))
    #expect(!crashed.told.contains("Jensen") && !crashed.told.contains("train.py") && !crashed.isByPolicy)
    #expect(crashed.own.contains("Jensen"))
    #expect(!Explanation(StoreError(.corrupt, path: "wards/9.csv", "line 7: Jensen")).told.contains("Jensen"))
  }
}
