import AtollFederation
import AtollLearning
import AtollNumerics
import AtollPrivacy
import AtollStore
import AtollWire
import Foundation
import Testing

@testable import AtollClient

/// A participant's own ledger: charged by what its owner agreed to, before anything is computed.
@Suite struct `A participant's charges` {
  private let folder = FileManager.default.temporaryDirectory.path + "/atoll-\(UUID().uuidString)"
  private let run = RunID("heart-1")!
  private let rows = LocalData.Identity(name: "rows.csv", hash: ContentHash(of: Array("rows".utf8)))

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  private func task(_ privacy: String, _ more: String = "") throws -> FederatedTask {
    try FederatedTask(
      yaml: """
        task: classification
        data: {participants: own, label: y, test: 0}
        model: logistic
        privacy: {\(privacy), exact: [preprocessing]}
        \(more)
        """)
  }

  private func byRecord() throws -> FederatedTask {
    try task("unit: record, noise-multiplier: 1, sampling-rate: 0.1", "training: {local-steps: 4}")
  }

  private func charges() throws -> Charges { try Charges(Participant.ledger(in: folder), of: "ashford") }

  private func entries() throws -> [LedgerEntry] {
    let path = Participant.ledger(in: folder)
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    let audit = try LedgerAudit(contentsOf: path)
    #expect(audit.fault == nil)
    return audit.ledger.entries
  }

  private func question(_ exchange: Int, round: Int?, releases: Int = 0, rounds: Int = 20) -> Charges.Question
  {
    Charges.Question(
      exchange: ExchangeID(run, exchange), round: round, releases: releases, rounds: rounds)
  }

  /// A policy that demands nothing but this budget.
  private func policy(inAll epsilon: Double) throws -> Policy {
    try Policy(
      yaml: "version: 1\nprivacy: {units: any, most-epsilon: any, most-epsilon-in-all: \(epsilon)}",
      file: "our.yaml")
  }

  @Test func `are on the disk when a question may be answered, once for each, however often it is computed`()
    throws
  {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let task = try byRecord()
    // Killed and begun anew between them.
    for _ in 0..<3 {
      try charges().charge(question(4, round: 1), of: task, data: { rows }, within: nil)
      let own = try entries()
      #expect(own.count == 1)
      #expect(own.first?.activity == (try .exchange(4, of: "heart-1")))
      #expect(own.first?.unit == .record && own.first?.relation == .zeroOut)
      #expect(own.first?.subject == (try .dataSet(rows.hash, at: "ashford", named: "other")))
    }
    let expected = try task.privacy?.guarantee(rounds: 1).epsilon
    let subject = try #require(try entries().first?.subject)
    let audit = try LedgerAudit(contentsOf: Participant.ledger(in: folder))
    #expect(audit.holder == "ashford")
    #expect(
      try audit.ledger.spending(of: subject, delta: 1e-5, unit: .record, relation: .zeroOut).epsilon
        == expected)
  }

  @Test func `are none for tasks without a promise and for questions outside of it`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let charges = try charges()
    let bare = try FederatedTask(
      yaml: "{task: classification, data: {participants: own, label: y}, model: logistic}")
    try charges.charge(question(0, round: 1), of: bare, data: { rows }, within: nil)
    try charges.charge(question(0, round: nil), of: byRecord(), data: { rows }, within: nil)
    #expect(try entries().isEmpty)
    #expect(!FileManager.default.fileExists(atPath: Participant.ledger(in: folder)))
  }

  @Test func `are made again for an answer after one that left`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let charges = try charges()
    for releases in [0, 1, 1, 2] {
      try charges.charge(
        question(4, round: 2, releases: releases), of: byRecord(), data: { rows }, within: nil)
    }
    #expect(
      try entries().map(\.activity.description) == [
        "round 2 of run heart-1", "round 2, answer 2, of run heart-1", "round 2, answer 3, of run heart-1",
      ])
  }

  @Test func `are of all rounds at once where secret coins say who is asked`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let task = try task(
      "unit: participant, noise-multiplier: 1",
      "protection: {clip: 1}\nfederation: {rounds: 20, cohort: {poisson: 0.25}}")
    let plan = try #require(task.privacy)
    let charges = try charges()
    // Whatever is asked first, and whether or not it trains.
    try charges.charge(question(0, round: nil), of: task, data: { rows }, within: nil)
    for exchange in [3, 7, 8] {
      try charges.charge(question(exchange, round: exchange), of: task, data: { rows }, within: nil)
    }
    let own = try entries()
    #expect(own.map(\.activity) == [try .run("heart-1")])
    #expect(own.first?.event == (try plan.event(rounds: 20)))
    // The coins have fallen: what is given once more is given for certain.
    try charges.charge(question(8, round: 8, releases: 1), of: task, data: { rows }, within: nil)
    #expect(try entries().last?.event == PrivacyEvent(.gaussian(noiseMultiplier: 1)))
  }

  @Test func `are of all rounds at once where their noise is correlated, with the first that is trained`()
    throws
  {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let task = try task(
      "unit: participant, noise-multiplier: 8, mechanism: tree",
      "protection: {clip: 1}\nfederation: {rounds: 20, cohort: 0.25}")
    let plan = try #require(task.privacy)
    let charges = try charges()
    try charges.charge(question(0, round: nil), of: task, data: { rows }, within: nil)
    #expect(try entries().isEmpty)
    for exchange in [3, 7, 11] {
      try charges.charge(question(exchange, round: exchange), of: task, data: { rows }, within: nil)
    }
    let own = try entries()
    #expect(own.map(\.activity) == [try .run("heart-1")])
    #expect(own.first?.event == (try plan.event(rounds: 20)))
    // A second answer to one question is as much as one turn more.
    try charges.charge(question(11, round: 11, releases: 1), of: task, data: { rows }, within: nil)
    #expect(
      try entries().last?.event == PrivacyEvent(.treeAggregation(noiseMultiplier: 8, steps: [4])))
    #expect(try entries().count == 2)
  }

  @Test func `stop at the owner's budget over a data set's life, by its rule`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let task = try byRecord()
    let plan = try #require(task.privacy)
    let policy = try policy(inAll: plan.guarantee(rounds: 3).epsilon * 1.0001)
    let charges = try charges()
    let others = LocalData.Identity(name: "rows.csv", hash: ContentHash(of: Array("others".utf8)))
    for round in 1...3 {
      try charges.charge(question(round, round: round), of: task, data: { rows }, within: policy)
    }
    let refusal = #expect(throws: Refusal.self) {
      try charges.charge(question(4, round: 4), of: task, data: { rows }, within: policy)
    }
    #expect(refusal?.rule == "privacy.most-epsilon-in-all")
    #expect(refusal?.message.hasPrefix("round 4 would bring ε to ") == true)
    #expect(refusal?.message.contains("privacy.most-epsilon-in-all allows at most ε ") == true)
    #expect(refusal?.description.hasPrefix("our.yaml:2:") == true)
    #expect(try entries().count == 3)
    // What was charged is paid for, and another data set has a budget of its own.
    try charges.charge(question(3, round: 3), of: task, data: { rows }, within: policy)
    try charges.charge(question(4, round: 4), of: task, data: { others }, within: policy)
    #expect(try entries().count == 4)
    // Runs do not begin anew.
    let next = Charges.Question(exchange: ExchangeID(RunID("heart-2")!, 0), round: 1, releases: 0, rounds: 20)
    #expect(throws: Refusal.self) { try charges.charge(next, of: task, data: { rows }, within: policy) }
  }

  @Test func `of one unit are not taken for those of another`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let charges = try charges()
    try charges.charge(question(1, round: 1), of: byRecord(), data: { rows }, within: nil)
    let other = try task("unit: participant, noise-multiplier: 50", "protection: {clip: 1}")
    let refusal = try #require(
      throws: Refusal.self,
      performing: {
        try charges.charge(
          question(2, round: 2), of: other, data: { rows }, within: policy(inAll: 1000))
      })
    #expect(refusal.message.contains("the two do not add up"))
    // Without a budget both are kept, each in its own account.
    try charges.charge(question(2, round: 2), of: other, data: { rows }, within: nil)
    #expect(try entries().map(\.unit) == [.record, .participant])
  }

  @Test func `of a ledger that was changed, taken away or rolled back are refused with one line`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = Participant.ledger(in: folder)
    var old = Data()
    for exchange in 0..<3 {
      try charges().charge(
        question(exchange, round: exchange + 1), of: byRecord(), data: { rows }, within: nil)
      if exchange == 1 { old = try Data(contentsOf: URL(fileURLWithPath: path)) }
    }
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    func fault() -> String {
      do {
        _ = try charges()
        return ""
      } catch { return "\(error)" }
    }
    #expect(fault() == "")
    let text = String(decoding: whole, as: UTF8.self)
    for (changed, words) in [
      (
        Data(text.replacing("\"noiseMultiplier\":1", with: "\"noiseMultiplier\":9").utf8),
        "one of them was changed"
      ),
      (old, "the end was cut off"),
    ] {
      try #require(changed != whole)
      try changed.write(to: URL(fileURLWithPath: path))
      #expect(fault().hasPrefix(path + ": ") && fault().contains(words), "\(fault())")
      #expect(fault().hasSuffix("nothing is released until a person has looked"))
      #expect(!fault().contains("\n"))
    }
    try FileManager.default.removeItem(atPath: path)
    #expect(fault().contains("3 were written"))
    try whole.write(to: URL(fileURLWithPath: path))
    let holding = try charges()
    #expect(fault().contains("another process is writing the privacy ledger here"))
    withExtendedLifetime(holding) {}
    #expect(throws: StoreError.self) { try Charges(path, of: "birk") }
  }
}
