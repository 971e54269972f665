import AtollFederation
import AtollNumerics
import AtollPrivacy
import AtollSimulation
import AtollStore
import AtollWire
import Foundation
import Testing

@testable import AtollClient
@testable import AtollServer

/// Tasks that promise privacy, over loopback with mutual TLS.
@Suite(.timeLimit(.minutes(5))) struct `A private deployed run` {
  private static let exact = "exact: [evaluation, preprocessing]"

  @Test(arguments: [
    (
      "{rounds: 3, cohort: {poisson: 0.6}, deadline: 20s}",
      "protection: {clip: 1.0}\nprivacy: {epsilon: 6, \(exact)}"
    ),
    ("{rounds: 3}", "protection: {clip: {kind: adaptive}}\nprivacy: {epsilon: 6, \(exact)}"),
  ])
  func `protects participants, and the ledger has each round`(_ federation: String, _ more: String)
    async throws
  {
    let hospitals = try FourHospitals()
    let task = try hospitals.task(federation: federation, more: more)
    let server = TestServer(in: hospitals.folder)
    let (run, events) = try await server.deploy(task, to: hospitals) { name, identity in
      Participant(name, of: hospitals, identity)
    }
    #expect(events.model != nil, "\(events)")
    let reports = events.compactMap { if case .round(let report, _) = $0 { report } else { nil } }
    let promised = try #require(try task.guarantee)
    #expect(reports.count == 3)
    #expect(reports.last?.epsilon == promised.epsilon && promised.epsilon <= 6)
    let manifest = try Manifest.read("\(server.state)/runs/\(run)")
    let trained = manifest.exchanges.filter { $0.query.hasPrefix("train") }
    #expect(trained.allSatisfy { $0.contributors.isEmpty == task.keepsCohortsSecret })
    // As much as was promised was charged, no less, and it is on the disk.
    let audit = try LedgerAudit(contentsOf: server.state + "/ledger.jsonl")
    #expect(audit.fault == nil)
    let ledger = audit.ledger
    #expect(ledger.entries.map(\.activity) == (try trained.map { try .exchange($0.exchange, of: run.name) }))
    let subject = try #require(ledger.entries.first?.subject)
    let spent = try ledger.spending(of: subject, delta: 1e-5, unit: .participant, relation: .zeroOut)
    #expect(spent.epsilon == promised.epsilon)
    #expect(try ServerStore(in: server.state).secret(of: run) == nil)
  }

  @Test(arguments: ["tree", "{kind: banded, bands: 2}"])
  func `takes turns where noise is correlated, and every ledger has the run once`(_ mechanism: String)
    async throws
  {
    let hospitals = try FourHospitals()
    let task = try hospitals.task(
      federation: "{rounds: 4, cohort: 0.5, deadline: 20s}",
      more: "protection: {clip: 1.0}\nprivacy: {epsilon: 6, mechanism: \(mechanism), \(Self.exact)}")
    let server = TestServer(in: hospitals.folder)
    let (run, events) = try await server.deploy(task, to: hospitals) { name, identity in
      Participant(name, of: hospitals, identity)
    }
    #expect(events.model != nil, "\(events)")
    let promised = try #require(try task.guarantee)
    #expect(promised.epsilon <= 6)
    let reports = events.compactMap { if case .round(let report, _) = $0 { report } else { nil } }
    #expect(reports.map(\.epsilon) == [Double?](repeating: promised.epsilon, count: 4))
    // The same participants as in a simulation, round for round, as public coins say.
    let simulated = try TaskRun(
      task, data: TaskData(task), folder: hospitals.folder.path + "/simulated", version: "test",
      options: TaskRun.Options(threads: 2))
    _ = try simulated.complete { _ in }
    func turns(_ folder: String) throws -> [[ParticipantID]] {
      try Manifest.read(folder).exchanges.filter { $0.query.hasPrefix("train") }.map {
        $0.contributors.map(\.participant)
      }
    }
    let deployed = try turns("\(server.state)/runs/\(run)")
    #expect(deployed == (try turns(hospitals.folder.path + "/simulated")))
    #expect(deployed.count == 4 && deployed[0] == deployed[2] && Set(deployed[0] + deployed[1]).count == 4)
    // One charge at the server, in the simulation, and at each participant for its own data.
    let whole = try #require(task.privacy).event(rounds: 4)
    var ledgers = [
      server.state + "/ledger.jsonl", hospitals.folder.path + "/simulated/ledger.jsonl",
    ]
    ledgers += FourHospitals.names.map { Participant.ledger(in: hospitals.state(of: $0)) }
    for path in ledgers {
      let audit = try LedgerAudit(contentsOf: path)
      #expect(audit.fault == nil)
      #expect(audit.ledger.entries.map(\.event) == [whole], "\(path)")
    }
    #expect(try ServerStore(in: server.state).secret(of: run) == nil)
  }

  @Test func `protects records`() async throws {
    let hospitals = try FourHospitals()
    let yaml = try hospitals.task().yaml.replacing("  batch-size: 10\n", with: "")
    let task = try FederatedTask(
      yaml: yaml + "privacy: {unit: record, epsilon: 3, sampling-rate: 0.3, \(Self.exact)}\n")
    let server = TestServer(in: hospitals.folder)
    let (run, events) = try await server.deploy(task, to: hospitals) { name, identity in
      Participant(name, of: hospitals, identity)
    }
    #expect(events.model != nil, "\(events)")
    let reports = events.compactMap { if case .round(let report, _) = $0 { report } else { nil } }
    #expect(reports.last?.epsilon == (try task.guarantee)?.epsilon)
    // Everyone is named: only rows are protected.
    let manifest = try Manifest.read("\(server.state)/runs/\(run)")
    #expect(manifest.exchanges.allSatisfy { $0.contributors.count == 4 })
  }

  @Test func `takes no update that is longer than the clipping norm`() throws {
    let format = try FixedPoint(fractionBits: 24, bound: 2)
    let query = Longest(format: format)
    let protection = try UpdateProtection(clip: 1, of: [.update])
    func answer(_ update: [Float]) throws -> IncomingAnswer {
      // A participant that does not clip.
      let bytes = try EncodedAnswer.encode(
        .sums(Contribution(weight: 1, sums: [.update: .floats(update)])), to: query, protection: .none)
      return try IncomingAnswer(bytes, answering: query, protection: protection)
    }
    _ = try answer([0.6, 0.8])
    #expect {
      _ = try answer([0.61, 0.8])
    } throws: {
      ($0 as? RunFailure)?.code == .outOfRange
        && ($0 as? RunFailure)?.message.contains("was to be shortened to 1.0") == true
    }
  }

  private struct Longest: Query {
    static let kind = "longest"
    let format: FixedPoint
    var reply: ReplyShape { .sums([SumSpec(.update, count: 2, format: format, weighted: true)]) }
  }
}
